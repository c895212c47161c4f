import pytest

pytest.register_assert_rewrite("scenario")  # so that a failure shows both lists of facts
