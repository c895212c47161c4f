"""`fulfill queue` shows the tasks that are asked for, how many there are, and where the next page begins."""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Fulfill = Callable[..., Any]
ORDER, POSTER = "cs_test_a1Q7xK2mVd", "cs_test_c3S9zM4oXf"

pytestmark = pytest.mark.usefixtures("small_shop")

NO_CURSOR = "--after must be the cursor of a task, such as 2026-11-24T09:01:00.700033Z/manual_line/cs_.../li_..."


def tasks(fulfill: Fulfill, *arguments: str) -> list[tuple[str, str]]:
    return [(item["kind"], item["item"]) for item in fulfill("queue", *arguments, "--json").json]


MUG, KEY, WRAP = ("parcel_to_pack", "li_mug"), ("backordered_line", "li_key"), ("manual_line", "li_wrap")
HANDED, EVENT = ("manual_line", "li_poster"), ("failed_stripe_event", "")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--kind", "manual_line"), [WRAP, HANDED]),
        (("--kind", "manual_line", "--kind", "parcel_to_pack"), [WRAP, MUG, HANDED]),
        (("--order", "KV96R-719NK"), [KEY, WRAP, MUG]),
        (("--order", "order-19"), [HANDED]),
        (("--order", "evt_4"), [EVENT]),
        (("--sku", "mug-blue"), [KEY, WRAP, MUG]),
        (("--sku", "mug-red"), []),
        (("--older-than", "1m"), [KEY, WRAP, MUG, HANDED, EVENT]),
        (("--older-than", "36500d"), []),
        (("--kind", "manual_line", "--order", POSTER), [HANDED]),
        (("--limit", "2"), [KEY, WRAP]),
    ],
)
def test_only_the_tasks_that_are_meant_are_shown(
    fulfill: Fulfill, arguments: tuple[str, ...], expected: list[tuple[str, str]]
) -> None:
    assert tasks(fulfill, *arguments) == expected


def test_each_page_begins_behind_the_last_and_none_is_shown_twice_or_left_out(fulfill: Fulfill) -> None:
    whole, shown, more = tasks(fulfill), list[tuple[str, str]](), list[str]()

    for left in (3, 1, 0):
        result = fulfill("queue", "--limit", "2", *more, "--json")
        assert result.err.startswith(f"fulfill: {left} more (") if left else result.err == ""
        shown += [(item["kind"], item["item"]) for item in result.json]
        more = ["--after", result.json[-1]["cursor"]]

    assert shown == whole
    assert fulfill("queue", *more).out == "No such task is in the queue.\n"


def test_a_task_that_was_resolved_meanwhile_is_still_a_place_to_go_on_from(fulfill: Fulfill) -> None:
    cursor = fulfill("queue", "--limit", "2", "--json").json[-1]["cursor"]
    fulfill("complete", ORDER, "--line", "li_wrap", "--as", "kim")

    assert tasks(fulfill, "--after", cursor) == [MUG, HANDED, EVENT]


def test_what_is_left_out_is_counted_by_kind_and_has_a_command(fulfill: Fulfill) -> None:
    result = fulfill("queue", "--limit", "2")

    assert result.err.startswith(
        "fulfill: 3 more (2 manual line, 1 backordered line, 1 parcel to pack, 1 failed stripe event in all). For the "
        "next ones, add --after "
    )
    after = shlex.split(result.err)[-1].removesuffix(".")
    assert tasks(fulfill, "--after", after) == [MUG, HANDED, EVENT]


def test_tasks_are_counted_by_kind(fulfill: Fulfill) -> None:
    counts, shown = fulfill("queue", "--counts", "--json").json, fulfill("queue", "--counts").out

    assert counts == [
        {"kind": "manual_line", "count": 2},
        {"kind": "backordered_line", "count": 1},
        {"kind": "failed_stripe_event", "count": 1},
        {"kind": "parcel_to_pack", "count": 1},
    ]
    for line, each in zip(shown.splitlines()[1:], counts, strict=True):
        _, *arguments = shlex.split(line.partition("fulfill ")[2])
        assert len(tasks(fulfill, *arguments)) == each["count"]


def test_what_is_low_is_found_by_its_sku(fulfill: Fulfill, small_shop: Path) -> None:
    catalog = small_shop / "catalog.toml"
    catalog.write_text(catalog.read_text().replace("track_stock = true", "track_stock = true\nlow_stock = 9"))

    assert ("low_stock", "") in tasks(fulfill, "--sku", "mug-blue")
    assert tasks(fulfill, "--kind", "low_stock") == [("low_stock", "")]
    assert tasks(fulfill, "--sku", "mug-red") == []


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        (("--kind", "parcels"), "--kind must be one of parcel_to_pack, manual_line, "),
        (("--limit", "0"), "--limit must be 1 to 1000 (got 0)."),
        (("--limit", "1001"), "--limit must be 1 to 1000 (got 1001)."),
        (("--older-than", "3w"), "--older-than must be a number of minutes, hours or days, such as 45m, 12h or 3d"),
        (("--after", "li_mug"), f"{NO_CURSOR} (got 'li_mug'). `fulfill queue` prints the one for the next page; with "),
        (("--after", "noon/a/b/c"), f"{NO_CURSOR} (got 'noon/a/b/c')."),
        (("--after", "2026-11-24/manual_line/b/c"), NO_CURSOR),
        (("--after", "2026-11-31T09:00:00.000000Z/manual_line/b/c"), NO_CURSOR),
        (("--after", "2026-11-24T09:00:00.000000Z/bogus/b/c"), NO_CURSOR),
        (("--order", "evt_!"), "'evt_!' is not the ID of a Stripe event, such as evt_1A2b3C."),
    ],
)
def test_a_filter_that_can_not_be_meant_is_wrong_usage(
    fulfill: Fulfill, arguments: tuple[str, ...], wrong: str
) -> None:
    result = fulfill("queue", *arguments)

    assert (result.code, wrong in result.err) == (2, True), result.err
