from log_parts import COURSE, MUG, LogWriter, checkout
from read_side import ReadSide
from sample_log import AUTHORIZED, CANCELED, DEBIT, FOREIGN, KEYS, SHOP, sample_log
from typed_ids import as_event, as_session, as_stream

from application.reading.projections.checkouts import CHECKOUTS
from domain.checkout_session import CheckoutSession
from domain.source import Source


def test_a_checkout_is_listed_from_the_first_that_was_heard_of_it(read_side: ReadSide) -> None:
    rows = {row["session_id"]: row for row in read_side.fold(CHECKOUTS, sample_log())}

    assert rows[SHOP] == {
        "session_id": SHOP,
        "position": 4,
        "recorded_at": "2026-11-24T09:00:03.250000Z",
        "amount_total": 4990,
        "currency": "eur",
        "retrieved_position": 14,
        "ships_to_position": None,
    }


def test_what_was_not_retrieved_has_no_amount(read_side: ReadSide) -> None:
    rows = {row["session_id"]: row for row in read_side.fold(CHECKOUTS, sample_log())}

    row = rows[FOREIGN]
    assert (row["amount_total"], row["currency"], row["retrieved_position"]) == (None, None, None)


def test_the_amount_is_that_of_the_latest_answer_and_the_beginning_stays(read_side: ReadSide) -> None:
    log = LogWriter()
    cheap, dear = checkout(COURSE), checkout(COURSE, MUG)
    log.add(
        as_stream("cs_test_1"),
        CheckoutSession.Completed(stripe_event=as_event("evt_1"), payment_status="paid"),
        session_id=as_session("cs_test_1"),
    )
    for answer in (cheap, dear):
        retrieved = CheckoutSession.Retrieved(checkout=answer, source=Source.WEBHOOK)
        log.add(as_stream("cs_test_1"), retrieved, session_id=as_session("cs_test_1"))

    (row,) = read_side.fold(CHECKOUTS, log.events)

    assert (row["amount_total"], row["currency"], row["position"]) == (dear.amount_total, "eur", 1)
    assert row["retrieved_position"] == 3
    assert row["recorded_at"] == "2026-11-24T09:00:00.250000Z"


def test_no_row_has_personal_data(read_side: ReadSide) -> None:
    rows = str(list(read_side.fold(CHECKOUTS, sample_log())))

    assert not [text for text in ("Zoé", "Zoe@Example.com", "ORDER-17", "Exampleton") if text in rows]


def test_every_session_is_there_once(read_side: ReadSide) -> None:
    rows = read_side.fold(CHECKOUTS, sample_log())

    assert sorted(str(row["session_id"]) for row in rows) == sorted([SHOP, DEBIT, FOREIGN, KEYS, AUTHORIZED, CANCELED])
