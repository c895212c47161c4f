"""How the API fails on demand: now, by chance, slowly, or silently."""

from collections import deque
from collections.abc import Iterator

import httpx2
import loopback
import pytest

from interfaces.sandbox.faults.requests import Fault, Faults
from interfaces.sandbox.sandbox import Sandbox
from interfaces.sandbox.server import SandboxServer

NEW_PRODUCT = {"name": "Mug"}


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(Sandbox(seed=1)) as server:
        yield server


@pytest.fixture
def http(server: SandboxServer) -> Iterator[httpx2.Client]:
    with loopback.client(base_url=server.url, auth=("sk_test_example", "")) as http:
        yield http


def products(http: httpx2.Client) -> list[str]:
    return [product["name"] for product in http.get("/v1/products").json()["data"]]


def test_too_many_requests_are_asked_to_come_later(server: SandboxServer, http: httpx2.Client) -> None:
    server.sandbox.fail_next_requests(1, status=429)

    refused = http.get("/v1/products")

    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    assert refused.json()["error"]["code"] == "rate_limit"
    assert refused.headers["request-id"].startswith("req_")


def test_an_answer_that_breaks_off_is_half_of_the_true_one(server: SandboxServer, http: httpx2.Client) -> None:
    server.sandbox.faults.add(Fault(status=None, is_cut=True), 1)

    got = bytearray()
    with http.stream("POST", "/v1/products", data=NEW_PRODUCT) as answer, pytest.raises(httpx2.RemoteProtocolError):
        deque(map(got.extend, answer.iter_raw()), maxlen=0)

    assert got.startswith(b'{"id":"prod_')
    assert len(got) == int(answer.headers["content-length"]) // 2
    assert products(http) == ["Mug"]


def test_a_slow_answer_comes_in_drops_and_is_whole(server: SandboxServer, http: httpx2.Client) -> None:
    server.sandbox.faults.add(Fault(status=None, dribble_seconds=0.2), 1)

    with http.stream("POST", "/v1/products", data=NEW_PRODUCT) as answer:
        got = answer.read()

    assert len(got) == int(answer.headers["content-length"])
    assert answer.elapsed.total_seconds() >= 0.2


@pytest.mark.parametrize(("is_done_first", "made"), [(True, ["Mug"]), (False, [])])
def test_what_fails_is_done_silently_only_if_asked(
    server: SandboxServer, http: httpx2.Client, is_done_first: bool, made: list[str]
) -> None:
    server.sandbox.faults.add(Fault(status=500, is_done_first=is_done_first), 1)

    refused = http.post("/v1/products", data=NEW_PRODUCT)

    assert refused.status_code == 500
    assert products(http) == made


def test_what_is_done_silently_is_found_under_its_key(server: SandboxServer, http: httpx2.Client) -> None:
    server.sandbox.faults.add(Fault(status=None, is_done_first=True, delay_seconds=3600), 1)
    key = {"Idempotency-Key": "mug-1"}
    with pytest.raises(httpx2.ReadTimeout):
        http.post("/v1/products", data=NEW_PRODUCT, headers=key, timeout=0.5)

    again = http.post("/v1/products", data=NEW_PRODUCT, headers=key)

    assert again.headers["idempotent-replayed"] == "true"
    assert products(http) == ["Mug"]


def struck(seed: int, *between: str) -> list[int]:
    """The numbers of the requests to one path that meet with the fault."""
    faults = Faults(seed)
    faults.add_chance(Fault(status=500, path="/v1/checkout"), 0.3)
    found = []
    for number in range(200):
        for path in between:
            faults.take(path)
        if faults.take("/v1/checkout/sessions/cs_1") is not None:
            found.append(number)
    return found


def test_chances_strike_as_often_as_they_should_and_the_same_with_the_same_seed() -> None:
    assert len(struck(1)) == pytest.approx(60, abs=25)
    assert struck(1) == struck(1)
    assert struck(1) != struck(2)


def test_other_requests_change_nothing_about_who_is_struck() -> None:
    assert struck(1) == struck(1, "/v1/products", "/v1/checkout/sessions/cs_2")


def test_a_chance_is_only_for_its_path() -> None:
    faults = Faults(1)
    faults.add_chance(Fault(status=500, path="/v1/checkout"), 1.0)

    assert faults.take("/v1/products") is None
    assert faults.take("/v1/checkout/sessions") is not None


def test_another_process_adds_chances_and_clears_them(server: SandboxServer, http: httpx2.Client) -> None:
    asked = {"chance": 1, "status": 503, "path": "/v1/products", "seed": 3}
    shown = http.post("/sandbox/faults", json=asked).json()

    assert [(fault["chance"], fault["status"], fault["path"]) for fault in shown["faults"]] == [
        (1.0, 503, "/v1/products")
    ]
    assert [http.get("/v1/products").status_code for _ in range(3)] == [503] * 3
    assert http.delete("/sandbox/faults").json()["faults"] == []
    assert http.get("/v1/products").status_code == 200


def test_the_controls_are_never_struck(http: httpx2.Client) -> None:
    http.post("/sandbox/faults", json={"chance": 1, "path": "/"}).raise_for_status()

    assert (http.get("/v1/products").status_code, http.get("/sandbox").status_code) == (500, 200)
    assert http.delete("/sandbox/faults").json()["faults"] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"chance": 2},
        {"chance": -1},
        {"chance": "often"},
        {"color": "red"},
        {"chance": 1, "delay_seconds": -1},
        {"chance": 1, "delay_seconds": 3601},
        {"chance": 1, "dribble_seconds": 999_999_999_999},
    ],
)
def test_a_chance_that_can_not_be_is_refused(
    server: SandboxServer, http: httpx2.Client, wrong: dict[str, object]
) -> None:
    assert http.post("/sandbox/faults", json=wrong).status_code == 400
    assert server.sandbox.faults.chances == []
