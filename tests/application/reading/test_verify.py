"""Verifying compares the live view with a fresh fold of the log up to the same place, row by row."""

from pathlib import Path

import pytest
from busy_log import busy_log
from eventsourcing.persistence import StoredEvent
from every_store import change, sqlite_url
from read_side import ReadSide, open_read_side
from sample_log import DEBIT, END, SHOP, sample_log

from application.reading.projection import Projection
from application.reading.projections.checkouts import CHECKOUTS
from application.reading.rebuild import Difference, Progress, Rebuild
from application.reading.registry import PROJECTIONS
from application.reading.views import ViewNotBuilt
from infrastructure.views.sqlite import scratch_views

each_projection = pytest.mark.parametrize("projection", PROJECTIONS, ids=lambda each: each.name)


@pytest.fixture
def followed(read_side: ReadSide) -> ReadSide:
    read_side.append(sample_log())
    read_side.projector.catch_up()
    return read_side


def plant(url: str, statement: str, *parameters: object) -> None:
    """Change a row of a view past the projector."""
    assert change(url, "views", statement, *parameters) == 1


@each_projection
def test_a_view_that_followed_the_log_is_right(followed: ReadSide, projection: Projection) -> None:
    verification = followed.rebuild.verify(projection.name)

    assert verification.is_right
    assert verification.differences == ()
    assert (verification.name, verification.version, verification.position) == (
        projection.name,
        projection.version,
        END,
    )
    assert verification.rows == len(followed.rows(projection))
    assert verification.live_digest == verification.fresh_digest


def test_a_wrong_row_is_found(followed: ReadSide, store_url: str) -> None:
    plant(store_url, "UPDATE checkouts_v8_g1 SET amount_total=amount_total+1 WHERE session_id=?", SHOP)

    verification = followed.rebuild.verify("checkouts")

    assert not verification.is_right
    (difference,) = verification.differences
    assert difference.key == (SHOP,)
    assert difference.live is not None
    assert difference.fresh is not None
    assert (difference.live["amount_total"], difference.fresh["amount_total"]) == (4991, 4990)


def test_a_missing_row_is_found(followed: ReadSide, store_url: str) -> None:
    plant(store_url, "DELETE FROM checkouts_v8_g1 WHERE session_id=?", DEBIT)

    verification = followed.rebuild.verify("checkouts")

    assert not verification.is_right
    assert [(each.key, each.live is None, each.fresh is None) for each in verification.differences] == [
        ((DEBIT,), True, False)
    ]
    assert verification.rows == 5


def test_an_extra_row_is_found(followed: ReadSide, store_url: str) -> None:
    nulls = ", ".join(["NULL"] * (len(CHECKOUTS.table.columns) - 3))
    plant(store_url, f"INSERT INTO checkouts_v8_g1 VALUES ('cs_test_zzz', 1, '', {nulls})")  # noqa: S608 - a count of columns

    verification = followed.rebuild.verify("checkouts")

    assert not verification.is_right
    assert verification.differences == (
        Difference(
            key=("cs_test_zzz",),
            live={
                "session_id": "cs_test_zzz",
                "position": 1,
                "recorded_at": "",
                "amount_total": None,
                "currency": None,
                "retrieved_position": None,
                "ships_to_position": None,
                "names": None,
                "state": None,
                "situation": None,
                "facts": None,
                "lines": None,
            },
            fresh=None,
        ),
    )


@pytest.mark.parametrize(
    ("projection", "statement"),
    [
        ("daily_sales", "UPDATE daily_sales_v2_g1 SET gross=gross-1 WHERE product='prod_li_mug'"),
        ("due_effects", "INSERT INTO due_effects_v2_g1 VALUES ('eff_x', 'mail', 'cs_test_x', NULL, 1, NULL, NULL)"),
        ("search", "UPDATE search_v8_g1 SET field='name' WHERE term='track42'"),
        ("stock", "UPDATE stock_v1_g1 SET on_hand=4"),
        ("timeline", "DELETE FROM timeline_v1_g1 WHERE position=40"),
        ("work_queue", "UPDATE work_queue_v8_g1 SET is_open=1-is_open WHERE subject='evt_8'"),
    ],
)
def test_a_planted_row_is_found_in_every_view(
    followed: ReadSide, store_url: str, projection: str, statement: str
) -> None:
    plant(store_url, statement)

    assert not followed.rebuild.verify(projection).is_right
    assert all(followed.rebuild.verify(each.name).is_right for each in PROJECTIONS if each.name != projection)


