"""Many clients at once, for a while: nothing breaks, memory stays, health answers."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

import aiohttp

from benchmarks.attacks.attack import Attack, demand
from benchmarks.attacks.ground import Ground, picture
from benchmarks.attacks.hostile_pictures import png_claim, repeated_scans
from benchmarks.attacks.routes import own_addresses
from benchmarks.attacks.servers import Server, running, served, studio, wait_for_page

WARM_UP = 0.25  # of the time
GROWTH = 1.3
HEALTH_S, PATIENCE_S = 15.0, 30.0


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    body: bytes = b""


@dataclass
class Flood:
    """What came of it: statuses (0 is a connection that broke), waits for health, memory in MB."""

    statuses: Counter[int] = field(default_factory=Counter)
    waits_s: list[float] = field(default_factory=list)
    memory_mb: list[float] = field(default_factory=list)


def attacks(ground: Ground) -> Iterator[Attack]:
    good = [picture((90, 90, 90), n, (640, 480)) for n in range(4)]
    bad = [b"", b"no picture", png_claim(60_000), repeated_scans(100, 500), good[0][:900]]
    classify = [Request("POST", "/classify", data) for data in (*good, *bad)]
    patience = ground.options.seconds + 120
    with running(served(ground.bundle, ground.home)) as server:
        wait_for_page(server)
        page = [Request("GET", path) for path in ("/", "/health", "/config", "/gradio_api/info")]
        joins = [Request("POST", "/gradio_api/queue/join", b'{"fn_index": 0}'), *page]
        for name, requests in (
            ("served: pictures", classify),
            ("served: pictures, page and queue", [*classify, *joins]),
        ):
            yield Attack(name, partial(_flooded, ground, server, requests), patience)
    with running(studio(ground.home)) as server:
        paths = ["/", "/_stcore/health", "/nowhere", *own_addresses(ground.target)[:4]]
        requests = [Request("GET", path) for path in paths]
        yield Attack(
            "studio: pages and pictures", partial(_flooded, ground, server, requests), patience
        )
        yield Attack("studio: WebSockets", partial(_flooded, ground, server, SOCKETS), patience)


SOCKETS = [Request("SOCKET", "/_stcore/stream")]


def _flooded(ground: Ground, server: Server, requests: Sequence[Request]) -> str:
    flood = Flood()
    try:
        asyncio.run(_flood(ground, server, requests, flood))
    finally:
        server.must_be_well()
    wrong = {s: n for s, n in flood.statuses.items() if s >= 500 and s != 503}
    demand(not wrong, f"answers {wrong}")
    total, broken = sum(flood.statuses.values()), flood.statuses[0]
    demand(total > 0 and broken < 0.01 * total, f"{broken} of {total} connections broke")
    demand(max(flood.waits_s) < HEALTH_S, f"health waits {max(flood.waits_s):.0f} s")
    warm, end = _memory(flood.memory_mb)
    demand(end < GROWTH * warm, f"memory grows from {warm:,.0f} to {end:,.0f} MB")
    told = ", ".join(f"{n:,} x {status}" for status, n in sorted(flood.statuses.items()))
    return f"{told}; {warm:,.0f} -> {end:,.0f} MB; health within {max(flood.waits_s):.1f} s"


def _memory(memory_mb: Sequence[float]) -> tuple[float, float]:
    """The most right after the warm-up (a twelfth of the time), and the last."""
    warm = round(WARM_UP * len(memory_mb))
    return max(memory_mb[warm : warm + max(1, len(memory_mb) // 12)]), memory_mb[-1]


async def _flood(ground: Ground, server: Server, requests: Sequence[Request], flood: Flood) -> None:
    until = time.monotonic() + ground.options.seconds
    limits = aiohttp.ClientTimeout(total=PATIENCE_S)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(timeout=limits, connector=connector) as session:
        clients = [
            _client(session, server, _from(requests, n), until, flood)
            for n in range(ground.options.clients)
        ]
        await asyncio.gather(_watch(server, until, flood), *clients)


def _from(requests: Sequence[Request], first: int) -> Iterator[Request]:
    """All requests again and again, beginning with that one."""
    return itertools.islice(itertools.cycle(requests), first % len(requests), None)


async def _client(
    session: aiohttp.ClientSession,
    server: Server,
    requests: Iterator[Request],
    until: float,
    flood: Flood,
) -> None:
    """Ask, one after the other; whoever is told to come again waits a moment."""
    for request in requests:
        if time.monotonic() > until:
            return
        status = await _status(session, server, request)
        flood.statuses[status] += 1
        if status in (0, 503):
            await asyncio.sleep(0.5)


async def _status(session: aiohttp.ClientSession, server: Server, request: Request) -> int:
    address = f"http://127.0.0.1:{server.port}{request.path}"
    try:
        if request.method == "SOCKET":
            async with session.ws_connect(address) as socket:
                await socket.send_bytes(b"\x08\x01 no message at all")
            return 101
        async with session.request(request.method, address, data=request.body or None) as answer:
            await answer.read()
            return answer.status
    except aiohttp.WSServerHandshakeError as error:
        return error.status
    except (aiohttp.ClientError, TimeoutError, OSError):
        return 0


async def _watch(server: Server, until: float, flood: Flood) -> None:
    """Somebody who asks for health on a connection of their own, and looks at the memory."""
    while time.monotonic() < until:
        started = time.monotonic()
        async with aiohttp.ClientSession() as session:
            status = await _status(session, server, Request("GET", server.health))
        waited = time.monotonic() - started
        flood.waits_s.append(waited if status in (200, 503) else HEALTH_S)
        flood.memory_mb.append(server.memory_mb())
        await asyncio.sleep(0.5)
