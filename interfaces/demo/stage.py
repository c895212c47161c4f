"""Where the scenes play: the shop, Stripe's stand-in, the engine, and what each is found to say afterwards."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx2

from application.checkout_document import CheckoutDocument
from application.queries import StockLevel
from interfaces.bootstrap import open_read_side
from interfaces.demo.engine_process import EngineProcess
from interfaces.demo.goods import Good
from interfaces.sandbox.sandbox import Sandbox

_WAIT_SECONDS = 20.0
_LOOK_SECONDS = 0.05


class WrongOutcome(Exception):
    """A scene did not end as it should; the message says what was expected and what was found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    sandbox: Sandbox
    engine: EngineProcess
    goods: Mapping[str, Good]
    database: Path
    outbox: Path

    def order(self, *slugs: str, quantity: int = 1) -> str:
        """A customer goes to checkout with these goods; the session's ID."""
        return self.checkout([{"price": self.goods[slug].price_id, "quantity": quantity} for slug in slugs])

    def checkout(self, line_items: Sequence[Mapping[str, object]]) -> str:
        values = {
            "mode": "payment",
            "success_url": f"{self.engine.url}/after-checkout?session_id={{CHECKOUT_SESSION_ID}}",
            "line_items": list(line_items),
        }
        return self.sandbox.create_session(values).id

    def return_to_shop(self, session: str) -> str:
        """The customer comes to the landing page; what it says."""
        answer = httpx2.get(
            f"{self.engine.url}/after-checkout", params={"session_id": session}, timeout=30.0, trust_env=False
        )
        expect(answer.status_code == 200, f"the landing page answered {answer.status_code}")
        return answer.text

    def document(self, session: str) -> CheckoutDocument | None:
        with open_read_side(self.database) as side:
            return side.queries.checkout(session)

    def stock(self, sku: str) -> StockLevel:
        with open_read_side(self.database) as side:
            return next(level for level in side.queries.stock() if level.sku == sku)

    def expect_state(
        self, session: str, state: str, mails: Iterable[str] = (), *, seconds: float = _WAIT_SECONDS
    ) -> CheckoutDocument:
        """The checkout, once it is in this state and exactly these mails have gone out, once each."""
        wanted = sorted(mails)

        def is_so() -> bool:
            document = self.document(session)
            return document is not None and document.state == state and self._sent(document) == wanted

        def found() -> str:
            document = self.document(session)
            how = f"{document.state} with the mails {self._sent(document)}" if document else "unheard of"
            return f"{session[:16]}… is {how}, not {state} with {wanted}"

        wait_for(is_so, found, seconds)
        expect(self.mails(session) == wanted, f"in the outbox are {self.mails(session)}, not {wanted}")
        document = self.document(session)
        assert document is not None, "it was there a moment ago"
        return document

    def _sent(self, document: CheckoutDocument) -> list[str]:
        """The mails that went out, as the log says."""
        return sorted(str(mail.kind) for mail in document.emails if mail.state == "sent")

    def mails(self, session: str) -> list[str]:
        """What is in the outbox for this session."""
        prefix = f"eff_{session}_mail_"
        return sorted(path.stem.removeprefix(prefix) for path in self.outbox.glob(f"{prefix}*.eml"))

    def events_of(self, session: str) -> dict[str, str]:
        """Stripe's events about a session: type to ID."""
        return {
            event.type.rpartition(".")[2]: event.id for event in self.sandbox.events() if event.object_id == session
        }


def expect(is_so: bool, otherwise: str) -> None:
    if not is_so:
        raise WrongOutcome(otherwise)


def wait_for(is_so: Callable[[], bool], found: Callable[[], str], seconds: float = _WAIT_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise WrongOutcome(f"after {seconds:g} seconds {found()}")
        time.sleep(_LOOK_SECONDS)
