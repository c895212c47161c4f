"""IDs and secrets in the forms that Stripe gives them."""

import random
import string
from typing import Final

_LETTERS: Final = string.ascii_letters + string.digits


class Identifiers:
    """Makes IDs. With a seed the same ones in the same order, so that a failing test can be repeated.

    Each kind has an order of its own: how many requests the API got in the meantime changes no session's ID.
    """

    def __init__(self, seed: int | None = None) -> None:
        self.seed = seed
        self._random: dict[str, random.Random] = {}

    def checkout_session(self) -> str:
        return self._made("cs_test_a1", 56)

    def payment_intent(self) -> str:
        return self._made("pi_3", 23)

    def product(self) -> str:
        return self._made("prod_", 14)

    def customer(self) -> str:
        return self._made("cus_", 14)

    def webhook_secret(self) -> str:
        return self._made("whsec_", 32)

    def request(self) -> str:
        return self._made("req_", 14)

    def object(self, prefix: str) -> str:
        """The common form: `evt_1` and 23 letters."""
        return self._made(f"{prefix}_1", 23)

    def _made(self, prefix: str, letters: int) -> str:
        chosen = self._random_of(prefix).choices(_LETTERS, k=letters)
        return prefix + "".join(chosen)

    def _random_of(self, prefix: str) -> random.Random:
        if self.seed is None:
            return random.SystemRandom()
        # A seed is a test's wish; without one the IDs and secrets cannot be guessed.
        return self._random.setdefault(prefix, random.Random(f"{self.seed} {prefix}"))  # noqa: S311
