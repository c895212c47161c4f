"""What many threads decode at once, the first time that the process decodes it at all.

msgspec learns what a class is made of when it first meets it, and the process ends with a segmentation fault where two
threads make it learn the same class at the same time. So each decoder is made before the threads come to it.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from python_path import PYTHON_PATH

TESTS = Path(__file__).parents[1]
AT_ONCE = """
import sys
from threading import Barrier, Thread

{imports}
sys.setswitchinterval(1e-6)
together = Barrier(6)

def decode():
    together.wait()
    for _ in range(3):
        {decode}

threads = [Thread(target=decode) for _ in range(6)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print("decoded")
"""
PROCESSES = 5


@pytest.mark.parametrize(
    ("imports", "decode"),
    [
        pytest.param(
            "from infrastructure.stripe.translation import read_session\n"
            'body = b\'{"id": "cs_1", "mode": "payment", "payment_status": "paid", "livemode": false, '
            '"created": 1, "line_items": {"has_more": false, "data": []}}\'',
            "read_session(body)",
            id="an answer of Stripe's",
        ),
        pytest.param(
            "from infrastructure.stripe.translation import read_line_items\n"
            'body = b\'{"has_more": false, "data": []}\'',
            "read_line_items(body)",
            id="a page of line items",
        ),
    ],
)
def test_threads_may_be_the_first_to_decode_together(imports: str, decode: str) -> None:
    script = AT_ONCE.format(imports=imports, decode=decode)
    environment = {**os.environ, "PYTHONPATH": PYTHON_PATH}

    for _ in range(PROCESSES):
        shown = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, env=environment
        )
        assert (shown.returncode, shown.stdout) == (0, "decoded\n"), shown.stderr
