"""The view of the key pools against the aggregate, and its rows."""

from log_parts import LogWriter
from read_side import ReadSide
from sample_log import SHOP, sample_log
from typed_ids import as_line, as_session, as_stream

from application.reading.answers import KeyPoolLevel
from application.reading.projections.key_pools import KEY_POOLS
from domain.identifiers import pool_name
from domain.key_pool import KeyPool
from domain.personal import Personal

PRO = as_stream("keys_pro")


def keys(text: str) -> tuple[Personal, ...]:
    return tuple(map(Personal, text.split()))


def test_the_keys_of_a_pool_are_counted_by_what_became_of_them(read_side: ReadSide) -> None:
    log, ann = LogWriter(), as_session(SHOP)
    log.add(PRO, KeyPool.Imported(keys=keys("A B C D")))
    log.add(PRO, KeyPool.Assigned(line_item=as_line("li_1"), keys=keys("A")), session_id=ann)
    log.add(PRO, KeyPool.Withdrawn(keys=keys("B NEVER-IMPORTED"), were_free=1))
    log.add(PRO, KeyPool.RanOut(line_item=as_line("li_2"), quantity=5), session_id=ann)
    log.add(PRO, KeyPool.RanOut(line_item=as_line("li_3"), quantity=7), session_id=ann)
    log.add(PRO, KeyPool.RanOut(line_item=as_line("li_4"), quantity=3), session_id=ann)
    log.add(PRO, KeyPool.WaitEnded(line_item=as_line("li_3")), session_id=ann)
    log.add(PRO, KeyPool.Imported(keys=keys("E F G H")))
    log.add(PRO, KeyPool.Assigned(line_item=as_line("li_2"), keys=keys("C D E F G")), session_id=ann)
    log.add(PRO, KeyPool.Revoked(line_item=as_line("li_2"), keys=keys("D F")), session_id=ann)

    read_side.append(log.events)

    assert read_side.queries.key_pools() == [
        KeyPoolLevel(pool=pool_name("pro"), free=1, given=4, revoked=2, withdrawn=2, waiting=3)
    ]


def test_a_pool_is_one_row_and_every_line_that_waits_another(read_side: ReadSide) -> None:
    rows = read_side.fold(KEY_POOLS, sample_log())

    assert [list(row.values()) for row in rows if row["pool"] == "pro"] == [["pro", "", "", 0, 0, 2, 1, 0]]
