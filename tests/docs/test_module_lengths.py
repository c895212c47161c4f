"""A module fits into one sitting: no module of the production packages has more than 400 lines."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("domain", "application", "infrastructure", "interfaces")
LINES_MAX = 400


def test_no_module_is_too_long_to_read() -> None:
    modules = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    lengths = {str(path.relative_to(ROOT)): path.read_text().count("\n") for path in modules}

    too_long = {name: lines for name, lines in lengths.items() if lines > LINES_MAX}

    assert len(lengths) > 300
    assert too_long == {}, f"more than {LINES_MAX} lines: split each along a seam that a reader expects"
