"""How fast an exported classifier is served, beside the same network without a server.

    python -m benchmarks.serving --bundle DIR [--pictures DIR] [--seconds 2] [--against fastai]

Starts `gradio_app.py` as a person does, and asks it from this process with the standard library's
HTTP client (one kept connection a caller, a thread each) and with `gradio_client`. The pictures are
the bundle's examples, or photos as a camera leaves them with `--pictures`.

Two things are measured in turns with that, in this process (which has no server), on the same bytes
(benchmarks/serving_bare.py):

bare     what the server does for an answer without the server: the same working copy, crop and
         forward pass, a picture after the other; and for the throughput in as many threads as the
         server answers with, or in one if that is faster
plain    the least that anybody would write: decode, resize, forward; no working copy, no limits,
         no rotation, no "none of these". Its answers may differ from the studio's

With `--against fastai`, also `learn.predict` of a network of the same architecture, in a process of
its own (benchmarks/fastai_predict.py). Prints a table and, last, one JSON line:

    cold_start_s         from starting the process to the first answer over HTTP
    post_p50_ms, post_p95_ms     POST /classify, one caller
    bare_ms, plain_ms    medians
    client_p50_ms, client_p95_ms, client_rps_8   the same through gradio_client
    rps_1, rps_8         answers a second with 1 and 8 callers; post_8_p95_ms: how long one of
                         eight waits
    bare_rps             answers a second without a server
    memory_mb            resident memory of the server after all this; memory_routes_mb: of one
                         without its page (--no-page)
    fastai_ms            median of learn.predict; null without --against fastai
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.serving_bare import Bare
from tests.browser import ROOT, free_port

CALLERS, TURNS, WARM_UP, PATIENT_S = 8, 4, 8, 120.0
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
Call = Callable[[int], object]


@dataclass(frozen=True)
class Timed:
    """Times of single calls in ms, and how many were answered a second by all callers."""

    times_ms: list[float]
    rps: float

    @property
    def p50_ms(self) -> float:
        return round(float(np.median(self.times_ms)), 2)

    @property
    def p95_ms(self) -> float:
        return round(float(np.percentile(self.times_ms, 95)), 2)


def timed(make_call: Callable[[], Call], seconds: float, callers: int = 1) -> Timed:
    """Let so many callers call, each after its last answer, for that long."""
    calls = [make_call() for _ in range(callers)]
    for k, call in itertools.product(range(WARM_UP // callers + 1), calls):
        call(k)
    until = time.perf_counter() + seconds

    def repeat(call: Call) -> list[float]:
        times = []
        for k in itertools.count():
            started = time.perf_counter()
            if started > until:
                return times
            call(k)
            times.append(1000 * (time.perf_counter() - started))
        raise AssertionError("it counts for ever")

    started = time.perf_counter()
    with ThreadPoolExecutor(callers) as pool:
        times_ms = [ms for times in pool.map(repeat, calls) for ms in times]
    return Timed(times_ms, round(len(times_ms) / (time.perf_counter() - started), 1))


@dataclass(frozen=True)
class Server:
    """A served bundle that has answered once."""

    port: int
    process: subprocess.Popen[bytes]
    cold_start_s: float

    @property
    def memory_mb(self) -> int:
        """Resident memory; Linux only."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
        return round(int(line.split()[1]) * 1024 / 1e6)


@contextmanager
def served(bundle: Path, home: Path, picture: bytes, *options: str) -> Iterator[Server]:
    port, started = free_port(), time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "gradio_app.py", str(bundle), "--port", str(port), *options],
        cwd=ROOT,
        env={**os.environ, "TOPLOSS_HOME": str(home)},
        stdout=subprocess.DEVNULL,
    )
    try:
        _first_answer(port, picture, process)
        yield Server(port, process, round(time.perf_counter() - started, 2))
    finally:
        process.terminate()
        process.wait(20)


