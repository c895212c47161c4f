"""What the fuzzer is given, without the fuzzer: every target takes its seeds, and they come to more than one end."""

from importlib import import_module
from pathlib import Path

import pytest
from fuzz.planted import BUGS, Bug, copy_of_packages, plant
from fuzz.target import Target

NAMES = sorted(path.stem for path in (Path(__file__).parent / "targets").glob("*.py"))


@pytest.mark.parametrize(
    "name", [name if name == "webhook" else pytest.param(name, marks=pytest.mark.long) for name in NAMES]
)
def test_the_seeds_of_a_target_come_to_more_than_one_end(name: str) -> None:
    target: Target = import_module(f"fuzz.targets.{name}").TARGET

    ends = {target.check(seed) for seed in target.seeds}

    assert len(ends) > 1
    assert max(map(len, target.seeds)) <= target.bytes_max


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_of_packages(tmp_path_factory.mktemp("packages"))


@pytest.mark.parametrize("bug", BUGS, ids=[bug.name for bug in BUGS])
def test_a_planted_bug_is_about_code_that_is_there(packages: Path, bug: Bug) -> None:
    assert bug.target in NAMES

    plant(bug, packages)

    compile((packages / bug.file).read_text(), bug.file, "exec")
