"""A list of parcels that have left, which are recorded together or not at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from application.errors import NotFound, RefusedInWords
from application.staff.checks import check_is_ours
from application.text.english import counted
from application.text.refusal_wording import in_sentences
from application.writing.unit_of_work import UnitOfWork
from domain import staff_decisions
from domain.errors import Refused
from domain.identifiers import SessionId

_SHOWN_MAX = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedParcel:
    """A shipped parcel of a list. It contains everything that was ready to pack in its checkout."""

    row: int
    name: str
    """What people call the checkout."""
    session_id: SessionId
    carrier: str
    tracking: str | None


def ship_all(parcels: Sequence[ListedParcel], unknown: Mapping[int, str], unit: UnitOfWork) -> None:
    """`unknown` has a sentence about each row whose order is not one checkout.

    Raises:
        Refused: one of them can't have left. The sentence names all such rows.
    """
    first = {parcel.session_id: parcel for parcel in reversed(parcels)}
    refusals = {row: f"Row {row}: {sentence}" for row, sentence in unknown.items()}
    for parcel in parcels:
        if refusal := _refusal_to_ship(parcel, first[parcel.session_id], unit):
            refusals[parcel.row] = refusal
    if refusals:
        rows = sorted(refusals)
        shown, others = rows[:_SHOWN_MAX], rows[_SHOWN_MAX:]
        more = [f"{counted(len(others), 'more row')} refused: {', '.join(map(str, others))}."] if others else []
        raise RefusedInWords(" ".join([*(refusals[row] for row in shown), *more, "Nothing was recorded."]))


def _refusal_to_ship(parcel: ListedParcel, first: ListedParcel, unit: UnitOfWork) -> str | None:
    """`first` is the first parcel of the same checkout."""
    if parcel is not first:
        return (
            f"Row {parcel.row}, {parcel.name}: Row {first.row} is of the same order, and ships all that it has "
            "ready to pack. Remove one of the two rows."
        )
    try:
        check_is_ours(parcel.session_id, unit)
        staff_decisions.ship(parcel.session_id, (), unit, carrier=parcel.carrier, tracking=parcel.tracking)
    except NotFound as error:
        return f"Row {parcel.row}, {parcel.name}: {error}"
    except Refused as error:
        return f"Row {parcel.row}, {parcel.name}: {in_sentences(error.refusal)}"
    return None
