"""Carries out one attack, from a process of its own: `python -m hostile.attacker NAME PORT SECONDS_MAX`.

It goes to 127.0.0.1 alone. It says `ready` when it is under way, stops when its input ends or the time is over, and
prints what came of it as JSON.
"""

import asyncio
import itertools
import socket
import struct
import sys
import time
from collections import Counter
from contextlib import suppress

import msgspec
import uvloop
from hostile.attacks import ATTACKS, Attack

from interfaces.web.connections import raise_descriptor_limit

_RESET = struct.pack("ii", 1, 0)
"""Closing takes no leave, so that no port is kept for a minute."""
_READ_BYTES = 64 * 1024
_TRY_AGAIN_SECONDS = 0.01
_UNDER_WAY_SECONDS_MAX = 3.0


class Outcome(msgspec.Struct):
    opened: int
    """Connections that came to be."""
    failed: int
    """Those that did not."""
    answered: dict[str, int]
    """How often with which status."""


class Attacker:
    def __init__(self, attack: Attack, port: int) -> None:
        self._attack = attack
        self._port = port
        self._numbers = itertools.count()
        self._answered: Counter[str] = Counter()
        self._opened = 0
        self._failed = 0
        self.is_under_way = asyncio.Event()
        """Set when as many connections were tried as it wants to have at once."""

    @property
    def outcome(self) -> Outcome:
        return Outcome(self._opened, self._failed, dict(self._answered))

    async def run(self) -> None:
        """Forever."""
        await asyncio.gather(*(self._connect_again_and_again() for _ in range(self._attack.connections)))

    async def _connect_again_and_again(self) -> None:
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port, limit=_READ_BYTES)
            except OSError:
                self._count(failed=1)
                await asyncio.sleep(_TRY_AGAIN_SECONDS)
                continue
            self._count(opened=1)
            try:
                with suppress(OSError):  # the other side has enough of it
                    await self._stay(reader, writer)
            finally:
                writer.transport.abort()

    def _count(self, *, opened: int = 0, failed: int = 0) -> None:
        self._opened, self._failed = self._opened + opened, self._failed + failed
        if self._opened + self._failed >= self._attack.connections:
            self.is_under_way.set()

    async def _stay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        leaves_at = time.monotonic() + self._attack.stays_seconds
        _say(writer, self._attack.begins(next(self._numbers)))
        if self._attack.is_half_closed:
            writer.write_eof()
        listening = asyncio.ensure_future(self._listen(reader, writer))
        try:
            await self._speak(writer, leaves_at, listening)
            await asyncio.wait([listening], timeout=max(0.0, leaves_at - time.monotonic()))
        finally:
            listening.cancel()

    async def _speak(self, writer: asyncio.StreamWriter, leaves_at: float, listening: "asyncio.Future[None]") -> None:
        """With pauses, whatever is answered; without, once, and the listener goes on."""
        pause = self._attack.pause_seconds
        _say(writer, self._attack.goes_on)
        while pause and time.monotonic() < leaves_at and not listening.done():
            await asyncio.sleep(pause)
            _say(writer, self._attack.goes_on)
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await writer.drain()

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Until the other side closes; each answer that was waited for leads to the next request."""
        if not self._attack.is_answered:
            await asyncio.Event().wait()
        with suppress(OSError):
            while received := await reader.read(_READ_BYTES):
                for status in received.split(b"HTTP/1.1 ")[1:]:
                    self._answered[status[:3].decode("ascii", "replace")] += 1
                if not self._attack.pause_seconds:
                    _say(writer, self._attack.goes_on)


def _say(writer: asyncio.StreamWriter, what: bytes) -> None:
    if what and not writer.is_closing():
        writer.write(what)


async def _within(seconds: float, event: asyncio.Event) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


async def _attack(attacker: Attacker, seconds_max: float) -> None:
    input_ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), input_ended.set)
    attacking = asyncio.ensure_future(attacker.run())
    await _within(_UNDER_WAY_SECONDS_MAX, attacker.is_under_way)
    print("ready", flush=True)
    await _within(seconds_max, input_ended)
    attacking.cancel()
    with suppress(asyncio.CancelledError):
        await attacking


def main(name: str, port: int, seconds_max: float) -> None:
    raise_descriptor_limit()
    attacker = Attacker(next(each for each in ATTACKS if each.name == name), port)
    uvloop.run(_attack(attacker, seconds_max))
    sys.stdout.buffer.write(msgspec.json.encode(attacker.outcome) + b"\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
