"""Whatever staff, couriers and lagging policies do in whichever order, the books are right and each line goes out once.

Some hundred days at each run; `make days DAYS=10000` plays more of them.
"""

import os

from random_days import Day

_DAYS = int(os.environ.get("DAYS", "200"))


def test_no_day_ends_with_wrong_books_or_a_line_handed_over_twice() -> None:
    for seed in range(_DAYS):
        try:
            Day(seed).play()
        except AssertionError as error:
            raise AssertionError(f"day {seed}: {error}") from error
