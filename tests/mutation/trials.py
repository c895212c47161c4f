"""Tests over a mutant: each run is a child of this process, in which the mutant takes the module's place."""

import gc
import json
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from enum import StrEnum
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from pathlib import Path
from tempfile import TemporaryDirectory
from types import CodeType, FrameType, ModuleType

import hypothesis
import pytest
from mutation.mutants import Mutant

CPU_SECONDS_MAX = 120
"""A few times what all the tests take. CPU time, so that a busy machine changes little."""
WATCHED_CPU_SECONDS_MAX = 600
"""For all the tests over the code as it is, each call of which is noted."""
MEMORY_MAX = 4 << 30
_NEVER_LOADED = 70
"""Exit code of a child in which the mutant did not run: what it says would be worth nothing."""


class Outcome(StrEnum):
    KILLED = "killed"
    TIMEOUT = "timeout"
    SURVIVED = "survived"


class TrialFailed(Exception):
    """The tests can't be judged by: they fail on the code as it is, or the mutant is never loaded."""


Calls = Mapping[str, Collection[str]]
"""Test to the functions it calls, each `path:qualified name`. What is called by importing the tests is under ""."""

_LIBRARIES = (
    *("eventsourcing.application", "eventsourcing.postgres", "eventsourcing.sqlite", "hypothesis.strategies"),
    *("msgspec", "pdb", "psycopg_pool", "structlog", "tomllib", "xml.etree.ElementTree"),
)


def preload() -> None:
    """Import the libraries once here, rather than in each child."""
    for library in _LIBRARIES:
        import_module(library)
    gc.freeze()  # no child looks through them for garbage


def watched(root: Path, tests: Sequence[str], paths: Collection[str]) -> Calls:
    """Run the tests over the code as it is, and see which functions of these modules each of them calls.

    Raises:
        TrialFailed: a test fails.
    """
    with TemporaryDirectory() as directory:
        result = Path(directory) / "calls.json"
        watch = _Watch({str(root / path): path for path in paths})
        output = Path(directory) / "output.txt"

        def run() -> int:
            code = _pytest(root, tests, watch)
            watch.write(result)
            return code

        status = _in_a_child(run, output, cpu_seconds_max=WATCHED_CPU_SECONDS_MAX)
        if os.WIFSIGNALED(status):
            end = signal.Signals(os.WTERMSIG(status)).name
            raise TrialFailed(f"{end} ended the tests on the code as it is:\n{output.read_text()}")
        if status != 0:
            raise TrialFailed(f"The tests fail on the code as it is:\n{output.read_text()}")
        calls: Calls = json.loads(result.read_text())
        return calls


def concerned(mutant: Mutant, calls: Calls) -> list[str]:
    """The tests that call the mutant's function, those that call little else first; all if imports run it already."""
    name = f"{mutant.path}:{mutant.function or '<module>'}"
    tests = [test for test in calls if test]
    if name not in calls[""]:
        tests = [test for test in tests if name in calls[test]]
    return sorted(tests, key=lambda test: (len(calls[test]), test))


def tried(root: Path, mutant: Mutant, tests: Sequence[str]) -> Outcome:
    """What these tests make of the mutant.

    Raises:
        TrialFailed: no test loads the module.
    """
    if not tests:
        return Outcome.SURVIVED
    module = mutant.path.removesuffix(".py").replace("/", ".")
    finder = _MutantFinder(module, mutant.code)
    files = list(dict.fromkeys(test.partition("::")[0] for test in tests))

    def run() -> int:
        sys.meta_path.insert(0, finder)
        code = _pytest(root, files, _Choice(tests))
        return code if finder.is_used or code != 0 else _NEVER_LOADED

    status = _in_a_child(run)
    if os.WIFSIGNALED(status):
        return Outcome.TIMEOUT if os.WTERMSIG(status) == signal.SIGXCPU else Outcome.KILLED
    code = os.WEXITSTATUS(status)
    if code == _NEVER_LOADED:
        raise TrialFailed(f"No test loads {module}.")
    return Outcome.SURVIVED if code == 0 else Outcome.KILLED


def _in_a_child(
    run: Callable[[], int], output: Path = Path(os.devnull), *, cpu_seconds_max: int = CPU_SECONDS_MAX
) -> int:
    """The wait status of a copy of this process that does this and ends; what it prints goes to a file."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            _bound(output, cpu_seconds_max)
            code = run()
        except BaseException:  # noqa: BLE001 - its parent sees that it failed, and reads why
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    return os.waitpid(child, 0)[1]


def _bound(output: Path, cpu_seconds_max: int) -> None:
    """Output to a file, and an end to loops and lists that have none."""
    file = os.open(output, os.O_WRONLY | os.O_CREAT)
    os.dup2(file, 1)
    os.dup2(file, 2)
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds_max, cpu_seconds_max + 5))
    if sys.platform == "linux":  # macOS has no such limit
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX, MEMORY_MAX))


def _pytest(root: Path, tests: Sequence[str], plugin: "_Watch | _Choice") -> int:
    os.environ["TEST_DATABASE_URL"] = "postgresql://none"  # so that no server is started: these tests need none
    options = [
        "--disable-plugin-autoload",
        "--exitfirst",
        "--quiet",
        "--no-header",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(root),
    ]
    return pytest.main([*options, *(str(root / test) for test in tests)], plugins=[plugin])


class _Repeatable:
    """Property tests look at the same examples each time, and don't look for the shortest of those that fail."""

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self) -> None:
        phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
        hypothesis.settings.register_profile(
            "mutation",
            deadline=None,
            derandomize=True,
            database=None,
            phases=phases,
            suppress_health_check=[hypothesis.HealthCheck.too_slow],
        )
        hypothesis.settings.load_profile("mutation")


class _Watch(_Repeatable):
    def __init__(self, paths: Mapping[str, str]) -> None:
        """`paths` are the modules, by the name that a code object has for its file."""
        self._paths = paths
        self._calls: dict[str, set[str]] = {"": set()}
        self._called = self._calls[""]
        sys.settrace(self._trace)

    def _trace(self, frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if code.co_filename in self._paths and event == "call":
            name = code.co_qualname.replace(".<locals>", "")
            self._called.add(f"{self._paths[code.co_filename]}:{name}")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self._called = self._calls.setdefault(item.nodeid, set())
        result = yield
        self._called = self._calls[""]
        return result

    def write(self, path: Path) -> None:
        path.write_text(json.dumps({test: sorted(called) for test, called in self._calls.items()}))


class _Choice(_Repeatable):
    def __init__(self, tests: Sequence[str]) -> None:
        self._rank = {test: rank for rank, test in enumerate(tests)}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        chosen = [item for item in items if item.nodeid in self._rank]
        items[:] = sorted(chosen, key=lambda item: self._rank[item.nodeid])


class _MutantFinder(MetaPathFinder, Loader):
    """Gives the mutant to importers of the module."""

    def __init__(self, module: str, code: CodeType) -> None:
        self._module, self._code = module, code
        self.is_used = False

    def find_spec(self, name: str, path: object, target: object = None) -> ModuleSpec | None:
        return spec_from_loader(name, self, origin=self._code.co_filename) if name == self._module else None

    def exec_module(self, module: ModuleType) -> None:
        self.is_used = True
        exec(self._code, module.__dict__)  # noqa: S102 - it is our own module, but for the mistake
