"""Where a command of staff is carried out: the engine without its threads, for as long as the command takes.

Policies run here, effects never: docs/cli.md explains why.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.identifiers import SessionId
from interfaces.cli.arguments.naming import order_of, session_of
from interfaces.cli.output.printing import report_void, talk
from interfaces.cli.output.refusal_hints import with_hint
from interfaces.cli.running.logs import configure_command_logs
from interfaces.cli.usage import SettingsSource, UsageError

if TYPE_CHECKING:
    from application.staff.by import By
    from domain.fulfillment import Fulfillment
    from interfaces.bootstrap import Runtime

_WAIT_SECONDS = 3.0
_LOOK_SECONDS = 0.01
_STEPS_MAX = 50
"""Upper bound on rounds. Ten are enough; the limit keeps other writers from holding us here forever."""


def by(name: str | None, reason: str) -> "By":
    """Who acts, and why. Without a name it is that of `FULFILL_AS`, else the login name.

    Raises:
        UsageError: one of them is no text, or there is no name.
        SettingsError: a setting is wrong.
    """
    from application.staff.by import By
    from domain.errors import Refused

    if name is None:
        name = SettingsSource().staff_name() or _login_name()
    try:
        return By(name=name, reason=reason)
    except Refused as error:
        raise UsageError(with_hint(error.refusal)) from error


def _login_name() -> str:
    from getpass import getuser

    try:
        return getuser()
    except (OSError, KeyError) as error:  # as in a container, whose user may have no name
        raise UsageError("--as is needed: FULFILL_AS is not set, and this user has no login name.") from error


@dataclass(slots=True)
class Desk:
    runtime: "Runtime"
    talk: Callable[[str], None] = talk
    """Prints a message for the person at the terminal."""
    subject: SessionId | None = None
    """The one checkout that the command is about, once it is named: a refusal begins with its order number."""

    def session(self, name: str) -> SessionId:
        """The session that a person calls so; raises as `session_of`."""
        self.subject = session_of(self.runtime.queries, name)
        return self.subject

    def fulfillment(self, session_id: SessionId) -> "Fulfillment":
        """What is planned and delivered of the checkout as of now."""
        from domain.fulfillment import Fulfillment
        from domain.identifiers import fulfillment_id

        return self.runtime.log.get(Fulfillment, fulfillment_id(session_id))

    def check_catalog(self) -> None:
        """
        Raises:
            Refused: this shell would decide by another catalog than the server.
        """
        from application.errors import RefusedInWords
        from application.log.leading import OWN_DELIVERIES, THE_CATALOG

        if names := [name for name in self._differing() if name in {THE_CATALOG, OWN_DELIVERIES}]:
            raise RefusedInWords(
                f"The settings of this command differ from those of the last server ({', '.join(names)}), and it would "
                "plan by them. Nothing was changed. Run it with the server's settings, or restart the server with "
                "these."
            )

    def follow(self) -> bool:
        """Decide everything that follows. Return False if a leading server has not done so in time."""
        threads = self.runtime.threads
        deadline = threads.monotonic() + _WAIT_SECONDS
        if self._is_left_to_a_server():
            return False
        is_followed = False
        while not is_followed and threads.monotonic() < deadline:
            if self._leads():
                self.runtime.engine.run_until_quiet(effects=False)
                self._report_waiting()
                return True
            is_followed = self._wait_for_the_server(deadline)
        if not is_followed:
            self.talk("fulfill: Recorded, but the running server has not decided the next steps yet. Check again soon.")
        return is_followed

    def _leads(self) -> bool:
        if self._differing() or not self.runtime.locks.lead():
            return False
        if self._differing():  # a server has led in between, and has ended
            self.runtime.locks.release()
            return False
        return True

    def _differing(self) -> Sequence[str]:
        from application.log.leading import differing

        return differing(self.runtime.terms, self.runtime.log.store.select_terms())

    def _is_left_to_a_server(self) -> bool:
        """Print a message if this command may not lead. Return True if there is no server to wait for either."""
        names = self._differing()
        if not names:
            return False
        self.talk(
            f"fulfill: The settings of this command differ from those of the last server ({', '.join(names)}), so a "
            "server decides the next steps."
        )
        if not self.runtime.locks.lead():
            return False
        self.runtime.locks.release()
        self.talk("fulfill: No server is running. Start one; it decides the next steps.")
        return True

    def _wait_for_the_server(self, deadline: float) -> bool:
        """Follow the log to its present end, then to the end of what was decided on the way, until nothing is left."""
        threads = self.runtime.threads
        for _ in range(_STEPS_MAX):
            end = self.runtime.log.store.max_notification_id() or 0
            while self.runtime.engine.followed_position() < end:
                if threads.monotonic() >= deadline or self._leads():
                    return False
                threads.sleep(_LOOK_SECONDS)
            if end == (self.runtime.log.store.max_notification_id() or 0):
                return True
        return True

    def _report_waiting(self) -> None:
        if self.runtime.queries.due_effects.due(self.runtime.clock(), 1):
            self.talk("fulfill: No server is running. Mails and calls wait for `fulfill serve` or `fulfill worker`.")


@contextmanager
def open_desk(*, makes_log: bool = True) -> Iterator[Desk]:
    """
    Raises:
        NotFound, NotMigrated: there is no log, and this command is not one that a log can begin with.
    """
    from application.errors import RefusedInWords
    from domain.errors import Refused
    from interfaces.bootstrap import bootstrap
    from interfaces.databases import check_log, make_ready

    settings = SettingsSource().settings()
    configure_command_logs(secrets=settings.secrets)
    if not makes_log:
        check_log(settings.database)
    make_ready(settings.database)
    runtime = bootstrap(settings)
    report_void(runtime.void)
    desk = Desk(runtime)
    try:
        yield desk
    except Refused as refusal:
        if desk.subject is None:
            raise
        raise RefusedInWords(f"{order_of(desk.subject)}: {with_hint(refusal.refusal)}") from refusal
    finally:
        runtime.engine.stop()
