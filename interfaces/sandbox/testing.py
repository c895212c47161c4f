"""The sandbox as a shop's own tests want it: running, repeatable, and with the few things they do most."""

from collections.abc import Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import Final

from interfaces.sandbox.faults.weather import Weather
from interfaces.sandbox.model.books import Books
from interfaces.sandbox.model.values import PayBy, Session
from interfaces.sandbox.sandbox import Sandbox
from interfaces.sandbox.server import SandboxServer
from interfaces.sandbox.traffic.day import PACE, Day
from interfaces.sandbox.traffic.scenarios import SCENARIOS
from interfaces.sandbox.traffic.summary import Summary, summary_of
from interfaces.sandbox.webhooks.inbox import Inbox

_AT_ONCE: Final = 1_000_000.0
_DELIVERIES_SECONDS: Final = 60.0
_DEBIT_SECONDS: Final = 3 * 24 * 3600.0


class StripeSandbox:
    """Runs from entering to leaving. Only the test moves its time; with the same seed it makes the same IDs, secrets
    and mishaps. Everything else is at `sandbox`."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.sandbox = Sandbox(pace=PACE, seed=seed)
        self.api_key = "sk_test_sandbox_for_tests"
        self._server = SandboxServer(self.sandbox)

    def __enter__(self) -> "StripeSandbox":
        self._server.__enter__()
        self.sandbox.hold_clock()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.__exit__(kind, error, trace)

    @property
    def url(self) -> str:
        """Where the SDK finds it: `StripeClient(api_key, base_addresses={"api": url})`."""
        return self._server.url

    @property
    def books(self) -> Books:
        """What was really paid."""
        return self.sandbox.books

    def add_webhook(self, url: str) -> str:
        """The secret of a new webhook endpoint, which must be on this machine."""
        return self.sandbox.add_webhook(url).secrets[-1].value

    def checkout(
        self,
        *,
        amount: int,
        currency: str = "eur",
        name: str = "Something",
        quantity: int = 1,
        metadata: Mapping[str, str] | None = None,
        success_url: str = "http://localhost/after-checkout",
    ) -> Session:
        """An open checkout of one line. The amount is that of one piece, in the currency's smallest unit; the metadata
        are the product's. `sandbox.create_session` takes everything that Stripe's API does."""
        product = {"name": name, "metadata": metadata or {}}
        price = {"currency": currency, "unit_amount": amount, "product_data": product}
        item = {"price_data": price, "quantity": quantity}
        return self.sandbox.create_session({"mode": "payment", "success_url": success_url, "line_items": [item]})

    def pay(self, session_id: str, *, by: PayBy = "card") -> Session:
        """The customer pays: `card`, `debit_succeeds`, `debit_fails` or `free`."""
        return self.sandbox.pay(session_id, by=by)

    def pass_time(self, seconds: float = _DEBIT_SECONDS) -> None:
        """Moves the time, three days by default: debits whose time has come end, and checkouts expire."""
        self.sandbox.advance_clock(seconds)
        self.sandbox.release_clock()
        self.sandbox.hold_clock()

    def change_weather(self, weather: Weather) -> None:
        """Sets the weather of deliveries from now on, the same for the same seed."""
        self.sandbox.change_weather(weather, seed=self.seed)

    def wait_for_deliveries(self, timeout_seconds: float = _DELIVERIES_SECONDS) -> None:
        """Returns when nothing is left to deliver.

        Raises:
            AssertionError: something was not answered with 2xx as often as Stripe tries, or not in time.
        """
        assert self.sandbox.wait_for_deliveries(timeout_seconds), f"after {timeout_seconds:g} seconds: {self.story()}"
        with self.sandbox.reading() as state:
            given_up = [kept for kept in state.deliveries.values() if kept.state == "given_up"]
        assert not given_up, f"never answered with 2xx: {self.story()}"

    def play(self, scenario: str, *, customers: int = 40, landing_url: str | None = None) -> Summary:
        """Plays one of the scenarios of `fulfill sandbox --scenario` as fast as it goes, and waits for its deliveries.

        Raises:
            KeyError: there is no such scenario.
        """
        with ExitStack() as stack:
            day = Day(
                sandbox=self.sandbox,
                scenario=SCENARIOS[scenario],
                seed=self.seed,
                landing_url=landing_url or stack.enter_context(Inbox()).url,
                speed=_AT_ONCE,
                customers=customers,
            )
            day.play(lambda _: None)
        return summary_of(self.sandbox)

    def check_fulfilled(self, fulfilled: Mapping[str, int]) -> None:
        """Compares what a shop has handed over, as amounts in the smallest unit by session ID, with what was paid.

        Raises:
            AssertionError: something is paid and not handed over, or the other way round, or of another amount.
        """
        owed = {entry.session_id: entry.total.amount if entry.total else 0 for entry in self.books.to_fulfill()}
        wrong = [
            *(f"{id} is paid ({owed[id]}) and not handed over" for id in owed.keys() - fulfilled.keys()),
            *(f"{id} is handed over and not paid" for id in fulfilled.keys() - owed.keys()),
            *(
                f"{id} is paid with {owed[id]} and handed over for {fulfilled[id]}"
                for id in owed.keys() & fulfilled.keys()
                if owed[id] != fulfilled[id]
            ),
        ]
        assert not wrong, "\n".join(["the shop and the books differ:", *sorted(wrong)])

    def story(self) -> str:
        """Every delivery with what was done to it and how it was answered."""
        with self.sandbox.reading() as state:
            deliveries = [(state.event(kept.event_id), kept) for kept in state.deliveries.values()]
        lines = []
        for event, kept in deliveries:
            attempts = ", ".join(
                " ".join([str(attempt.status or attempt.error), *attempt.mishaps]) for attempt in kept.attempts
            )
            lines.append(f"{event.type} of {event.object_id}: {kept.state} ({attempts or 'no attempt'})")
        return "\n".join(lines) or "nothing was sent to any endpoint"
