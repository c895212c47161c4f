"""Whatever others do to the server, Stripe's deliveries are answered in time, and nothing else gets into the log."""

from collections.abc import Iterator

import pytest
from eventually import wait_for
from hostile.attacks import ATTACKS, Attack
from hostile.battle import STRIPE_WAITS_SECONDS, Victim, battle, victim

pytestmark = pytest.mark.long

DELIVERIES = 10
MEMORY_MIB_MAX = 512


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victim]:
    with victim(tmp_path_factory.mktemp("hostile")) as server:
        yield server


@pytest.mark.parametrize("attack", ATTACKS, ids=[attack.name for attack in ATTACKS])
def test_stripe_is_answered_in_time_whatever_others_do(server: Victim, attack: Attack) -> None:
    before = server.recorded()

    report = battle(server, attack, lambda delivered: len(delivered) >= DELIVERIES)

    assert [each.status for each in report.delivered] == [200] * DELIVERIES
    assert max(each.seconds for each in report.delivered) < STRIPE_WAITS_SECONDS
    assert report.memory_mib is None or report.memory_mib < MEMORY_MIB_MAX
    assert report.attack.opened > 0, "there was no attack"
    assert not {status for status in report.attack.answered if status.startswith("5")} - {"503"}
    assert server.recorded() == before + DELIVERIES
    assert wait_for(lambda: server.process.is_ready)
    assert "critical" not in {line["level"] for line in server.process.log_lines()}
