"""`fulfill policies list`: where each policy begins and how far it has come."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from every_store import sqlite_url
from read_side import open_read_side
from sample_log import END

from application.log.insertion import Bookkeeping, Move

Fulfill = Callable[..., Any]


def test_every_policy_is_listed_with_where_it_begins_and_how_far_it_has_come(fulfill: Fulfill, log_file: Path) -> None:
    before = fulfill("policies", "list", "--json").json
    moves = [Move(follower="intake", since=0, to=END), Move(follower="emails", since=0, to=END - 2)]
    with open_read_side(sqlite_url(log_file.parent)) as side:
        side.log.append([], Bookkeeping(moves=moves))
    after = {each["name"]: each for each in fulfill("policies", "list", "--json").json}
    page = fulfill("policies", "list").out

    assert [each["name"] for each in before] == [
        *("intake", "payments", "fulfillment", "inventory", "inventory reads Fulfillment.LineItemsCanceled", "emails"),
        *("emails reads CheckoutSession.Canceled", "emails reads Fulfillment.KeysReplaced"),
        *("emails reads Fulfillment.LineItemsCanceled", "emails reads Fulfillment.ParcelCorrected"),
    ]
    assert {(each["begins"], each["position"], each["behind"], each["parked"]) for each in before} == {
        ("at the beginning", None, END, 0)
    }
    assert (after["intake"]["position"], after["intake"]["behind"]) == (END, 0)
    assert (after["emails"]["position"], after["emails"]["behind"]) == (END - 2, 2)
    assert "StripeEvent.Received" in after["intake"]["reads"]
    assert page.splitlines()[0].split() == ["NAME", "BEGINS", "POSITION", "BEHIND", "PARKED"]
