from read_side import ReadSide
from sample_log import FOREIGN, SHOP, sample_log

from application.projections.checkouts import CHECKOUTS


def test_a_checkout_is_listed_from_the_first_that_was_heard_of_it(read_side: ReadSide) -> None:
    rows = {row["session_id"]: row for row in read_side.fold(CHECKOUTS, sample_log())}

    assert rows[SHOP] == {
        "session_id": SHOP,
        "position": 4,
        "recorded_at": "2026-11-24T09:00:03.250000Z",
        "amount_total": 4990,
        "currency": "eur",
    }


def test_what_was_not_retrieved_has_no_amount(read_side: ReadSide) -> None:
    rows = {row["session_id"]: row for row in read_side.fold(CHECKOUTS, sample_log())}

    assert (rows[FOREIGN]["amount_total"], rows[FOREIGN]["currency"]) == (None, None)
