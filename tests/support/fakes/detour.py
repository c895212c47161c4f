"""A network in which every address is this machine, and a resolver that says what a test wants."""

from collections.abc import Iterable, Sequence

import httpcore2


class Detour(httpcore2.NetworkBackend):
    """Remembers which addresses were connected to, and connects to this machine instead."""

    def __init__(self, unreachable: Sequence[str] = ()) -> None:
        self.connected: list[str] = []
        self._unreachable = unreachable
        self._real = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        self.connected.append(host)
        if host in self._unreachable:
            raise httpcore2.ConnectError("no server is there")
        return self._real.connect_tcp("127.0.0.1", port, timeout, local_address, socket_options)


class Names:
    """A resolver that gives one answer after the other, and the last one forever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
