"""A web server of pictures for `benchmarks.download`: it is slow and it fails, as the web does.

The picture at `/N.jpg` follows from N alone: how long it takes, and what goes wrong with it. Of 100
addresses 1 is not there (404), 2 answer 500 and 1 breaks off in the middle when they are asked for
the first time.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
from multiprocessing import Process, get_context
from multiprocessing.connection import Connection

import numpy as np
from PIL import Image

HOSTS = tuple(f"127.0.0.{n}" for n in range(1, 9))
"""Eight hosts with one server: all of this network is this machine."""


def start_server(delay_ms: tuple[int, int]) -> tuple[Process, int]:
    """Start it in a process of its own; the process, and the port that it listens on."""
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there, delay_ms), daemon=True)
    process.start()
    return process, here.recv()


def addresses_of(count: int, port: int) -> list[str]:
    return [f"http://{HOSTS[n % len(HOSTS)]}:{port}/{n}.jpg" for n in range(count)]


def _serve(ready: Connection, delay_ms: tuple[int, int]) -> None:
    async def run() -> None:
        loop = asyncio.get_running_loop()
        asked: set[bytes] = set()
        server = await loop.create_server(lambda: _Answers(asked, delay_ms), "0.0.0.0", 0)
        ready.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


class _Answers(asyncio.Protocol):
    """One connection: request after request, no more than one at a time."""

    def __init__(self, asked: set[bytes], delay_ms: tuple[int, int]) -> None:
        self._asked, self._delay_ms, self._received = asked, delay_ms, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        if b"\r\n\r\n" not in self._received:
            return
        request, _, self._received = self._received.partition(b"\r\n\r\n")
        path = request.split(b" ", 2)[1]
        chance = hashlib.sha256(path).digest()
        low, high = self._delay_ms
        delay_s = (low + (high - low) * chance[0] / 255) / 1000
        asyncio.get_running_loop().call_later(delay_s, self._answer, path, chance)

    def _answer(self, path: bytes, chance: bytes) -> None:
        first_time, fate = path not in self._asked, chance[1] % 100
        self._asked.add(path)
        if fate == 0:
            self._send(b"404 Not Found", b"")
        elif fate in (1, 2) and first_time:
            self._send(b"500 Internal Server Error", b"")
        elif fate == 3 and first_time:
            self._send(b"200 OK", _picture(chance), cut=len(PICTURE) // 2)
        else:
            self._send(b"200 OK", _picture(chance))

    def _send(self, status: bytes, body: bytes, cut: int = 0) -> None:
        head = b"HTTP/1.1 %b\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n"
        self._transport.write(head % (status, len(body)) + body[: cut or None])
        if cut:
            self._transport.close()


def _picture(chance: bytes) -> bytes:
    """A JPEG, and behind its end what differs from picture to picture."""
    return PICTURE + chance


def _jpeg() -> bytes:
    noise_hwc_u8 = np.random.default_rng(0).integers(0, 256, (96, 128, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise_hwc_u8).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


PICTURE = _jpeg()
