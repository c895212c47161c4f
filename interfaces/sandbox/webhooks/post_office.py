"""Makes events, records the outcome of each webhook delivery, and hands due ones to the courier."""

from collections.abc import Callable
from dataclasses import replace
from threading import RLock
from typing import Final, Literal

import msgspec

from interfaces.sandbox.faults.weather import CORRUPTIONS, Mishap, Skies
from interfaces.sandbox.model.clock import Clock
from interfaces.sandbox.model.identifiers import Identifiers
from interfaces.sandbox.model.state import State
from interfaces.sandbox.model.values import DeliveryAttempt, Endpoint, Event, Origin, WebhookDelivery
from interfaces.sandbox.stripe_json.events import event_json, thin_event_json
from interfaces.sandbox.stripe_json.shapes import JsonObject
from interfaces.sandbox.webhooks.courier import Carrier, Errand, Office, Post
from interfaces.sandbox.webhooks.listeners import Listeners
from interfaces.sandbox.webhooks.signature import signed_post

_HEADERS: Final = {
    "Accept": "*/*; q=0.5, application/xml",
    "Cache-Control": "no-cache",
    "Content-Type": "application/json; charset=utf-8",
    "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
}


class PostOffice:
    """Shares the state and its lock with the sandbox."""

    def __init__(
        self,
        state: State,
        lock: RLock,
        *,
        ids: Identifiers,
        clock: Clock,
        carrier: Callable[[Office], Carrier],
        mark_changed: Callable[[], None],
    ) -> None:
        self._state = state
        self._lock = lock
        self._ids = ids
        self._clock = clock
        self._mark_changed = mark_changed
        self.courier = carrier(self)
        self.skies = Skies(ids.seed)
        self._overtaken_at: dict[str, float] = {}
        """When the latest delivery was made of those that were attempted, by endpoint."""
        self.listeners = Listeners()
        self.is_paused = False
        self.is_dropping = False

    def emit(self, type: str, shown: JsonObject, origin: Origin, *, previous: JsonObject | None = None) -> Event:
        """A new event about an object as it is now, on its way to each endpoint that wants it and to each listener."""
        endpoints = [endpoint for endpoint in self._state.endpoints.values() if endpoint.wants(type)]
        event = Event(
            id=self._ids.object("evt"),
            created=int(self._clock.now()),
            type=type,
            object_id=str(shown["id"]),
            object_json=msgspec.json.encode(shown).decode(),
            origin=origin,
            endpoint_ids=tuple(endpoint.id for endpoint in endpoints),
            previous_json=msgspec.json.encode(previous).decode() if previous else None,
        )
        self._state.events[event.id] = event
        for endpoint in endpoints:
            self._dispatch(event, endpoint)
        if not self.is_dropping:
            self.listeners.announce(event.id)
        return event

    def resend(self, event: Event, endpoint: Endpoint) -> None:
        """One attempt more, now, even while deliveries are paused or dropped."""
        if endpoint.id not in event.endpoint_ids:
            event = replace(event, endpoint_ids=(*event.endpoint_ids, endpoint.id))
            self._state.events[event.id] = event
        if self._state.delivery(event.id, endpoint.id) is None:
            self._keep(WebhookDelivery(event_id=event.id, endpoint_id=endpoint.id, state="dropped"))
        self._send_extra(event.id, endpoint.id, "resent")

    def send_pending(self) -> None:
        """Everything that waited while deliveries were paused or the sandbox was not running."""
        for delivery in list(self._state.deliveries.values()):
            if delivery.state == "pending":
                self._send(delivery)

    def prepare(self, errand: Errand) -> Post | Literal["later", "never"]:
        with self._lock:
            event = self._state.events[errand.event_id]
            endpoint = self._state.endpoints.get(errand.endpoint_id)
            delivery = self._state.delivery(errand.event_id, errand.endpoint_id)
            if endpoint is None or not endpoint.is_enabled:
                return "never"
            if not errand.is_extra and (delivery is None or delivery.state != "pending"):
                return "never"
            if errand.is_extra or delivery is None:
                return self._post(event, endpoint, errand.mishaps)
            if self.is_paused or self._is_held_back(delivery):
                return "later"
            return self._post(event, endpoint, () if delivery.attempts else delivery.fate.mishaps)

    def record(self, errand: Errand, attempt: DeliveryAttempt, *, is_last: bool) -> None:
        with self._lock:
            delivery = self._state.delivery(errand.event_id, errand.endpoint_id)
            if delivery is None:
                return
            latest = self._overtaken_at.get(errand.endpoint_id, 0.0)
            self._overtaken_at[errand.endpoint_id] = max(latest, delivery.made_at)
            delivery = replace(delivery, attempts=(*delivery.attempts, attempt))
            if attempt.has_succeeded:
                delivery = replace(delivery, state="delivered")
            elif is_last and delivery.state == "pending" and not errand.is_extra:
                delivery = replace(delivery, state="given_up")
            self._keep(delivery)

    def _dispatch(self, event: Event, endpoint: Endpoint) -> None:
        fate = self.skies.fate(event.type, endpoint.id)
        is_dropped = self.is_dropping or "dropped" in fate.mishaps
        delivery = WebhookDelivery(
            event_id=event.id,
            endpoint_id=endpoint.id,
            state="dropped" if is_dropped else "pending",
            fate=fate,
            made_at=self._clock.true_now(),
        )
        self._keep(delivery)
        if not is_dropped and not self.is_paused:
            self._send(delivery)

    def _send(self, delivery: WebhookDelivery) -> None:
        errand = Errand(
            event_id=delivery.event_id, endpoint_id=delivery.endpoint_id, attempts_made=len(delivery.attempts)
        )
        self.courier.send(errand)
        if "doubled" in delivery.fate.mishaps and not delivery.attempts:
            self._send_extra(delivery.event_id, delivery.endpoint_id, "doubled")

    def _send_extra(self, event_id: str, endpoint_id: str, why: Mishap) -> None:
        self.courier.send(Errand(event_id=event_id, endpoint_id=endpoint_id, is_extra=True, mishaps=(why,)))

    def _is_held_back(self, delivery: WebhookDelivery) -> bool:
        """Whether it is late on purpose, or waits for a later one to overtake it."""
        fate = delivery.fate
        if delivery.attempts or self._clock.true_now() >= delivery.made_at + fate.delay_seconds:
            return False
        is_overtaken = self._overtaken_at.get(delivery.endpoint_id, 0.0) > delivery.made_at
        return "delayed" in fate.mishaps or ("reordered" in fate.mishaps and not is_overtaken)

    def _keep(self, delivery: WebhookDelivery) -> None:
        self._state.keep_delivery(delivery)
        self._mark_changed()

    def _post(self, event: Event, endpoint: Endpoint, mishaps: tuple[Mishap, ...]) -> Post:
        body = msgspec.json.encode(self._shown(event, endpoint))
        now = self._clock.true_now()
        secrets = [kept.value for kept in endpoint.secrets if kept.expires_at is None or kept.expires_at > now]
        corruption = next((kind for kind in CORRUPTIONS if kind in mishaps), None)
        signed = signed_post(body, secrets, timestamp=int(now), corruption=corruption)
        headers = {**_HEADERS, "Stripe-Signature": signed.signature}
        return Post(url=endpoint.url, body=signed.body, headers=headers, mishaps=mishaps)

    def _shown(self, event: Event, endpoint: Endpoint) -> JsonObject:
        if endpoint.is_thin:
            return thin_event_json(event)
        pending = self._state.pending_webhooks(event)
        return event_json(event, pending_webhooks=pending, api_version=endpoint.api_version)
