"""A listener such as `stripe listen`, which reads only on demand."""

import json
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import loopback
from wsproto import WSConnection
from wsproto.connection import ConnectionType
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    Event,
    Ping,
    Pong,
    RejectConnection,
    RejectData,
    Request,
    TextMessage,
)

from interfaces.sandbox.server import SandboxServer

SNAPSHOTS, THIN = "webhooks", "v2_events"
_ANSWER_SECONDS = 30.0
_SUBPROTOCOL = "stripecli-devproxy-v1"


class Refused(Exception):
    """The server wants no socket: its status, and what it says."""


class Listener:
    def __init__(self, server: SandboxServer, shown: dict[str, Any]) -> None:
        """
        Raises:
            Refused: by the server.
        """
        self.id = str(shown["websocket_id"])
        self.secret = str(shown["secret"])
        host, _, path = str(shown["websocket_url"]).removeprefix("ws://").partition("/")
        name, port = host.split(":")
        self.socket = socket.create_connection((name, int(port)), timeout=_ANSWER_SECONDS)
        self._protocol = WSConnection(ConnectionType.CLIENT)
        headers = [(b"websocket-id", self.id.encode())]
        target = f"/{path}?websocket_feature={shown['websocket_authorized_feature']}"
        self._send(Request(host=host, target=target, subprotocols=[_SUBPROTOCOL], extra_headers=headers))
        self.subprotocol = self._accepted()

    def events(self) -> Iterator[Event]:
        """Until the connection ends. Raises TimeoutError when nothing comes for long."""
        while True:
            yield from self._protocol.events()
            received = self.socket.recv(65536)
            if not received:
                return
            self._protocol.receive_data(received)

    def messages(self) -> Iterator[dict[str, Any]]:
        text = ""
        for event in self.events():
            if isinstance(event, TextMessage):
                text += event.data
                if event.message_finished:
                    yield dict(json.loads(text))
                    text = ""

    def hear(self) -> dict[str, Any]:
        return next(self.messages())

    def say(self, data: str | bytes) -> None:
        self._send(TextMessage(data=data) if isinstance(data, str) else BytesMessage(data=data))

    def hears_nothing(self) -> bool:
        """Whether the server has nothing to say but to answer."""
        for _ in range(10):
            self._send(Ping())
            if not isinstance(next(self.events()), Pong):
                return False
        return True

    def _accepted(self) -> str | None:
        answer, events = None, self.events()
        while not isinstance(answer, AcceptConnection):
            answer = next(events)
            if isinstance(answer, RejectConnection):
                rejected = next(event for event in events if isinstance(event, RejectData))
                self.socket.close()
                raise Refused(answer.status_code, bytes(rejected.data).decode())
        return answer.subprotocol

    def _send(self, event: Event) -> None:
        self.socket.sendall(self._protocol.send(event))


def asked_for(server: SandboxServer, *features: str, key: str = "sk_test_example") -> dict[str, Any]:
    """What the CLI gets when it begins to listen."""
    answer = loopback.post(
        f"{server.url}/v1/stripecli/sessions",
        data={"device_name": "here", "websocket_features[]": list(features)},
        headers={"Authorization": f"Bearer {key}"},
    )
    return dict(answer.raise_for_status().json())


@contextmanager
def connected(server: SandboxServer, shown: dict[str, Any]) -> Iterator[Listener]:
    listener = Listener(server, shown)
    with closing(listener.socket):
        yield listener


@contextmanager
def listening(server: SandboxServer, feature: str = SNAPSHOTS) -> Iterator[Listener]:
    with connected(server, asked_for(server, feature)) as listener:
        yield listener


def payload(message: dict[str, Any]) -> dict[str, Any]:
    """The event that it carries."""
    return dict(json.loads(message.get("event_payload") or message["payload"]))
