"""A stand-in for Stripe's Checkout, in this process: what a merchant, a customer and a bank can do to it.

Everything here may be called from any thread. Nothing but endpoints on this machine is ever contacted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Final

import msgspec

from interfaces.sandbox.core import Core
from interfaces.sandbox.faults.requests import Fault
from interfaces.sandbox.faults.weather import Weather
from interfaces.sandbox.model.books import Books, books_of
from interfaces.sandbox.model.catalog import new_price, new_product
from interfaces.sandbox.model.checkout import PaymentDetails
from interfaces.sandbox.model.discounts import new_coupon, new_promotion_code
from interfaces.sandbox.model.disputes import closed_dispute, new_dispute
from interfaces.sandbox.model.links import new_payment_link
from interfaces.sandbox.model.params import Params
from interfaces.sandbox.model.payment_methods import TEST_CARD_NUMBER
from interfaces.sandbox.model.payment_values import Dispute, PaymentIntent, Refund
from interfaces.sandbox.model.sessions import new_session, session_of_link
from interfaces.sandbox.model.values import (
    Address,
    Coupon,
    Customer,
    DeliveryAttempt,
    Endpoint,
    Event,
    Money,
    Origin,
    PayBy,
    PaymentLink,
    Price,
    Product,
    PromotionCode,
    Session,
    TaxId,
    WebhookDelivery,
)
from interfaces.sandbox.stripe_json.events import FULFILLING_EVENTS, SESSION_EVENTS, event_json
from interfaces.sandbox.webhooks.endpoints import changed_endpoint, new_endpoint, rolled_endpoint

Values = Mapping[str, object]
"""Parameters as one would pass them to Stripe's SDK."""

_ROLLED_SECRET_SECONDS: Final = 24 * 3600.0
_FORWARDS_KEPT: Final = 100
_EMAIL: Final = "customer@example.com"
_NAME: Final = "Alex Example"
_ADDRESS: Final = Address(line1="1 Example Street", postal_code="10115", city="Berlin", country="DE")