def test_a_rebuild_makes_a_wrong_view_right(followed: ReadSide, store_url: str) -> None:
    plant(store_url, "DELETE FROM checkouts_v8_g1 WHERE session_id=?", DEBIT)

    followed.rebuild.rebuild("checkouts")

    assert followed.rebuild.verify("checkouts").is_right


def test_only_the_first_differences_are_listed(store_url: str) -> None:
    with open_read_side(store_url, [CHECKOUTS], batch_max=100) as read_side:
        read_side.append(busy_log(30))
        read_side.projector.catch_up()
        change(store_url, "views", "UPDATE checkouts_v8_g1 SET currency='usd'")

        verification = read_side.rebuild.verify("checkouts")

        assert [each.key for each in verification.differences] == [(f"cs_test_busy{n:06}",) for n in range(10)]


def test_a_view_that_is_behind_is_verified_where_it_is(followed: ReadSide) -> None:
    followed.append(busy_log(1))

    verification = followed.rebuild.verify("timeline")

    assert (verification.position, verification.is_right) == (END, True)


def test_a_view_is_verified_at_one_moment_however_it_moves_on(followed: ReadSide) -> None:
    more = busy_log(2)

    def follow(progress: Progress) -> None:
        followed.append([next(more)])
        followed.projector.catch_up()

    ticks = iter(range(1000))
    rebuild = Rebuild(followed.log, followed.views, scratch_views, timer=lambda: float(next(ticks)), batch_max=10)

    verification = rebuild.verify("timeline", follow)

    assert (verification.position, verification.is_right) == (END, True)


def test_the_digest_says_what_is_in_the_view_and_not_how_it_came_there(tmp_path: Path, followed: ReadSide) -> None:
    before = followed.rebuild.verify("search").live_digest
    followed.rebuild.rebuild("search")

    assert followed.rebuild.verify("search").live_digest == before
    (tmp_path / "other").mkdir()
    with open_read_side(sqlite_url(tmp_path / "other"), batch_max=1) as other:
        other.append(sample_log())
        other.projector.catch_up()
        assert other.rebuild.verify("search").live_digest == before


def test_what_could_not_be_taken_in_is_reported(followed: ReadSide) -> None:
    followed.log.store.insert_events([StoredEvent("cs_test_garbled", 1, "CheckoutSession.Noted", b"{}")])
    followed.projector.catch_up()

    verification = followed.rebuild.verify("timeline")

    assert (verification.is_right, verification.unreadable) == (True, 1)


def test_a_view_that_left_out_what_a_fixed_fold_takes_in_is_wrong(store_url: str) -> None:
    with open_read_side(store_url, [CHECKOUTS]) as read_side:
        read_side.append(sample_log())
        read_side.projector.catch_up()
        plant(store_url, "DELETE FROM checkouts_v8_g1 WHERE session_id=?", SHOP)
        plant(store_url, "INSERT INTO unreadable VALUES ('checkouts', 1, 4, 'a bug of before')")

        assert not read_side.rebuild.verify("checkouts").is_right


def test_there_is_nothing_to_verify_before_there_is_a_live_view(read_side: ReadSide) -> None:
    with pytest.raises(ViewNotBuilt):
        read_side.rebuild.verify("timeline")


def test_verifying_leaves_nothing_behind(followed: ReadSide, tmp_path: Path) -> None:
    def everything() -> object:
        return followed.views.all(), {path.name.partition(".")[0] for path in tmp_path.iterdir()}

    before = everything()

    followed.rebuild.verify("timeline")

    assert everything() == before
