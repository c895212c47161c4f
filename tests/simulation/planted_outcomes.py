"""Bugs that leave every count right, and still give customers, the shelf or the audit trail something else."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from application.effect_kinds import RetryRule
from application.followers import Followers
from application.staff import By
from domain.fulfillment import Fulfillment
from domain.mail import MailKind, MailLine
from domain.policies.emails import EmailPolicy
from domain.stock_item import Claim, StockItem


def parcel_told_twice(patch: pytest.MonkeyPatch) -> None:
    """A parcel is told of by two mails."""
    request = EmailPolicy._request

    def twice(self: EmailPolicy, session: Any, kind: MailKind, lines: Iterable[MailLine], do: Any, **more: Any) -> Any:
        told = list(lines)
        if kind is MailKind.SHIPPED:
            request(self, session, kind, told, do, **{**more, "occasion": f"{more['occasion']}_again"})
        return request(self, session, kind, told, do, **more)

    patch.setattr(EmailPolicy, "_request", twice)


def keys_not_handed_over(patch: pytest.MonkeyPatch) -> None:
    """A line of keys is delivered without them."""
    deliver = Fulfillment.deliver

    def without_keys(self: Fulfillment, line_item: str, *, note: str | None = None, **_: Any) -> Sequence[Any]:
        return deliver(self, line_item, note=note)

    patch.setattr(Fulfillment, "deliver", without_keys)


def one_piece_leaves_the_shelf(patch: pytest.MonkeyPatch) -> None:
    """However many were bought, one is taken off the stock."""
    dispatch = StockItem.dispatch

    def only_one(self: StockItem, claim: Claim) -> Sequence[Any]:
        facts = dispatch(self, claim)
        return [replace(fact, quantity=1) if isinstance(fact, StockItem.Dispatched) else fact for fact in facts]

    patch.setattr(StockItem, "dispatch", only_one)


def given_up_at_first_trouble(patch: pytest.MonkeyPatch) -> None:
    """What fails once is not tried again."""
    patch.setattr(RetryRule, "retry_after", lambda *_: None)


def nobody_knows_who_it_was(patch: pytest.MonkeyPatch) -> None:
    """Staff's commands are recorded without a name."""
    patch.setattr(By, "actor", "staff")


def parked_and_forgotten(patch: pytest.MonkeyPatch) -> None:
    """What a follower can't read is passed over."""
    patch.setattr(Followers, "_park", lambda *_: None)


PLANTS = (
    parcel_told_twice,
    keys_not_handed_over,
    one_piece_leaves_the_shelf,
    given_up_at_first_trouble,
    nobody_knows_who_it_was,
    parked_and_forgotten,
)
