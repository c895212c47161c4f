"""How the progress of long work is shown."""

import pytest

from application.reading.rebuild import Progress
from interfaces.cli.output.progress import progress


@pytest.mark.parametrize(
    ("now", "shown"),
    [
        (Progress(done=0, total=0, events_per_second=0.0), "0 of 0 events (100 %)"),
        (Progress(done=1, total=2, events_per_second=0.0), "1 of 2 events (50 %)"),
        (Progress(done=2, total=2, events_per_second=1.0), "2 of 2 events (100 %), 1 event a second"),
        (Progress(done=1, total=2, events_per_second=0.1), "1 of 2 events (50 %), 0:00:10 left"),
        (
            Progress(done=500_000, total=1_000_000, events_per_second=100.0),
            "500,000 of 1,000,000 events (50 %), 100 events a second, 1:23:20 left",
        ),
    ],
)
def test_progress_is_reported_with_rate_and_what_is_left(
    capsys: pytest.CaptureFixture[str], now: Progress, shown: str
) -> None:
    with progress("rebuilding x") as report:
        report(now)

    assert capsys.readouterr().err == f"rebuilding x: {shown}\n"


def test_progress_names_the_unit_of_its_rate(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("copying", "KiB") as report:
        report(Progress(done=48, total=48, events_per_second=3763.0))

    assert capsys.readouterr().err == "copying: 48 of 48 KiB (100 %), 3,763 KiB a second\n"
