"""A command of staff about a checkout that the log does not have raises `NotFound`, and records nothing."""

from collections.abc import Callable

import pytest
from shop import Shop
from typed_ids import as_session

from application.errors import NotFound
from application.staff.by import By
from application.staff.commands import Staff
from application.staff.correction import Correction

ID = as_session("cs_test_unknown")
BY = By(name="ann", reason="a typing error")
COMMANDS: dict[str, Callable[[Staff], object]] = {
    "complete": lambda staff: staff.complete(ID, (), BY),
    "note": lambda staff: staff.note(ID, "called", BY),
    "readdress": lambda staff: staff.readdress(ID, "ada@example.com", BY),
    "correct_shipping": lambda staff: staff.correct_shipping(ID, Correction(city="London"), BY),
    "dismiss": lambda staff: staff.dismiss(ID, BY),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_about_an_unknown_checkout_finds_none(open_shop: Callable[..., Shop], command: str) -> None:
    shop = open_shop()

    with pytest.raises(NotFound, match="No checkout cs_test_unknown in the log"):
        COMMANDS[command](shop.runtime.staff)
    assert shop.runtime.log.store.select_notifications(1, 1) == []
