"""Python imports this by itself in the processes that tests start."""

import sys
from pathlib import Path

_SUPPORT = str(Path(__file__).parents[1])

sys.path.append(_SUPPORT)
from fixed_ports import forbid  # noqa: E402 - its directory had to be on the path

sys.path.remove(_SUPPORT)
forbid()