def _first_answer(port: int, picture: bytes, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENT_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            post(port, [picture])(0)
        except OSError:
            time.sleep(0.01)
        else:
            return
    raise RuntimeError("the server does not answer")


def post(port: int, pictures: Sequence[bytes]) -> Call:
    """POST /classify over one kept connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENT_S)

    def call(k: int) -> object:
        connection.request("POST", "/classify", pictures[k % len(pictures)])
        response = connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise RuntimeError(body.decode())
        return body

    return call


def client(port: int, files: Sequence[Path]) -> Call:
    from gradio_client import Client, handle_file

    asked = Client(f"http://127.0.0.1:{port}", verbose=False)
    return lambda k: asked.predict(handle_file(files[k % len(files)]), api_name="/classify")


def wait_for_page(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENT_S)
    connection.request("GET", "/")
    connection.getresponse().read()


def beside(module: str, *arguments: str) -> dict[str, Any]:
    """The JSON line of another benchmark in a process of its own."""
    command = [sys.executable, "-m", f"benchmarks.{module}", *arguments]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def measure(options: argparse.Namespace, home: Path) -> dict[str, Any]:
    files = sorted(f for f in options.pictures.rglob("*") if f.suffix.lower() in SUFFIXES)
    pictures = [file.read_bytes() for file in files]
    with served(options.bundle, home, pictures[0], "--no-page") as server:
        memory_routes_mb = server.memory_mb
    bare = Bare(options.bundle, pictures)
    with served(options.bundle, home, pictures[0]) as server:
        wait_for_page(server.port)
        posts, clients = partial(post, server.port, pictures), partial(client, server.port, files)
        ways: dict[str, tuple[Callable[[], Call], int]] = {
            "post": (posts, 1),
            "bare": (lambda: bare.answer, 1),
            "plain": (lambda: bare.plain, 1),
            "client": (clients, 1),
            "post_8": (posts, CALLERS),
            "bare_8": (lambda: bare.answer, bare.workers),
            "client_8": (clients, CALLERS),
        }
        found = in_turns(ways, options.seconds)
        memory_mb = server.memory_mb
    where = [str(options.bundle), str(options.pictures), str(TURNS * options.seconds)]
    return {
        "cold_start_s": server.cold_start_s,
        **told(found),
        "memory_mb": memory_mb,
        "memory_routes_mb": memory_routes_mb,
        "fastai_ms": beside("fastai_predict", *where)["fastai_ms"] if options.against else None,
    }


def in_turns(
    ways: Mapping[str, tuple[Callable[[], Call], int]], seconds: float
) -> dict[str, Timed]:
    """Each way by so many callers, again and again: what else the machine does hits all alike."""
    turns: dict[str, list[Timed]] = {name: [] for name in ways}
    for _ in range(TURNS):
        for name, (make_call, callers) in ways.items():
            turns[name].append(timed(make_call, seconds, callers))
    return {name: joined(several) for name, several in turns.items()}


def joined(turns: Sequence[Timed]) -> Timed:
    """All times, and the median of the throughputs."""
    times_ms = [ms for turn in turns for ms in turn.times_ms]
    return Timed(times_ms, round(float(np.median([turn.rps for turn in turns])), 1))


def told(found: Mapping[str, Timed]) -> dict[str, float]:
    post, eight, client = found["post"], found["post_8"], found["client"]
    return {
        "post_p50_ms": post.p50_ms,
        "post_p95_ms": post.p95_ms,
        "bare_ms": found["bare"].p50_ms,
        "plain_ms": found["plain"].p50_ms,
        "client_p50_ms": client.p50_ms,
        "client_p95_ms": client.p95_ms,
        "rps_1": post.rps,
        "rps_8": eight.rps,
        "bare_rps": max(found["bare"].rps, found["bare_8"].rps),
        "post_8_p95_ms": eight.p95_ms,
        "client_rps_8": found["client_8"].rps,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--pictures", type=Path, help="a folder; the bundle's examples without")
    parser.add_argument("--seconds", type=float, default=2.0, help="of each turn; there are four")
    parser.add_argument("--against", choices=["fastai"])
    options = parser.parse_args(arguments)
    options.bundle = options.bundle.resolve()
    options.pictures = (options.pictures or options.bundle / "examples").resolve()
    with TemporaryDirectory(prefix="toploss-bench-") as folder:
        figures = measure(options, Path(folder))
    for name, value in figures.items():
        print(f"{name:20}{value if value is not None else '-':>10}")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
