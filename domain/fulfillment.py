"""The fulfillment of a session: its plan, and the progress of each line."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self, assert_never

from domain import refusals
from domain.checkout import Checkout, Contact
from domain.errors import Refused
from domain.event import Aggregate, replace
from domain.fulfillment_events import FulfillmentEvents, FulfillmentFact, FulfillmentFacts
from domain.identifiers import LineItemId
from domain.line import Line, LineState, Parcel
from domain.personal import Personal, personal
from domain.plan import PlannedLine
from domain.reason import Reason
from domain.refusal import Suitable, Typed
from domain.staff_text import check_line, check_tracking

TEXT_MAX = 200


@dataclass(frozen=True, kw_only=True)
class Fulfillment(FulfillmentEvents, Aggregate[FulfillmentFact]):
    held: tuple[PlannedLine, ...] = ()
    requested: "Fulfillment.Requested | None" = None
    lines: Mapping[LineItemId, Line] = field(default_factory=dict)
    """By ID, in the order of the session."""
    unsettled: int = 0
    """The number of lines that the engine is about to change by itself."""
    unfinished: int = 0
    """The number of lines that are not finished."""
    parcels: tuple[Parcel, ...] = ()
    """Parcels that left and still have lines."""
    undone_parcels: tuple[Parcel, ...] = ()
    """Parcels that left and have no lines any more."""
    shipments: int = 0
    """How many parcels were reported: the number of the latest."""
    cancellations: int = 0
    replacements: int = 0
    """How often license keys of it were replaced."""
    ships_to: Contact | None = None
    """The shipping contact as a person corrected it, which Stripe's never replaces."""

    @property
    def is_settled(self) -> bool:
        """True if it is requested, and the engine is about to change no line by itself."""
        return self.requested is not None and self.unsettled == 0

    def hold(self, plan: Sequence[PlannedLine]) -> FulfillmentFacts:
        """Request the stock of a delayed payment, once."""
        tracked = tuple(line for line in plan if line.stock_sku)
        return [self.StockHeld(lines=tracked)] if tracked and not (self.held or self.requested) else []

    def release_hold(self) -> FulfillmentFacts:
        return [self.HoldReleased(lines=self.held)] if self.held and not self.requested else []

    def request(self, requested: "Fulfillment.Requested") -> FulfillmentFacts:
        """Begin the fulfillment, once. A plan without lines is complete at once."""
        return [] if self.requested else self._and_completion([requested])

    def replan(self, plan: Sequence[PlannedLine], catalog: str) -> FulfillmentFacts:
        """Replan the blocked lines.

        Raises:
            Refused: no line is blocked, or the catalog plans every blocked line as it was.
        """
        blocked = {line.plan.id: line.plan for line in self.lines.values() if line.state.needs_a_person}
        if not blocked:
            raise Refused(refusals.no_blocked_line())
        changed = tuple(line for line in plan if line.id in blocked and line != blocked[line.id])
        if not changed:
            raise Refused(refusals.plan_unchanged())
        replaced = tuple(blocked[line.id] for line in changed)
        return [self.Replanned(lines=changed, replaced=replaced, catalog=catalog)]

    def reserve(self, line_item: LineItemId) -> FulfillmentFacts:
        """Record that the line has its stock."""
        line = self.lines.get(line_item)
        if line is None or line.is_reserved or line.state.is_finished:
            return []
        return [self.LineItemReserved(line_item=line_item)]

    def block(
        self, line_item: LineItemId, state: LineState, detail: Reason, *, is_stock_missing: bool = False
    ) -> FulfillmentFacts:
        """Record that the line can't continue by itself. A line that waits for stock is not given up: it continues when
        it gets its stock."""
        line = self.lines.get(line_item)
        if line is None or line.state.is_finished:
            return []
        is_news = line.state is not state or (is_stock_missing and line.is_reserved)
        if not is_news or (state is LineState.GIVEN_UP and not line.is_ready):
            return []
        fact = self.LineItemBlocked(line_item=line_item, state=state, detail=detail, is_stock_missing=is_stock_missing)
        return [fact]

    def resume(self, line_item: LineItemId) -> FulfillmentFacts:
        line = self.lines.get(line_item)
        if line is None or line.state is not LineState.GIVEN_UP:
            return []
        return [self.LineItemResumed(line_item=line_item)]

    def deliver(
        self,
        line_item: LineItemId,
        *,
        keys: tuple[Personal, ...] = (),
        link: str | None = None,
        note: str | None = None,
    ) -> FulfillmentFacts:
        """Record that the line is delivered, unless it is finished."""
        line = self.lines.get(line_item)
        if line is None or line.state.is_finished:
            return []
        return self._and_completion([self.LineItemDelivered(line_item=line_item, keys=keys, link=link, note=note)])

    def complete(
        self,
        line_items: Sequence[LineItemId],
        note: str | None = None,
        *,
        keys: Mapping[LineItemId, tuple[Personal, ...]] | None = None,
    ) -> FulfillmentFacts:
        """Record that staff delivered these lines by hand. Without lines, those that only a person delivers.

        A line in `keys` is delivered with these license keys.

        Lines that wait for stock, keys, a parcel or another attempt must be named: they stop waiting for it.

        Raises:
            Refused: a line is not there, is delivered, or is being delivered automatically, or none is named and
                every line that waits has another way; or as `_check_decided`.
        """
        self._check_decided(line_items or [id for id, line in self.lines.items() if line.state is LineState.MANUAL])
        waiting = [id for id, line in self.lines.items() if line.state.needs_a_person or line.is_to_pack]
        chosen = self._chosen(line_items, waiting, Suitable.TO_HAND_OVER)
        if not line_items:
            chosen = [id for id in waiting if self.lines[id].state is LineState.MANUAL]
        if not chosen:
            raise Refused(refusals.no_manual_line(waiting))
        given = keys or {}
        return self._and_completion(
            [self.LineItemDelivered(line_item=id, keys=given.get(id, ()), note=note) for id in chosen]
        )

    def ship(self, line_items: Sequence[LineItemId], *, carrier: str, tracking: str | None) -> FulfillmentFacts:
        """Record that a parcel with these lines left. Without lines, everything that is ready to pack.

        Raises:
            Refused: a line is not there, has left or is not ready to be packed, or the texts are empty, too long or
                rounded; or as `_check_decided`.
        """
        _check_label(carrier, tracking)
        ready = [id for id, line in self.lines.items() if line.is_to_pack]
        self._check_decided(line_items or (() if ready else tuple(self.lines)))
        left = [each.number for each in self.parcels if not line_items or {*line_items} & {*each.lines}]
        if left and (line_items or not ready):
            raise Refused(refusals.shipped_already(left))
        chosen = tuple(self._chosen(line_items, ready, Suitable.TO_PACK))
        number = self.shipments + 1
        shipped = self.Shipped(number=number, lines=chosen, carrier=carrier, tracking=personal(tracking))
        return self._and_completion([shipped, *(self.LineItemDelivered(line_item=id) for id in chosen)])

    def correct_parcel(
        self, number: int | None, *, carrier: str | None, tracking: str | None, notifies: bool
    ) -> FulfillmentFacts:
        """A parcel has left with this carrier and tracking number; None keeps what is recorded.

        Raises:
            Refused: as `parcel`; nothing would change; or the texts are empty, too long or rounded.
        """
        before = self.parcel(number)
        after = before.corrected(carrier=carrier, tracking=personal(tracking))
        _check_label(after.carrier, tracking)
        if (after.carrier, after.tracking) == (before.carrier, before.tracking):
            raise Refused(refusals.parcel_unchanged(before.number))
        corrected = self.ParcelCorrected(
            number=after.number,
            correction=after.corrections,
            carrier=after.carrier,
            tracking=after.tracking,
            notifies=notifies,
        )
        return [corrected]

    def unship(self, number: int | None, line_items: Sequence[LineItemId], *, is_restocked: bool) -> FulfillmentFacts:
        """These lines are to be packed again; none given means all in the parcel.

        Raises:
            Refused: as `parcel`, or a line is not in it.
        """
        parcel = self.parcel(number)
        for id in line_items:
            if id not in parcel.lines:
                raise Refused(refusals.line_not_in_parcel(id, parcel.number, parcel.lines))
        plans = tuple(self.lines[id].plan for id in parcel.lines if id in line_items or not line_items)
        return [self.Unshipped(number=parcel.number, lines=plans, is_restocked=is_restocked)]

    def parcel(self, number: int | None) -> Parcel:
        """The parcel with this number; without a number, the only one.

        Raises:
            Refused: there is none, or there are several and none is named.
        """
        if not self.parcels:
            raise Refused(refusals.no_parcel())
        parcels = {parcel.number: parcel for parcel in self.parcels}
        if number is None and len(parcels) > 1:
            raise Refused(refusals.several_parcels(parcels))
        if number is not None and number not in parcels:
            raise Refused(refusals.unknown_parcel(number, parcels))
        return self.parcels[0] if number is None else parcels[number]

    def cancel(self, line_items: Sequence[LineItemId], *, notifies: bool) -> FulfillmentFacts:
        """Cancel these lines. Without lines, all that are not finished.

        Raises:
            Refused: a line is not there or finished, or every line is.
        """
        chosen = tuple(line.plan.id for line in self.lines_to_cancel(line_items))
        canceled = self.LineItemsCanceled(number=self.cancellations + 1, lines=chosen, notifies=notifies)
        return self._and_completion([canceled])

    def lines_to_cancel(self, line_items: Sequence[LineItemId]) -> Sequence[Line]:
        """Return these lines. Without lines, all that are not finished.

        Raises:
            Refused: a line is not there or finished, or every line is.
        """
        unfinished = [id for id, line in self.lines.items() if not line.state.is_finished]
        return [self.lines[id] for id in self._chosen(line_items, unfinished, Suitable.UNFINISHED)]

    def shipping_contact(self, checkout: Checkout) -> Contact | None:
        """Where parcels go from now on: the latest correction, else what the customer entered."""
        return self.ships_to or checkout.shipping

    def correct_shipping(self, to: Contact) -> FulfillmentFacts:
        """What has not left yet goes to this shipping contact.

        Raises:
            Refused: every line is finished.
        """
        if self.requested is not None and self.unfinished == 0:
            raise Refused(refusals.nothing_left_to_deliver())
        return [self.ShippingCorrected(to=to)] if to != self.ships_to else []

    def show_keys(self, line_items: Sequence[LineItemId]) -> FulfillmentFacts:
        """Record that staff looked at the license keys of these lines, as `lines_with_keys` chooses them. Recorded
        every time.

        Raises:
            Refused: as `lines_with_keys`.
        """
        return [self.KeysShown(lines=tuple(line.plan.id for line in self.lines_with_keys(line_items)))]

    def revoke_keys(self, line_item: LineItemId, numbers: tuple[int, ...]) -> "FulfillmentFacts":
        """The line's customer has these keys, and they are not valid any more."""
        return [self.KeysRevoked(line_item=line_item, numbers=numbers)] if numbers else []

    def await_keys(self, line_item: LineItemId, quantity: int, detail: Reason) -> "FulfillmentFacts":
        return [self.KeysAwaited(line_item=line_item, quantity=quantity, detail=detail)]

    def stop_awaiting_keys(self, line_item: LineItemId) -> "FulfillmentFacts":
        return [self.KeysWaitEnded(line_item=line_item)] if self.lines[line_item].keys_awaited else []

    def replace_keys(self, line_item: LineItemId, keys: tuple[Personal, ...]) -> "FulfillmentFacts":
        """The line has these new keys, each of which it gets once."""
        new = tuple(key for key in keys if key not in self.lines[line_item].all_keys)
        return [self.KeysReplaced(number=self.replacements + 1, line_item=line_item, keys=new)] if new else []

    def lines_with_keys(self, line_items: Sequence[LineItemId]) -> Sequence[Line]:
        """Return these lines. Without lines, all that have license keys, revoked or not.

        Raises:
            Refused: a line is not there, or has no keys, or none has.
        """
        with_keys = [id for id, line in self.lines.items() if line.all_keys]
        return [self.lines[id] for id in self._chosen(line_items, with_keys, Suitable.WITH_KEYS)]

    def _chosen(
        self, wanted: Sequence[LineItemId], possible: Sequence[LineItemId], suitable: Suitable
    ) -> Sequence[LineItemId]:
        if self.requested is None:
            raise Refused(refusals.not_planned())
        if not possible:
            raise Refused(refusals.no_suitable_line(suitable))
        for id in wanted:
            if id not in self.lines:
                raise Refused(refusals.unknown_line(id, self.lines))
            if id not in possible:
                raise Refused(refusals.unsuitable_line(id, self.lines[id].state, suitable, possible))
        return list(dict.fromkeys(wanted)) or possible

    def _check_decided(self, line_items: Iterable[LineItemId]) -> None:
        """
        Raises:
            Refused: a person still has to decide whether one of these lines is delivered at all.
        """
        for id in line_items:
            if (line := self.lines.get(id)) and line.is_undecided and line.why:
                raise Refused(refusals.undecided(line.why))

    def _and_completion(self, facts: FulfillmentFacts) -> FulfillmentFacts:
        return facts if self.foresee(facts).unfinished else [*facts, self.Completed()]

    def _parcels_with(self, changed: Parcel) -> tuple[Parcel, ...]:
        parcels = (changed if parcel.number == changed.number else parcel for parcel in self.parcels)
        return tuple(parcel for parcel in parcels if parcel.lines)

    def _planned(self, lines: Mapping[LineItemId, Line]) -> Self:
        unsettled = sum(not line.is_settled for line in lines.values())
        unfinished = sum(not line.state.is_finished for line in lines.values())
        return replace(self, lines=lines, unsettled=unsettled, unfinished=unfinished)

    def _with(self, line: Line) -> Self:
        before = self.lines[line.plan.id]
        return replace(
            self,
            lines={**self.lines, line.plan.id: line},
            unsettled=self.unsettled + before.is_settled - line.is_settled,
            unfinished=self.unfinished + before.state.is_finished - line.state.is_finished,
        )

    def _with_each(self, lines: Iterable[Line]) -> Self:
        state = self
        for line in lines:
            state = state._with(line)
        return state

    def apply(self, event: FulfillmentFact) -> Self:  # noqa: C901 - a case for each event
        match event:
            case Fulfillment.StockHeld():
                return replace(self, held=event.lines)
            case Fulfillment.HoldReleased():
                return replace(self, held=())
            case Fulfillment.Requested():
                lines = {line.id: Line(plan=line) for line in event.plan}
                return replace(self._planned(lines), requested=event)
            case Fulfillment.Replanned():
                replanned = {line.id: Line(plan=line, plans=self.lines[line.id].plans + 1) for line in event.lines}
                return self._planned({**self.lines, **replanned})
            case Fulfillment.LineItemReserved():
                return self._with(self.lines[event.line_item].reserved())
            case Fulfillment.LineItemBlocked():
                line = self.lines[event.line_item]
                return self._with(line.blocked(event.state, event.detail, is_stock_missing=event.is_stock_missing))
            case Fulfillment.LineItemResumed():
                return self._with(self.lines[event.line_item].resumed())
            case Fulfillment.LineItemDelivered():
                line = self.lines[event.line_item]
                return self._with(line.delivered(event.occurred_at, event.keys, event.link, event.note))
            case Fulfillment.Shipped():
                return self._shipped(event)
            case Fulfillment.ParcelCorrected():
                corrected = self.parcel(event.number).corrected(carrier=event.carrier, tracking=event.tracking)
                return replace(self, parcels=self._parcels_with(corrected))
            case Fulfillment.Unshipped():
                return self._unshipped(event)
            case Fulfillment.LineItemsCanceled():
                canceled = self._with_each(self.lines[id].canceled() for id in event.lines)
                return replace(canceled, cancellations=event.number)
            case Fulfillment.KeysRevoked():
                return self._with(self.lines[event.line_item].without_keys(event.numbers))
            case Fulfillment.KeysAwaited():
                return self._with(self.lines[event.line_item].awaiting_keys(event.quantity))
            case Fulfillment.KeysWaitEnded():
                return self._with(self.lines[event.line_item].awaiting_keys(0))
            case Fulfillment.KeysReplaced():
                line = self.lines[event.line_item].with_new_keys(event.keys)
                return replace(self._with(line), replacements=event.number)
            case Fulfillment.ShippingCorrected():
                return replace(self, ships_to=event.to)
            case Fulfillment.Completed() | Fulfillment.KeysShown():
                return self
            case _:
                assert_never(event)

    def _shipped(self, event: FulfillmentEvents.Shipped) -> Self:
        parcel = Parcel(
            number=event.number,
            lines=event.lines,
            carrier=event.carrier,
            tracking=event.tracking,
            shipped_at=event.occurred_at,
            ships_to=self.ships_to,
        )
        return replace(self, parcels=(*self.parcels, parcel), shipments=event.number)

    def _unshipped(self, event: FulfillmentEvents.Unshipped) -> Self:
        unshipped = self._with_each(self.lines[plan.id].unshipped() for plan in event.lines)
        emptied = self.parcel(event.number).without([plan.id for plan in event.lines])
        undone = self.undone_parcels if emptied.lines else (*self.undone_parcels, emptied)
        return replace(unshipped, parcels=self._parcels_with(emptied), undone_parcels=undone)


def _check_label(carrier: str, tracking: str | None) -> None:
    check_line(Typed.CARRIER, carrier, TEXT_MAX)
    if tracking is not None:
        check_tracking(tracking, TEXT_MAX)
