"""The interface of a kind of delivery. Each built-in kind has a module of its own."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

from domain.checkout import LineItem
from domain.identifiers import SessionId
from domain.line import Line
from domain.personal import Personal
from domain.plan import PlannedLine, Rule, Setting
from domain.reason import Reason
from domain.streams import Streams


class LineDelivery(ABC):
    """How lines of one kind are planned and delivered."""

    def settings(self, rule: Rule, item: LineItem) -> dict[str, Setting]:
        """Return the settings of this kind for a line, defaults included."""
        return dict(rule.settings)

    def objection(self, settings: Mapping[str, Setting]) -> Reason | None:
        """Return why a line with these settings can't be delivered so, and needs a person; None if it can."""
        return None

    @abstractmethod
    def hand_over(self, session_id: SessionId, line: Line, do: Streams) -> None:
        """Deliver a pending line that waits for no stock, or request its delivery. A second call changes nothing."""

    def let_go(self, session_id: SessionId, plan: PlannedLine, do: Streams) -> None:
        """Cancel what the line still waits for, since it is finished or has lost its stock."""

    def take_over(self, session_id: SessionId, line: Line, why: Reason, do: Streams) -> tuple[Personal, ...]:
        """Cancel the pending delivery, since staff deliver or replan the line. Return the license keys that it already
        has.

        Raises:
            Refused: the delivery is under way, or has just succeeded.
        """
        return ()

    def cancel(self, session_id: SessionId, line: Line, why: Reason, do: Streams) -> None:
        """Cancel what the line still waits for, since it was canceled.

        Raises:
            Refused: the delivery is under way, or has just succeeded.
        """

    def redirect(self, session_id: SessionId, line: Line, why: Reason, do: Streams) -> None:
        """The shipping contact of the checkout changed, and the line has not left yet.

        Raises:
            Refused: the delivery is under way, maybe to the old shipping contact.
        """

    def retry(self, session_id: SessionId, line: Line, do: Streams) -> None:
        """Request another attempt for a line that is pending or given up, since a person asked for it."""
