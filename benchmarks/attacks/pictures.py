"""Pictures that take long or much memory, to the served app and to the import of the studio."""

from __future__ import annotations

import http.client
import json
import threading
import time
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from benchmarks.attacks.attack import Attack, Broken, demand
from benchmarks.attacks.gradio_calls import Session
from benchmarks.attacks.ground import Ground, do, in_words, left_over, picture
from benchmarks.attacks.hostile_pictures import hostile_pictures, repeated_scans, tiff
from benchmarks.attacks.servers import (
    Answer,
    Server,
    memory_mb,
    processes_of,
    running,
    served,
    wait_for_page,
)

MOST_S, MOST_MB = 15.0, 1500.0
"""A picture may take so long, and add so much to the memory of who reads it."""
AT_ONCE = 4


def attacks(ground: Ground) -> Iterator[Attack]:
    hostile = dict(hostile_pictures())
    with running(served(ground.bundle, ground.home)) as server:
        wait_for_page(server)
        server.ask("/classify", "POST", picture((90, 90, 90), 1))
        for name, data in hostile.items():
            yield Attack(f"served: {name}", partial(_sent, server, [data]), 120)
            yield Attack(f"page: {name}", partial(_on_the_page, server, data), 120)
        scans = repeated_scans(800, 2828)
        for name, data in (("float TIFFs", tiff("F")), ("JPEGs of many scans", scans)):
            act = partial(_sent, server, [data] * AT_ONCE)
            yield Attack(f"served: {AT_ONCE} {name} at once", act, 180)
        yield Attack("served: bodies that never end", partial(_slow_bodies, server), 120)
        for headers in ODD_HEADERS:
            yield Attack(f"served: {headers}"[:70], partial(_odd, server, headers))
    for name, data in hostile.items():
        yield Attack(f"import: {name}", partial(_imported, ground, {"a.jpg": data}), 180)
    many = {f"{n}.tif": tiff("F") + bytes(n) for n in range(AT_ONCE)}
    yield Attack(f"import: {AT_ONCE} float TIFFs", partial(_imported, ground, many), 180)


ODD_HEADERS: tuple[Mapping[str, str], ...] = (
    {"Content-Type": "multipart/form-data"},
    {"Content-Type": "multipart/form-data; boundary=" + "b" * 5000},
    {"Content-Type": "multipart/form-data; boundary=x; charset=none"},
    {"Content-Encoding": "gzip"},
    {"Transfer-Encoding": "gzip, chunked"},
    {"X-Long": "x" * 60_000},
    {"Expect": "200-nothing"},
    {"Range": "bytes=0-"},
)


def _sent(server: Server, pictures: Sequence[bytes]) -> str:
    """Send them together; seconds, and the peak of memory."""
    server.forget_peak()
    before, started = server.memory_mb(), time.monotonic()
    statuses, waited = _asked(server, [partial(_classify, server, data) for data in pictures])
    seconds, peak = time.monotonic() - started, server.memory_mb("VmHWM") - before
    _fits(seconds / max(1, len(pictures) / 2), peak, waited, statuses)  # two at a time
    return f"{seconds:.1f} s, {peak:+,.0f} MB" if seconds > 1 or peak > 100 else ""


def _classify(server: Server, data: bytes) -> int:
    return server.ask("/classify", "POST", data, patience_s=100).status


def _on_the_page(server: Server, data: bytes) -> None:
    session = Session(server, patience_s=100)
    server.forget_peak()
    before, started = server.memory_mb(), time.monotonic()
    statuses, waited = _asked(server, [partial(_upload_and_ask, session, data)])
    _fits(time.monotonic() - started, server.memory_mb("VmHWM") - before, waited, statuses)


def _upload_and_ask(session: Session, data: bytes) -> int:
    sent = session.upload(data)
    if sent.status != 200:
        return sent.status
    (path,) = json.loads(sent.body)
    said = session.call("classify", [{"path": path, "meta": {"_type": "gradio.FileData"}}])
    return said.status


