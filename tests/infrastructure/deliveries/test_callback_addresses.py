"""Which addresses the `http` kind may reach, however they are written and whatever the resolver answers."""

import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from ipaddress import IPv4Address, IPv6Address, ip_network
from pathlib import Path
from threading import Thread

import pytest
from fakes.certificates import Certificate
from fakes.detour import Detour, Names
from fakes.receiver import Receiver, answering
from hypothesis import given
from hypothesis import strategies as st

from application.ports import DeliveryReceipt, DeliveryRequest, Permanent, Temporary
from domain import reasons
from domain.reason import Peer
from infrastructure.deliveries.address_guard import is_public
from infrastructure.deliveries.http_callback import HttpDeliverer

RequestTo = Callable[..., DeliveryRequest]

HOSTILE = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.255 127.0.0.1 127.255.255.254 168.63.129.16
169.254.0.1 169.254.169.254 169.254.170.2 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.170 192.0.2.1 192.88.99.1
192.168.0.1 192.168.255.255 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.250 240.0.0.1
255.255.255.255
:: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:169.254.169.254 ::ffff:8.8.8.8 ::ffff:0:127.0.0.1 64:ff9b::10.0.0.1
64:ff9b::127.0.0.1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 100::1 2001::1 2001:0:7f00:1:: 2001:2::1 2001:10::1 2001:20::1
2001:db8::1 2002:7f00:1:: 2002:a9fe:a9fe:: 3fff::1 5f00::1 fc00::1 fd00:ec2::254 fdff::1 fe80::1 fe80::1%eth0 fec0::1
ff02::1 ff0e::1
""".split()
PUBLIC = """
1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.1 100.63.255.255 100.128.0.1 126.255.255.255 128.0.0.1 169.253.255.255
172.15.255.255 172.32.0.1 192.0.1.1 192.167.255.255 192.169.0.1 198.17.255.255 198.20.0.1 223.255.255.255
2600:1f18::1 2606:4700:4700::1111 2a00:1450::1 64:ff9b::8.8.8.8
""".split()


@pytest.mark.parametrize("address", HOSTILE)
def test_an_address_outside_the_public_internet_is_refused(address: str, request_to: RequestTo) -> None:
    detour = Detour()
    deliverer = HttpDeliverer("secret", resolver=Names([address]), network=detour)

    with pytest.raises(Permanent, match="no address of the public internet"):
        deliverer.deliver(request_to("http://shop.example/", allow_private=False))

    assert detour.connected == []


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_public_internet_is_called(address: str, request_to: RequestTo) -> None:
    detour = Detour()
    deliverer = HttpDeliverer("secret", resolver=Names([address]), network=detour)

    with Receiver(answering(200)) as receiver:
        deliverer.deliver(request_to(f"http://shop.example:{receiver.port}/", allow_private=False))

    assert detour.connected == [address]


@given(st.ip_addresses(v=4))
def test_whatever_python_knows_as_special_is_refused(ip: IPv4Address) -> None:
    special = ip.is_private or ip.is_loopback or ip.is_link_local or ip.is_multicast or ip.is_reserved
    assert not (special and is_public(str(ip)))


@given(st.ip_addresses(v=6))
def test_whatever_python_knows_as_special_is_refused_in_the_new_internet_too(ip: IPv6Address) -> None:
    special = ip.is_private or ip.is_loopback or ip.is_link_local or ip.is_multicast or ip.is_reserved
    assert not (special and is_public(str(ip))) or ip in ip_network("64:ff9b::/96")


@pytest.mark.parametrize("text", ["", "localhost", "1.2.3", "8.8.8.8 ", "١.١.١.١", "8.8.8.8/32", "2606:4700::1%"])
def test_what_is_no_address_is_not_public(text: str) -> None:
    assert not is_public(text)


@pytest.mark.parametrize(
    "host",
    ["localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "[::]", "0"],
)
def test_another_spelling_of_this_machine_is_seen_through(host: str, request_to: RequestTo) -> None:
    with (
        Receiver(answering(200)) as receiver,
        pytest.raises(Permanent, match="no address of the public internet"),
    ):
        HttpDeliverer("secret").deliver(request_to(f"http://{host}:{receiver.port}/", allow_private=False))

    assert receiver.calls == []


def test_one_bad_address_among_good_ones_spoils_the_name(request_to: RequestTo) -> None:
    detour = Detour()
    deliverer = HttpDeliverer("secret", resolver=Names(["8.8.8.8", "10.0.0.1"]), network=detour)

    with pytest.raises(Permanent, match=r"shop\.example leads to 10\.0\.0\.1"):
        deliverer.deliver(request_to("http://shop.example/", allow_private=False))

    assert detour.connected == []


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1"])
def test_an_address_in_the_place_of_a_name_is_said_once(address: str, request_to: RequestTo) -> None:
    with pytest.raises(Permanent) as refused:
        HttpDeliverer("secret").deliver(request_to(f"http://{address}/", allow_private=False))

    assert f"The callback's host {address} is no address of the public internet." in str(refused.value)


@pytest.mark.parametrize("consent", ["true", 1, "yes"])
def test_only_true_allows_private_addresses(consent: object, request_to: RequestTo) -> None:
    with Receiver(answering(200)) as receiver, pytest.raises(Permanent):
        HttpDeliverer("secret").deliver(request_to(receiver.url, allow_private=consent))


def test_a_name_that_would_lead_elsewhere_at_the_second_look_is_looked_up_once(request_to: RequestTo) -> None:
    names, detour = Names(["8.8.8.8"], ["127.0.0.1"]), Detour()
    deliverer = HttpDeliverer("secret", resolver=names, network=detour)

    with Receiver(answering(200)) as receiver:
        request = request_to(f"http://shop.example:{receiver.port}/", allow_private=False)
        deliverer.deliver(request)
        with pytest.raises(Permanent):
            deliverer.deliver(request)

    assert names.asked == ["shop.example"] * 2
    assert detour.connected == ["8.8.8.8"]
    assert receiver.calls[0].headers["host"] == f"shop.example:{receiver.port}"


def test_the_next_address_is_tried_where_the_first_is_dead(request_to: RequestTo) -> None:
    detour = Detour(unreachable=["2606:4700::1"])
    deliverer = HttpDeliverer("secret", resolver=Names(["2606:4700::1", "8.8.8.8"]), network=detour)

    with Receiver(answering(200)) as receiver:
        deliverer.deliver(request_to(f"http://shop.example:{receiver.port}/", allow_private=False))

    assert detour.connected == ["2606:4700::1", "8.8.8.8"]


def test_a_name_with_a_thousand_addresses_is_given_up_soon(request_to: RequestTo) -> None:
    addresses = [f"8.8.{n // 256}.{n % 256}" for n in range(1000)]
    detour = Detour(unreachable=addresses)
    deliverer = HttpDeliverer("secret", resolver=Names(addresses), network=detour)

    with pytest.raises(Temporary, match=r"shop\.example was not reached"):
        deliverer.deliver(request_to("http://shop.example/", allow_private=False))

    assert len(detour.connected) == 4


@pytest.mark.parametrize("error", [socket.gaierror(-2, "Name or service not known"), UnicodeError("label too long")])
def test_an_unknown_name_is_asked_for_again(error: Exception, request_to: RequestTo) -> None:
    def unknown(_host: str, _port: int) -> Sequence[str]:
        raise error

    with pytest.raises(Temporary) as failed:
        HttpDeliverer("secret", resolver=unknown).deliver(request_to("http://shop.example/"))

    assert failed.value.reason == reasons.host_not_found(Peer.CALLBACK, "shop.example")


def test_a_name_without_an_address_is_asked_for_again(request_to: RequestTo) -> None:
    with pytest.raises(Temporary):
        HttpDeliverer("secret", resolver=Names([])).deliver(request_to("http://shop.example/"))


def test_over_tls_the_certificate_must_be_of_the_name_whatever_the_address(
    request_to: RequestTo, tmp_path: Path
) -> None:
    certificate = Certificate(tmp_path, "shop.example")
    names, detour = Names(["8.8.8.8"]), Detour()
    deliverer = HttpDeliverer("secret", resolver=names, network=detour, tls=certificate.client_context)

    with Receiver(answering(200), tls=certificate.server_context()) as receiver:
        request = request_to(f"https://shop.example:{receiver.port}/", allow_private=False)
        assert deliverer.deliver(request) == DeliveryReceipt()
        with pytest.raises(Temporary, match="its certificate is not accepted"):
            deliverer.deliver(request_to(f"https://evil.example:{receiver.port}/", allow_private=False))

    assert len(receiver.calls) == 1


def test_the_trusted_certificates_are_read_once_for_all_calls(request_to: RequestTo, tmp_path: Path) -> None:
    certificate, read = Certificate(tmp_path, "shop.example"), list[ssl.SSLContext]()

    def trust() -> ssl.SSLContext:
        read.append(certificate.client_context())
        return read[-1]

    deliverer = HttpDeliverer("secret", resolver=Names(["8.8.8.8"]), network=Detour(), tls=trust)
    with Receiver(answering(200), tls=certificate.server_context()) as receiver:
        request = request_to(f"https://shop.example:{receiver.port}/", allow_private=False)
        deliverer.deliver(request)
        deliverer.deliver(request)

    assert (len(receiver.calls), len(read)) == (2, 1)


@contextmanager
def without_tls() -> Iterator[int]:
    """A server that answers its first connection in the clear; yields its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = Thread(target=answer)
        thread.start()
        yield listening.getsockname()[1]
        thread.join()


def test_a_receiver_that_speaks_no_tls_is_asked_again(request_to: RequestTo) -> None:
    deliverer = HttpDeliverer("secret", resolver=Names(["8.8.8.8"]), network=Detour())

    with without_tls() as port, pytest.raises(Temporary) as failed:
        deliverer.deliver(request_to(f"https://shop.example:{port}/", allow_private=False))

    assert failed.value.reason == reasons.tls_failed(Peer.CALLBACK, "shop.example", "")


def test_an_untrusted_certificate_is_not_accepted(request_to: RequestTo, tmp_path: Path) -> None:
    certificate = Certificate(tmp_path, "shop.example")
    deliverer = HttpDeliverer("secret", resolver=Names(["8.8.8.8"]), network=Detour())

    with (
        Receiver(answering(200), tls=certificate.server_context()) as receiver,
        pytest.raises(Temporary) as failed,
    ):
        deliverer.deliver(request_to(f"https://shop.example:{receiver.port}/", allow_private=False))

    assert failed.value.reason == reasons.tls_failed(Peer.CALLBACK, "shop.example", "self-signed certificate")
