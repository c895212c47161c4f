"""The code in docs/own-deliveries.md does what the page says: it is built, installed, started and called here."""

import json
import re
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from dataclasses import fields, replace
from http.client import HTTPConnection
from http.server import ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
from builders import CUSTOMER, a_line_item
from fakes.receiver import Receiver, answering
from kinds import HTTP
from typed_ids import as_session

from application.ports import Deliverer, DeliveryReceipt, DeliveryRequest, Permanent, Temporary
from domain.checkout import Contact, CustomField
from domain.deliveries.kind import BUILT_IN
from domain.effect import MAIL, RETRIEVE
from domain.personal import Personal
from domain.plan import PlannedLine, Setting
from infrastructure import entry_points
from infrastructure.catalog_file import load_catalog
from infrastructure.deliveries.callback_message import message_body, signing_secret
from infrastructure.deliveries.http_callback import HttpDeliverer
from infrastructure.deliveries.own import own_deliveries
from infrastructure.entry_points import NotLoaded

TEXT = (Path(__file__).parents[2] / "docs" / "own-deliveries.md").read_text()
FILES = dict(re.findall(r"^```\w+\n# (\S+\.\w+)\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE))
SECRET_KEY = "a secret key of the merchant's, 32 characters at least"


def a_request(line: PlannedLine) -> DeliveryRequest:
    return DeliveryRequest(
        idempotency_key="eff_cs_test_a1_deliver_li_1",
        attempt=1,
        session_id=as_session("cs_test_a1"),
        livemode=False,
        line=line,
        customer=CUSTOMER,
        shipping=CUSTOMER,
        client_reference_id=None,
        metadata={},
        payment_intent="pi_1",
        custom_fields=(CustomField(key="seat", label="Name on the seat", value=Personal("Ada")),),
    )


def a_seat(receiver: str = "127.0.0.1") -> PlannedLine:
    settings: dict[str, Setting] = {"url": f"http://{receiver}/deliver", "allow_private": True}
    return PlannedLine(item=a_line_item(), delivery=HTTP, settings=settings)


@pytest.fixture
def imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory that modules are imported from, and forgotten afterwards."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield tmp_path
    entry_points.installed.cache_clear()
    for name in {"receiver", "shop_deliveries"} - before:
        sys.modules.pop(name, None)


@pytest.fixture
def installed(imported: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example's package, built by its own build system and unpacked as an installer does."""
    project = tmp_path_factory.mktemp("shop-deliveries")
    for name in ("pyproject.toml", "shop_deliveries.py"):
        (project / name).write_text(FILES[name])
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel"], cwd=project, check=True)
    (wheel,) = project.glob("dist/*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(imported)
    entry_points.installed.cache_clear()
    return imported


@pytest.fixture
def enrollment(installed: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Deliverer, Receiver]]:
    """The example's kind, and the course platform that it talks to."""
    with Receiver(answering(200, b'{"id": 7}')) as platform:
        monkeypatch.setenv("COURSES_URL", f"http://127.0.0.1:{platform.port}")
        monkeypatch.setenv("COURSES_TOKEN", "token")
        yield own_deliveries()["enrollment"], platform


@pytest.fixture
def course(tmp_path: Path) -> PlannedLine:
    """A course as the example's rule plans it."""
    (tmp_path / "catalog.toml").write_text(FILES["catalog.toml"])
    catalog = load_catalog(tmp_path / "catalog.toml", frozenset({"enrollment"}))
    return catalog.plan_line(a_line_item(product="prod_PythonCourse", quantity=2))


def test_the_example_delivers(enrollment: tuple[Deliverer, Receiver], course: PlannedLine) -> None:
    deliverer, platform = enrollment

    receipt = deliverer.deliver(a_request(course))

    (call,) = platform.calls
    assert receipt == DeliveryReceipt(note="enrollment 7")
    assert call.request_line == "PUT /enrollments/eff_cs_test_a1_deliver_li_1 HTTP/1.1"
    assert call.headers["authorization"] == "Bearer token"
    assert json.loads(call.body) == {"course": "python-2026", "email": "ada@example.com", "seats": 2}


@pytest.mark.parametrize(
    ("status", "error"), [(429, Temporary), (503, Temporary), (302, Permanent), (404, Permanent), (422, Permanent)]
)
def test_the_example_distinguishes_failure_from_refusal(
    status: int, error: type[Exception], enrollment: tuple[Deliverer, Receiver], course: PlannedLine
) -> None:
    deliverer, platform = enrollment
    platform.answer = answering(status)

    with pytest.raises(error, match=str(status)):
        deliverer.deliver(a_request(course))


def test_the_example_tries_again_when_the_platform_is_away(
    enrollment: tuple[Deliverer, Receiver], course: PlannedLine
) -> None:
    deliverer, platform = enrollment
    platform.answer = lambda _connection, _over: None

    with pytest.raises(Temporary, match="not reached"):
        deliverer.deliver(a_request(course))


def test_the_example_leaves_what_is_missing_to_a_person(
    enrollment: tuple[Deliverer, Receiver], course: PlannedLine
) -> None:
    deliverer, platform = enrollment

    for request in (replace(a_request(course), customer=Contact()), a_request(replace(course, settings={}))):
        with pytest.raises(Permanent):
            deliverer.deliver(request)

    assert platform.calls == []


def test_a_setting_that_the_example_misses_stops_the_start(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COURSES_URL", raising=False)

    with pytest.raises(NotLoaded, match=r"shop-deliveries 1\.0 can't be loaded .*'COURSES_URL'"):
        own_deliveries()


@pytest.fixture
def receiver(imported: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The example's receiver at work, as its host and port."""
    monkeypatch.setenv("CALLBACK_SECRET", signing_secret(SECRET_KEY))
    monkeypatch.setenv("SEATS_DATABASE", str(imported / "seats.db"))
    (imported / "receiver.py").write_text(FILES["receiver.py"])
    module: ModuleType = import_module("receiver")
    with ThreadingHTTPServer(("127.0.0.1", 0), module.Receiver) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join(5)


def test_the_receiver_hands_over_once_per_key(receiver: str) -> None:
    request = a_request(a_seat(receiver))
    deliverer = HttpDeliverer(SECRET_KEY)

    receipts = [deliverer.deliver(replace(request, attempt=attempt)) for attempt in (1, 2)]
    another = deliverer.deliver(replace(request, idempotency_key="eff_another"))

    assert receipts == [DeliveryReceipt(note="seats 1")] * 2
    assert another == DeliveryReceipt(note="seats 2")


def test_the_receiver_refuses_who_does_not_know_the_secret(receiver: str) -> None:
    request = a_request(a_seat(receiver))

    with pytest.raises(Temporary, match="401"):
        HttpDeliverer("another secret key").deliver(request)


@pytest.mark.parametrize("signature", ["", "junk", "v1", "v1,", "v1,a", "v1,%%%", "v1,\xff", "v1,a,b"])
def test_the_receiver_answers_a_malformed_signature_with_401(signature: str, receiver: str) -> None:
    connection = HTTPConnection(receiver, timeout=5)
    headers = {"webhook-id": "1", "webhook-timestamp": str(int(time.time())), "webhook-signature": signature}

    connection.request("POST", "/", b"{}", headers)
    status = connection.getresponse().status
    connection.close()

    assert status == 401


def test_the_secret_that_the_page_prints_is_the_one_that_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FULFILL_SECRET_KEY", SECRET_KEY)

    done = subprocess.run([sys.executable, "-c", FILES["secret.py"]], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == signing_secret(SECRET_KEY)


def test_the_message_on_the_page_has_the_fields_of_the_message() -> None:
    (shown,) = re.findall(r"^```json\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
    sent = message_body(a_request(a_seat()), 1_795_510_000)

    assert names(json.loads(shown)) == names(json.loads(sent))


def names(value: object) -> object:
    return {key: names(each) for key, each in value.items()} if isinstance(value, dict) else None


def test_the_page_names_everything_that_a_kind_is_given_and_may_not_be_called() -> None:
    given = {field.name for each in (DeliveryRequest, DeliveryReceipt) for field in fields(each)}

    assert {name for name in given | BUILT_IN | {MAIL, RETRIEVE} if f"`{name}`" not in TEXT} == set()