class Sandbox(Core):
    def __enter__(self) -> "Sandbox":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def books(self) -> Books:
        """What was really paid."""
        with self.reading() as state:
            return books_of(state)

    def session(self, session_id: str) -> Session:
        with self.reading() as state:
            return state.session(session_id)

    def event(self, event_id: str) -> Event:
        with self.reading() as state:
            return state.event(event_id)

    def events(self, type: str | None = None) -> tuple[Event, ...]:
        """Oldest first."""
        with self.reading() as state:
            return tuple(event for event in state.events.values() if type in (None, event.type))

    def event_body(self, event_id: str) -> bytes:
        """A snapshot of the event as it would be posted now."""
        with self.reading() as state:
            event = state.event(event_id)
            return msgspec.json.encode(event_json(event, pending_webhooks=state.pending_webhooks(event)))

    def endpoints(self) -> tuple[Endpoint, ...]:
        with self.reading() as state:
            return tuple(state.endpoints.values())

    def deliveries(self, event_id: str) -> tuple[WebhookDelivery, ...]:
        with self.reading() as state:
            return state.deliveries_of(state.event(event_id))

    # What a merchant does. Parameters are those of Stripe's API.

    def create_product(self, values: Values) -> Product:
        with self.changing() as making:
            return new_product(Params.of_values(values), making)

    def create_price(self, values: Values) -> Price:
        with self.changing() as making:
            return new_price(Params.of_values(values), making)

    def create_coupon(self, values: Values) -> Coupon:
        with self.changing() as making:
            return new_coupon(Params.of_values(values), making)

    def create_promotion_code(self, values: Values) -> PromotionCode:
        with self.changing() as making:
            return new_promotion_code(Params.of_values(values), making)

    def create_payment_link(self, values: Values) -> PaymentLink:
        with self.changing() as making:
            link = new_payment_link(Params.of_values(values), making)
            making.state.payment_links[link.id] = link
            return link

    def create_session(self, values: Values, base_url: str | None = None) -> Session:
        """`base_url` is where the payment page is reached, if not at the sandbox's own address."""
        with self.changing(base_url) as making:
            return self.keep_session(new_session(Params.of_values(values), making))

    def add_webhook(
        self,
        url: str,
        *,
        events: Sequence[str] = SESSION_EVENTS,
        is_thin: bool = False,
        api_version: str | None = None,
    ) -> Endpoint:
        """Its secret is `endpoint.secrets[-1].value`. Without a version it has the account's, the latest."""
        metadata = {"payload": "thin"} if is_thin else {}
        values = {"url": url, "enabled_events": events, "metadata": metadata, "api_version": api_version}
        params = Params.of_values(values)
        with self.changing() as making:
            endpoint = new_endpoint(params, making)
            making.state.endpoints[endpoint.id] = endpoint
            return endpoint

    def webhook_at(self, url: str) -> Endpoint:
        """The endpoint of `fulfill serve` with this URL: an old one, so that a restart does not make everything come
        twice."""
        with self.reading() as state:
            known = [endpoint for endpoint in state.endpoints.values() if endpoint.url == url]
        return known[0] if known else self.add_webhook(url, events=FULFILLING_EVENTS)

    def change_endpoint(self, endpoint_id: str, values: Values) -> Endpoint:
        """`disabled`, `url`, `enabled_events`, `description`, `metadata`."""
        with self.changing() as making:
            endpoint = changed_endpoint(making.state.endpoint(endpoint_id), Params.of_values(values))
            making.state.endpoints[endpoint_id] = endpoint
            return endpoint

    def delete_endpoint(self, endpoint_id: str) -> None:
        with self.changing() as making:
            del making.state.endpoints[making.state.endpoint(endpoint_id).id]

    def roll_secret(self, endpoint_id: str, *, old_seconds: float = _ROLLED_SECRET_SECONDS) -> str:
        """The new secret. The old one signs too for that long."""
        secret = self.ids.webhook_secret()
        with self.changing() as making:
            endpoint = making.state.endpoint(endpoint_id)
            rolled = rolled_endpoint(endpoint, secret, old_until=self.clock.now() + old_seconds)
            making.state.endpoints[endpoint_id] = rolled
        return secret

    def refund(self, payment_intent_id: str, amount: int | None = None) -> Refund:
        """Gives back this amount, or all that is left. Raises StripeError where that is more than is left."""
        values = {"payment_intent": payment_intent_id, "amount": amount}
        with self.changing() as making:
            return self.payments.refund(Params.of_values(values), making, Origin())

    def capture(self, payment_intent_id: str) -> PaymentIntent:
        """Takes the money that a card was authorized for."""
        with self.changing() as making:
            intent = making.state.payment_intent(payment_intent_id)
            return self.payments.capture(intent, Params({}), Origin())

    def cancel(self, payment_intent_id: str) -> PaymentIntent:
        """Cancels a payment that was only authorized, or never made."""
        with self.changing() as making:
            intent = making.state.payment_intent(payment_intent_id)
            return self.payments.cancel(intent, Params({}), making, Origin())

    # What a customer does.

    def visit_payment_link(self, link_id: str) -> Session:
        """The session that following the link opens."""
        with self.changing() as making:
            link = making.state.payment_link(link_id)
            return self.keep_session(session_of_link(link, making, Params({})))

    def pay(
        self,
        session_id: str,
        *,
        by: PayBy = "card",
        card: str = TEST_CARD_NUMBER,
        email: str | None = None,
        name: str | None = None,
        phone: str | None = None,
        address: Address = _ADDRESS,
        quantities: Mapping[str, int] | None = None,
        additions: Mapping[str, int] | None = None,
        shipping_rate: str | None = None,
        answers: Mapping[str, str] | None = None,
        business_name: str | None = None,
        tax_id: TaxId | None = None,
        presentment: Money | None = None,
        has_opted_in: bool = False,
    ) -> Session:
        """Fills in the payment page and presses the button; a total of 0 is free, whatever `by` is.

        `card` is the number of a test card, of which some are declined. Quantities go by line item ID, additions by the
        price ID of an optional item, answers by field key.
        """
        known = email or self.session(session_id).customer_email or _EMAIL
        customer = Customer(email=known, name=name or _NAME, phone=phone, address=address)
        payment = PaymentDetails(
            by=by,
            card=card,
            customer=replace(customer, business_name=business_name, tax_id=tax_id),
            ship_to=replace(customer, email=None, phone=None),
            quantities=quantities or {},
            additions=additions or {},
            shipping_rate=shipping_rate,
            answers=answers or {},
            presentment=presentment,
            has_opted_in=has_opted_in,
        )
        return self.complete(session_id, payment)

    # What a customer's bank does.

    def dispute(self, payment_intent_id: str, *, amount: int | None = None, is_inquiry: bool = False) -> Dispute:
        """Takes back this amount, or all that was not given back; with an inquiry it only asks."""
        with self.changing() as making:
            intent = making.state.payment_intent(payment_intent_id)
            return self.payments.dispute(new_dispute(intent, making, amount=amount, is_inquiry=is_inquiry))

    def close_dispute(self, dispute_id: str, *, is_won: bool = False) -> Dispute:
        """For the merchant, who gets the money back, or for the customer."""
        with self.changing() as making:
            closed = closed_dispute(making.state.dispute(dispute_id), "won" if is_won else "lost")
            return self.payments.keep_dispute(closed, Origin())

    # What time and chance do.

    def hold_clock(self) -> None:
        """No debit settles or fails and no session expires until the clock is released."""
        self.clock.is_held = True

    def release_clock(self) -> None:
        self.clock.is_held = False
        self.tick()

    def advance_clock(self, seconds: float) -> None:
        """Moves the sandbox's time forward; signatures keep the true time."""
        self.clock.advance(seconds)
        self.tick()

    def tick(self) -> None:
        """Settles and expires everything that is due now."""
        with self.reading():
            pass

    def pause_deliveries(self) -> None:
        """Webhook deliveries wait until they are resumed."""
        self.post_office.is_paused = True

    def resume_deliveries(self) -> None:
        with self.reading():
            self.post_office.is_paused = False
            self.post_office.send_pending()

    @property
    def drop_deliveries(self) -> bool:
        """While true, new events are never delivered to anyone, as if lost; `resend` still works."""
        return self.post_office.is_dropping

    @drop_deliveries.setter
    def drop_deliveries(self, is_dropping: bool) -> None:
        self.post_office.is_dropping = is_dropping

    def change_weather(self, weather: Weather, endpoint_id: str | None = None, *, seed: int | None = None) -> None:
        """Sets the weather of new deliveries to one endpoint, or to all that have no weather of their own.

        A seed restarts the random numbers.
        """
        with self.changing() as making:
            if endpoint_id is not None:
                making.state.endpoint(endpoint_id)
            if seed is not None:
                self.post_office.skies.reseed(seed)
            self.post_office.skies.change(weather, endpoint_id)

    def clear_weather(self) -> None:
        """Ends the weather: all deliveries go well."""
        with self.reading():
            self.post_office.skies.clear()

    def resend(self, event_id: str, *, endpoint_id: str | None = None) -> None:
        """One attempt more, now, to one endpoint or to all that want the event."""
        with self.changing() as making:
            event = making.state.event(event_id)
            if endpoint_id is not None:
                chosen = [making.state.endpoint(endpoint_id)]
            else:
                chosen = [found for found in making.state.endpoints.values() if found.wants(event.type)]
            for endpoint in chosen:
                self.post_office.resend(making.state.event(event_id), endpoint)

    def wait_for_deliveries(self, timeout_seconds: float = 10.0) -> bool:
        """Whether, within that time, nothing is left to deliver, now or again."""
        return self.post_office.courier.wait_until_idle(timeout_seconds)

    def fail_next_requests(
        self,
        count: int,
        *,
        status: int | None = 500,
        delay_seconds: float = 0.0,
        is_cut: bool = False,
        path: str = "/v1/",
    ) -> None:
        """The next requests to the API whose path starts so fail, come late (status None), or break off.

        `faults.add` and `faults.add_chance` take every kind of fault.
        """
        fault = Fault(status=status, delay_seconds=delay_seconds, is_cut=is_cut, path=path)
        self.faults.add(fault, count)

    def pretend_payment_status(self, session_id: str, payment_status: str | None) -> None:
        """Sets the payment status that the API and later events report for this session; None restores the true one."""
        with self.changing() as making:
            session = making.state.session(session_id)
            self.keep_session(replace(session, pretended_payment_status=payment_status))

    # What the Stripe CLI does.

    def listening_secret(self, whose: str) -> str:
        """What is forwarded to this user of `stripe listen` is signed with it, today and after a restart."""
        with self.changing() as making:
            return making.state.listening_secrets.setdefault(whose, making.ids.webhook_secret())

    def note_forwarded(self, event_id: str, url: str, status: int) -> None:
        """`stripe listen` has forwarded the event, and this is what the URL answered."""
        attempt = DeliveryAttempt(at=self.clock.true_now(), status=status)
        with self.changing() as making:
            new = WebhookDelivery(event_id=making.state.event(event_id).id, endpoint_id=url, state="given_up")
            kept = making.state.delivery(event_id, url) or new
            attempts = (*kept.attempts, attempt)[-_FORWARDS_KEPT:]
            is_delivered = attempt.has_succeeded or kept.state == "delivered"
            kept = replace(kept, attempts=attempts, state="delivered" if is_delivered else "given_up")
            making.state.keep_delivery(kept)
