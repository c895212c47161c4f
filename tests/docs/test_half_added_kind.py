"""Adding a kind of delivery by half fails type checking at each place that must know it."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
KIND = Path("domain/deliveries/kind.py")
LAST = '    MANUAL = "manual"\n'
PLACES = {
    KIND,
    Path("domain/deliveries/by_kind.py"),
    Path("application/reading/wording.py"),
    Path("infrastructure/catalog_file.py"),
    Path("infrastructure/customer_texts/mail_texts.py"),
}


def test_a_kind_that_is_added_to_the_list_alone_fails_type_checking_where_it_is_missing(tmp_path: Path) -> None:
    source = (ROOT / KIND).read_text()
    assert source.count(LAST) == 1
    with_another = tmp_path / "kind.py"
    with_another.write_text(source.replace(LAST, f'{LAST}    DRONE = "drone"\n'))

    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--shadow-file", KIND, with_another, "--cache-dir", tmp_path / "cache", *PLACES],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )

    errors = [line for line in checked.stdout.splitlines() if ": error: " in line]
    assert {Path(line.split(":")[0]) for line in errors} == PLACES, checked.stdout + checked.stderr
    assert all("DeliveryKind.DRONE" in line for line in errors)
