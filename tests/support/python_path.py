"""Where Python finds the modules of the tests, for programs that tests start."""

import os
from pathlib import Path

TESTS = Path(__file__).parents[1]
PYTHON_PATH = os.pathsep.join([str(TESTS), str(TESTS / "support")])