def _asked(server: Server, asks: Sequence[partial[int]]) -> tuple[list[int], float]:
    """What they answered, and the longest wait for health meanwhile."""
    waits, stop = [0.0], threading.Event()

    def watch() -> None:
        while not stop.wait(0.2):
            started = time.monotonic()
            try:
                server.ask("/health", patience_s=20)
            except (OSError, http.client.HTTPException):
                waits.append(20.0)
            else:
                waits.append(time.monotonic() - started)

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        with ThreadPoolExecutor(len(asks)) as pool:
            return [done.result() for done in [pool.submit(ask) for ask in asks]], max(waits)
    except (OSError, http.client.HTTPException) as error:
        raise Broken(f"no answer ({type(error).__name__})") from error
    finally:
        stop.set()
        watching.join()
        server.must_be_well()


def _fits(seconds: float, peak_mb: float, waited_s: float, statuses: Sequence[int]) -> None:
    wrong = [status for status in statuses if status >= 500 and status != 503]
    demand(not wrong, f"answers {wrong}")
    demand(seconds < MOST_S, f"it takes {seconds:.0f} s")
    demand(peak_mb < MOST_MB, f"it takes {peak_mb:,.0f} MB")
    demand(waited_s < 5, f"health waits {waited_s:.0f} s meanwhile")


def _slow_bodies(server: Server) -> None:
    """Forty senders who announce a body and send none of it; others are answered."""
    asking = []
    for _ in range(40):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=90)
        connection.putrequest("POST", "/classify")
        connection.putheader("Content-Length", "100000")
        connection.endheaders(b"x")
        asking.append(connection)
    try:
        answer = server.ask("/classify", "POST", picture((90, 90, 90), 1), patience_s=10)
        demand(answer.status == 200, f"others are answered {answer.status}")
    finally:
        for connection in asking:
            connection.close()


def _odd(server: Server, headers: Mapping[str, str]) -> None:
    try:
        answer: Answer | None = server.ask("/classify", "POST", picture((9, 9, 9), 1), headers)
    except (OSError, http.client.HTTPException):
        answer = None  # a connection that is closed is an answer to what is no HTTP
    server.must_be_well()
    demand(answer is None or answer.status < 500, "answers 500")


def _imported(ground: Ground, files: Mapping[str, bytes]) -> str:
    """By the real import; seconds, and the peak of its worker."""
    peak, stop = [0.0], threading.Event()
    with ground.borrowed() as workspace:
        workspace.uploads.mkdir(exist_ok=True)
        with zipfile.ZipFile(workspace.uploads / "sent", "w") as archive:
            for name, data in {**files, "good.jpg": picture((9, 99, 9), 77)}.items():
                archive.writestr(f"red/{name}", data)

        def watch() -> None:
            while not stop.wait(0.02):
                for number in processes_of(f"core.worker\0{workspace.folder}\0"):
                    peak[0] = max(peak[0], memory_mb(number, "VmHWM"))

        watching = threading.Thread(target=watch, daemon=True)
        watching.start()
        started = time.monotonic()
        try:
            args = {"way": "archive", "upload": "sent", "name": "sent.zip"}
            job = do(workspace, "import", args, 150)
        finally:
            stop.set()
            watching.join()
        seconds = time.monotonic() - started
        in_words(job)
        demand(job.state == "done", f"the good picture is not taken in: {job.message}")
        demand(not left_over(workspace), f"left behind: {left_over(workspace)[:2]}")
    demand(seconds < 2 * MOST_S, f"it takes {seconds:.0f} s")
    demand(peak[0] < MOST_MB, f"it takes {peak[0]:,.0f} MB")
    return f"{seconds:.1f} s, {peak[0]:,.0f} MB" if seconds > 5 or peak[0] > 500 else ""
