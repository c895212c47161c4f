"""The stage of the scenes: what customers, Stripe and staff do, and checks of the outcome."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from application.reading.answers import StockLevel
from application.reading.checkout_document import CheckoutDocument
from domain.identifiers import SessionId, session_id
from infrastructure.database import SQLiteFile
from interfaces.databases import ReadSide, open_read_side
from interfaces.demo.engine_process import EngineProcess
from interfaces.demo.goods import KEYS, Good
from interfaces.demo.outbox import Letter, letters
from interfaces.demo.verdict import Expected, Findings, objections, objections_to_the_day
from interfaces.sandbox.model.values import PayBy
from interfaces.sandbox.sandbox import Sandbox

_WAIT_SECONDS = 20.0
_LOOK_SECONDS = 0.03
_PAGE_SECONDS = 30.0


class WrongOutcome(Exception):
    """A scene did not end as it should; the message names what was expected and what was found."""


@dataclass(frozen=True, slots=True)
class Order:
    """A checkout and its buyer."""

    id: SessionId
    buyer: str


@dataclass(kw_only=True)
class Stage:
    sandbox: Sandbox
    engine: EngineProcess
    goods: Mapping[str, Good]
    database: SQLiteFile
    outbox: Path
    say: Callable[[str], None] = lambda _: None
    scene: int = 0
    wait_seconds: float = _WAIT_SECONDS
    _made: set[str] = field(default_factory=set)
    """The IDs of all checkouts."""
    _promised: dict[str, tuple[int, Order, Expected]] = field(default_factory=dict)
    """How each checkout was found to have ended, and in which scene."""

    @property
    def checkouts(self) -> int:
        return len(self._made)

    def clear(self) -> None:
        """What a scene before did to Stripe is over."""
        self.sandbox.release_clock()
        self.sandbox.drop_deliveries = False
        self.sandbox.faults.clear()

    # What happens.

    def order(self, buyer: str, *slugs: str, quantity: int = 1) -> Order:
        """The buyer goes to checkout with these goods."""
        items = [{"price": self.goods[slug].price_id, "quantity": quantity} for slug in slugs]
        return self.checkout(buyer, items, is_parcel=any(self.goods[slug].is_parcel for slug in slugs))

    def checkout(self, buyer: str, line_items: Sequence[Mapping[str, object]], *, is_parcel: bool = False) -> Order:
        values: dict[str, object] = {
            "mode": "payment",
            "customer_email": f"{buyer.lower()}@example.com",
            "success_url": f"{self.engine.url}/after-checkout?session_id={{CHECKOUT_SESSION_ID}}",
            "line_items": list(line_items),
        }
        if is_parcel:
            values["shipping_address_collection"] = {"allowed_countries": ["DE"]}
        order = Order(session_id(self.sandbox.create_session(values).id), buyer)
        self._made.add(order.id)
        return order

    def pay(self, order: Order, by: PayBy = "card") -> None:
        self.sandbox.pay(order.id, by=by, name=order.buyer)

    def return_to_shop(self, order: Order) -> str:
        """The customer comes to the landing page. Return the page.

        Raises:
            WrongOutcome: the page did not answer with 200.
        """
        address, query = f"{self.engine.url}/after-checkout", {"session_id": order.id}
        try:
            answer = httpx2.get(address, params=query, timeout=_PAGE_SECONDS, trust_env=False)
        except httpx2.HTTPError as error:
            raise WrongOutcome(f"the landing page did not answer: {type(error).__name__}") from error
        expect(answer.status_code == 200, f"the landing page answered {answer.status_code}")
        return answer.text

    @contextmanager
    def webhooks_lost(self) -> Iterator[None]:
        self.sandbox.drop_deliveries = True
        try:
            yield
        finally:
            self.sandbox.drop_deliveries = False

    def events_of(self, order: Order) -> dict[str, str]:
        """Stripe's events about a checkout: the end of the type to the ID."""
        events = self.sandbox.events()
        return {event.type.rpartition(".")[2]: event.id for event in events if event.object_id == order.id}

    # What is found.

    def document(self, order: Order) -> CheckoutDocument | None:
        with open_read_side(self.database) as side:
            return side.queries.checkout(order.id)

    def letters(self, order: Order) -> list[Letter]:
        return [letter for letter in letters(self.outbox) if letter.session_id == order.id]

    def stock(self, sku: str) -> StockLevel:
        with open_read_side(self.database) as side:
            return next(level for level in side.queries.stock() if level.sku == sku)

    def ends(self, order: Order, state: str, *mails: str) -> CheckoutDocument:
        """Return the checkout once log, books and outbox agree on this state, with these mails and no others.

        Raises:
            WrongOutcome: they do not agree in time.
        """
        expected = Expected(state=state, mails=mails)
        found = self._found(order)
        deadline = time.monotonic() + self.wait_seconds
        while against := objections(expected, found):
            if time.monotonic() > deadline:
                raise WrongOutcome(f"{_of(order)}: {'; '.join(against)} (after {self.wait_seconds:g} seconds)")
            self._pause()
            found = self._found(order)
        assert found.document is not None, "the checkout is not known"
        self._promised[order.id] = (self.scene, order, expected)
        return found.document

    def wait_for(self, is_so: Callable[[], bool], otherwise: Callable[[], str]) -> None:
        """Wait until `is_so` returns True.

        Raises:
            WrongOutcome: it does not in time; the message is that of `otherwise`.
        """
        deadline = time.monotonic() + self.wait_seconds
        while not is_so():
            if time.monotonic() > deadline:
                raise WrongOutcome(f"{otherwise()} (after {self.wait_seconds:g} seconds)")
            self._pause()

    def close_the_books(self) -> dict[int, list[str]]:
        """Look at everything again: by scene, what is not any more as it was; under 0, what is about no single one."""
        against: dict[int, list[str]] = {}
        with open_read_side(self.database) as side:
            for scene, order, expected in self._promised.values():
                said = objections(expected, self._findings(order, side))
                if said:
                    against.setdefault(scene, []).append(f"{_of(order)}: {'; '.join(said)}")
            heard_of = [hit.session_id for hit in side.queries.search("", limit=200)]
        of_the_day = objections_to_the_day(self._made, heard_of, letters(self.outbox), KEYS)
        return {**against, 0: of_the_day} if of_the_day else against

    def _found(self, order: Order) -> Findings:
        with open_read_side(self.database) as side:
            return self._findings(order, side)

    def _findings(self, order: Order, side: ReadSide) -> Findings:
        return Findings(
            document=side.queries.checkout(order.id),
            booked=self.sandbox.books.of(order.id),
            letters=self.letters(order),
        )

    def _pause(self) -> None:
        self.engine.check()
        time.sleep(_LOOK_SECONDS)


def expect(is_so: bool, otherwise: str) -> None:
    """Check one fact of a scene.

    Raises:
        WrongOutcome: it is not so; the message is `otherwise`.
    """
    if not is_so:
        raise WrongOutcome(otherwise)


def _of(order: Order) -> str:
    return f"{order.buyer}'s checkout {order.id[:16]}…"
