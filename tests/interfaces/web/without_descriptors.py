"""A server whose process has no file descriptors left for a while; a process of its own, since they are its own."""

import os
import resource
import socket
import threading

from starlette.types import Receive, Scope, Send

from interfaces.web.server import web_server


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        for step in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{step}.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body"})


def answer_of(client: socket.socket, address: tuple[str, int]) -> str:
    client.settimeout(10)
    try:
        client.connect(address)
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        return client.recv(1000).decode().partition("\r\n")[0] or "refused"
    except ConnectionError:
        return "refused"


def served(address: tuple[str, int]) -> str:
    """A client that comes while the last one is being refused may be refused, too."""
    for _ in range(100):
        with socket.socket() as client:
            if (answer := answer_of(client, address)) != "refused":
                return answer
    return "refused for good"


def main() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128))
    listening = socket.create_server(("127.0.0.1", 0))
    address = listening.getsockname()
    server = web_server(app, "127.0.0.1", 0)
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    clients = [socket.socket() for _ in range(3)]
    assert answer_of(clients[2], address) == "HTTP/1.1 200 OK"  # it runs, and closes nothing of its own from here on
    held = []
    try:
        while True:
            held.append(os.dup(0))
    except OSError:
        print(answer_of(clients[0], address), answer_of(clients[1], address), sep="\n")  # noqa: T201 - what this program is asked for
    for descriptor in held:
        os.close(descriptor)
    print(served(address))  # noqa: T201
    server.should_exit = True
    thread.join()


main()
