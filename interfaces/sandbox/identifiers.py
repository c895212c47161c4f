"""IDs and secrets in the forms that Stripe gives them."""

import random
import string
from typing import Final

_LETTERS: Final = string.ascii_letters + string.digits


class Identifiers:
    """Makes IDs. With a seed the same ones in the same order, so that a failing test can be repeated."""

    def __init__(self, seed: int | None = None) -> None:
        # A seed is a test's wish; without one the IDs and secrets cannot be guessed.
        self._random = random.SystemRandom() if seed is None else random.Random(seed)  # noqa: S311

    def checkout_session(self) -> str:
        return "cs_test_a1" + self._letters(56)

    def payment_intent(self) -> str:
        return "pi_3" + self._letters(23)

    def product(self) -> str:
        return "prod_" + self._letters(14)

    def customer(self) -> str:
        return "cus_" + self._letters(14)

    def webhook_secret(self) -> str:
        return "whsec_" + self._letters(32)

    def request(self) -> str:
        return "req_" + self._letters(14)

    def object(self, prefix: str) -> str:
        """The common form: `evt_1` and 23 letters."""
        return f"{prefix}_1{self._letters(23)}"

    def _letters(self, count: int) -> str:
        return "".join(self._random.choices(_LETTERS, k=count))
