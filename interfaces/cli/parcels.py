"""`fulfill ship`, `ship-all`, `correct-parcel` and `unship`: parcels that have left, or have not after all."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from application.text.english import counted, listed
from domain.identifiers import SessionId
from interfaces.cli.arguments.naming import called, order_of, session_of
from interfaces.cli.arguments.parcel_file import ParcelRow, read_parcel_file
from interfaces.cli.choices import carriers
from interfaces.cli.done import shipped, unshipped
from interfaces.cli.output.printing import page, print_json
from interfaces.cli.running.desk import Desk, by, open_desk
from interfaces.cli.running.outcome import check_goes_out, put_checkout_state
from interfaces.cli.usage import DONE, Json, Lines, Session, UsageError, Who, Why, whole_number

if TYPE_CHECKING:
    from application.staff.parcels import ListedParcel
    from domain.line import Parcel


def ship(
    session: Session,
    /,
    *,
    carrier: Annotated[str, Parameter(completer=carriers, help="Carrier of the parcel.")],
    tracking: Annotated[str | None, Parameter(help="Tracking number, or URL of the tracking page.")] = None,
    as_: Who = None,
    reason: Why = "parcel shipped",
    line: Lines = (),
    json: Json = False,
) -> int:
    """Mark a parcel as shipped. Without --line, it holds all line items that are ready to pack."""
    from domain.checkout_session import CheckoutSession
    from domain.mail import MailKind

    who = by(as_, reason)
    with open_desk(makes_log=False) as desk:
        id = desk.session(session)
        before = desk.fulfillment(id)
        with _naming_parcels(desk, id):
            desk.runtime.staff.ship(id, line, carrier=carrier, tracking=tracking, by=who)
        has_address = desk.runtime.log.get(CheckoutSession, id).mail_address is not None
        notifies = has_address and MailKind.SHIPPED in desk.runtime.settings.mails
        return put_checkout_state(desk, id, shipped(before, desk.fulfillment(id), notifies=notifies), as_json=json)


@contextmanager
def _naming_parcels(desk: Desk, session_id: SessionId) -> Iterator[None]:
    """Show carrier and tracking number of parcels that have left already: no refusal has them, since they are personal
    data.

    Raises:
        Refused: as what is done here.
    """
    from application.errors import RefusedInWords
    from domain.errors import Refused
    from domain.refusal import RefusalCode

    try:
        yield
    except Refused as error:
        if error.refusal.code is not RefusalCode.SHIPPED_ALREADY:
            raise
        numbers = error.refusal.parameters["parcels"].split(", ")
        left = [each for each in desk.fulfillment(session_id).parcels if str(each.number) in numbers]
        it = "it" if len(left) == 1 else "the first"
        raise RefusedInWords(
            f"Shipped already: {listed(map(_parcel_in_words, left))}. `fulfill correct-parcel {order_of(session_id)} "
            f"--parcel {left[0].number} --tracking ...` corrects {it}, and `fulfill unship` undoes {it}."
        ) from error


def _parcel_in_words(parcel: "Parcel") -> str:
    tracking = f", {parcel.tracking.text}" if parcel.tracking else ", without a tracking number"
    return f"parcel {parcel.number} with {parcel.carrier}{tracking}"


def _at_least_1(_kind: object, number: int | None) -> None:
    if number is not None and number < 1:
        raise ValueError("must be 1 or more")


Number = Annotated[
    int | None,
    Parameter(
        "--parcel",
        converter=whole_number,
        validator=_at_least_1,
        show_default=False,
        help="Number of the parcel, if the checkout has several.",
    ),
]


def correct_parcel(
    session: Session,
    /,
    *,
    parcel: Number = None,
    carrier: Annotated[str | None, Parameter(completer=carriers, show_default=False, help="Corrected carrier.")] = None,
    tracking: Annotated[
        str | None, Parameter(show_default=False, help="Corrected tracking number, or URL of the tracking page.")
    ] = None,
    notify: Annotated[
        bool, Parameter(negative=(), show_default=False, help="Send the customer a mail about it.")
    ] = False,
    as_: Who = None,
    reason: Why = "parcel corrected",
    json: Json = False,
) -> int:
    """Correct the carrier or tracking number of a shipped parcel. Omitted options keep their values."""
    from domain.mail import MailKind

    if carrier is None and tracking is None:
        raise UsageError("Name what changes: --carrier, --tracking or both.")
    who = by(as_, reason)
    with open_desk(makes_log=False) as desk:
        id = desk.session(session)
        if notify:
            check_goes_out(MailKind.SHIPPED, desk)
        desk.runtime.staff.correct_parcel(id, parcel, carrier=carrier, tracking=tracking, by=who, notifies=notify)
        done = "The parcel is corrected." if parcel is None else f"Parcel {parcel} is corrected."
        done += " The customer gets a mail about it." if notify else ""
        return put_checkout_state(desk, id, done, as_json=json)


def unship(
    session: Session,
    /,
    *,
    restock: Annotated[
        bool, Parameter(negative=(), show_default=False, help="The pieces are back on the shelf. Excludes --lost.")
    ] = False,
    lost: Annotated[
        bool, Parameter(negative=(), show_default=False, help="The pieces are not coming back. Excludes --restock.")
    ] = False,
    parcel: Number = None,
    line: Lines = (),
    as_: Who = None,
    reason: Why = "parcel undone",
    json: Json = False,
) -> int:
    """Undo a parcel: its line items, or those of --line, have to be packed again."""
    if restock is lost:
        raise UsageError(
            "Use either --restock, if the pieces are back on the shelf, or --lost, if they are not coming back."
        )
    who = by(as_, reason)
    with open_desk(makes_log=False) as desk:
        id = desk.session(session)
        before = desk.fulfillment(id)
        desk.runtime.staff.unship(id, parcel, line, who, is_restocked=restock)
        return put_checkout_state(desk, id, unshipped(before, desk.fulfillment(id)), as_json=json)


def ship_all(
    file: Annotated[
        str,
        Parameter(
            allow_leading_hyphen=True, help="CSV file with a header row and the columns order, carrier and tracking."
        ),
    ],
    /,
    *,
    dry_run: Annotated[
        bool, Parameter(negative=(), show_default=False, help="Check every row, but record nothing.")
    ] = False,
    as_: Who = None,
    reason: Why = "parcels shipped",
    json: Json = False,
) -> int:
    """Mark the parcels in a CSV file as shipped, each with all ready items of its order. Records all or none."""
    who, rows = by(as_, reason), read_parcel_file(file)
    with open_desk(makes_log=False) as desk:
        parcels, unknown = _named(desk, rows)
        desk.runtime.staff.ship_all(parcels, unknown, who, is_dry_run=dry_run)
        is_followed = True if dry_run else desk.follow()
    if json:
        listed = list(map(_document, parcels))
        print_json({"parcels": listed, "is_dry_run": dry_run, "is_followed": is_followed})
    elif dry_run:
        shown = [
            (each.row, order_of(each.session_id), each.session_id, each.carrier, each.tracking or "")
            for each in parcels
        ]
        page().table(("row", "order", "session", "carrier", "tracking"), shown)
        page().say(f"{counted(len(parcels), 'parcel')} can be shipped. Nothing was recorded.")
    else:
        page().say(f"Recorded {counted(len(parcels), 'parcel')}.")
    return DONE


def _document(parcel: "ListedParcel") -> dict[str, object]:
    from domain.order_number import order_number

    id = parcel.session_id
    named = {"row": parcel.row, "session_id": id, "order_number": order_number(id)}
    return {**named, "carrier": parcel.carrier, "tracking": parcel.tracking}


def _named(desk: Desk, rows: Sequence[ParcelRow]) -> "tuple[Sequence[ListedParcel], Mapping[int, str]]":
    """The parcels whose order is one checkout, and a sentence about each other row, by its number."""
    from application.errors import NotFound
    from application.staff.parcels import ListedParcel

    parcels: list[ListedParcel] = []
    unknown: dict[int, str] = {}
    for row in rows:
        try:
            id = session_of(desk.runtime.queries, row.order)
        except (NotFound, UsageError) as error:
            unknown[row.row] = str(error)
            continue
        parcels.append(
            ListedParcel(row=row.row, name=called(id), session_id=id, carrier=row.carrier, tracking=row.tracking)
        )
    return parcels, unknown
