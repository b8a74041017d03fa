"""Everything that Gradio publishes at the served app: what was not sent is not opened."""

from __future__ import annotations

import http.client
import json
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from benchmarks.attacks.attack import Attack, Broken, demand
from benchmarks.attacks.gradio_calls import API, Said, Session
from benchmarks.attacks.ground import CANARY, Ground, picture
from benchmarks.attacks.servers import Server, running, served, wait_for_page

PICTURE = picture((200, 60, 50), 31, (160, 120))
CONTENT = ("/openapi.json", f"{API}/openapi.json", "/docs", "/redoc", "/monitoring",
           "/monitoring/summary", f"{API}/runs", f"{API}/vibe-code", f"{API}/profiling/summary",
           f"{API}/dev/reload", f"{API}/token/../openapi.json",
           f"{API}/run-history/buckets")  # fmt: skip
NUMBERS: tuple[object, ...] = (99, -1, 10**9, 10**30, 1.5, "1", None, True, [], {}, "__class__")
BODIES: tuple[object, ...] = (
    b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", {}, {"data": None}, {"data": {}}, {"data": []},
    {"data": [1, 2, 3, 4, 5, 6]}, {"data": [{"path": None}]}, {"data": [{"path": {"a": 1}}]},
    {"data": [[[[[]]]]]}, {"data": ["x" * 1_000_000]},
    b'{"data":' + b"[" * 5000 + b"]" * 5000 + b"}",
)  # fmt: skip


def attacks(ground: Ground) -> Iterator[Attack]:
    special = ground.folder.parent / "special"
    special.mkdir(exist_ok=True)
    os.mkfifo(special / "pipe")
    (special / "link.jpg").symlink_to(ground.secret)
    with running(served(ground.bundle, ground.home)) as server:
        wait_for_page(server)
        yield Attack("one's own upload is answered", partial(_own, server))
        events, names = published(server)
        for name, payload in payloads(ground, special):
            for what, ask in asked_everywhere(server, events, names, payload):
                act = partial(_opens_nothing, server, ask)
                yield Attack(f"{what} with {name}", act, 90)
        yield from _state(server, ground, events)
        yield from _files(server, ground)
        yield from _odd_requests(server, events, names)
    for file in special.iterdir():
        file.unlink()


def _own(server: Server) -> None:
    """The way that has to stay open."""
    session = Session(server)
    (path,) = json.loads(session.upload(PICTURE).body)
    said = session.call("classify", [{"path": path, "meta": {"_type": "gradio.FileData"}}])
    demand(said.success and "red" in said.text, f"it is not: {said.text[-120:]}")


def published(server: Server) -> tuple[list[dict[str, Any]], list[str]]:
    """Every event of the page (as `/config` tells them), and every endpoint of the API."""
    events = json.loads(server.ask("/config").body)["dependencies"]
    info = json.loads(server.ask(f"{API}/info").body)
    names = [name.strip("/") for name in info["named_endpoints"]]
    names += [str(e["api_name"]) for e in events if e.get("api_name")]
    return events, list(dict.fromkeys(names))


def payloads(ground: Ground, special: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Files that nobody sent, as a browser would name them."""
    own = ground.bundle / "examples"
    meta = {"meta": {"_type": "gradio.FileData"}}
    paths = {
        "a picture of the server": ground.secret,
        "a text of the server": ground.canary / "notes.txt",
        "a way up": ground.folder.parent / "gradio/../ground/canary/secret.jpg",
        "the catalog": ground.target.catalog_file,
        "the bundle's weights": own.parent / "model.safetensors",
        "/etc/passwd": Path("/etc/passwd"),
        "/dev/zero": Path("/dev/zero"),
        "/dev/stdin": Path("/proc/self/fd/0"),
        "a pipe": special / "pipe",
        "a link": special / "link.jpg",
        "a folder": ground.canary,
        "the server's memory": Path("/proc/self/environ"),
    }
    for name, path in paths.items():
        yield name, {"path": str(path), **meta}
        yield f"{name}, unmarked", {"path": str(path)}
    yield "a path as a URL", {"path": f"file://{ground.secret}", **meta}
    yield "an address", {"path": "http://127.0.0.1:9/x.jpg", "url": "http://127.0.0.1:9/", **meta}
    yield "an address of itself", {"path": "x", "url": f"{API}/file={ground.secret}", **meta}
    yield "another name", {"path": str(ground.secret), "orig_name": "../../x", "size": -1, **meta}
    yield "a stream", {"path": str(ground.secret), "is_stream": True, **meta}


def asked_everywhere(
    server: Server, events: Sequence[dict[str, Any]], names: Sequence[str], payload: dict[str, Any]
) -> Iterator[tuple[str, Callable[[], list[Said]]]]:
    """Every event and endpoint with a file: alone, and in a list, as its inputs want."""
    for event in events:
        count = len(event.get("inputs", []))
        if not count:
            continue
        data = [payload, *[None] * (count - 1)]
        number = event["id"]
        yield f"event {number}", partial(_events, server, number, [data, [[payload]]])
    for name in names:
        yield f"call {name}", partial(_calls, server, name, [[payload], [[payload]]])


def _events(server: Server, number: int, tries: Sequence[Sequence[Any]]) -> list[Said]:
    return [Session(server).event(number, data) for data in tries]


def _calls(server: Server, name: str, tries: Sequence[Sequence[Any]]) -> list[Said]:
    said = [Session(server).call(name, data) for data in tries]
    return said + [Session(server).run(name, data) for data in tries]


def _opens_nothing(server: Server, ask: Callable[[], Sequence[Said]]) -> None:
    """Nothing is answered about the file, nothing of it is given back, health answers meanwhile."""
    late, stop = list[str](), threading.Event()
    watching = threading.Thread(target=_watch, args=(server, stop, late), daemon=True)
    watching.start()
    try:
        for said in ask():
            demand(not _answers(said), f"it is answered: {said.text[-120:]}")
            demand(CANARY.decode() not in said.text, "it gives the file away")
            demand(said.status != 500 or "error" in said.text, "answers 500")
    except (OSError, http.client.HTTPException) as error:
        raise Broken(f"no answer ({type(error).__name__})") from error
    finally:
        stop.set()
        watching.join()
        server.must_be_well()
    demand(not late, f"health meanwhile: {late[:1]}")


def _answers(said: Said) -> bool:
    """Whether something was classified, drawn, or given back."""
    given = '"red"' in said.text or "0.jpg" in said.text or "/file=" in said.text
    return said.success and given


def _watch(server: Server, stop: threading.Event, late: list[str]) -> None:
    while not stop.wait(0.3):
        try:
            server.ask("/health", patience_s=8)
        except (OSError, http.client.HTTPException) as error:
            late.append(type(error).__name__)
            return


def _state(server: Server, ground: Ground, events: Sequence[dict[str, Any]]) -> Iterator[Attack]:
    """Events one after the other in one session: what the first leaves, the second may use."""
    payload = {"path": str(ground.secret), "meta": {"_type": "gradio.FileData"}}
    taking = [e["id"] for e in events if e.get("inputs")]
    for first in taking:
        for second in taking:
            act = partial(_one_after_the_other, server, first, second, payload)
            yield Attack(f"event {first}, then {second}, of one visitor", act)
    yield Attack("the picture of another visitor", partial(_anothers, server, events))


def _one_after_the_other(server: Server, first: int, second: int, payload: dict[str, Any]) -> None:
    def ask() -> list[Said]:
        session = Session(server)
        said = [session.event(first, [payload])]
        said += [session.event(second, data) for data in ([None], [payload["path"]], [None, "red"])]
        return said

    _opens_nothing(server, ask)


def _anothers(server: Server, events: Sequence[dict[str, Any]]) -> None:
    """What one visitor sent lies in the upload folder; its name is long, and theirs alone."""
    (path,) = json.loads(Session(server).upload(PICTURE).body)
    name = Path(path).parent.name
    demand(len(name) >= 32, f"uploads lie under a name that can be guessed: {name}")
    heat = Session(server)
    for event in (e["id"] for e in events if e.get("inputs")):
        said = heat.event(event, [None])
        demand(name not in said.text, "another visitor's upload is in the answer")


def _files(server: Server, ground: Ground) -> Iterator[Attack]:
    up = f"{ground.folder.parent}/gradio/../ground/canary/secret.jpg"
    paths = (str(ground.secret), "/etc/passwd", up, "/dev/zero",
             str(ground.target.catalog_file), "/proc/self/environ", f"file://{ground.secret}",
             "http://127.0.0.1:9/x.jpg", "gradio_app.py", "../../etc/passwd",
             "\\\\host\\share")  # fmt: skip
    for way in ("file=", "file/", "proxy=", "stream/", "static/../", "custom_component/"):
        for path in paths:
            for spelled in (path, quote(path, safe="")):
                act = partial(_not_given, server, f"{API}/{way}{quote(spelled, safe='/%:')}")
                yield Attack(f"GET {way}{spelled[:60]}", act)
    for name in ("../../escaped.jpg", "/etc/x", "..\\x.jpg", "a" * 400, "\x00.jpg", "x.html", ""):
        yield Attack(f"upload as {name[:30]!a}", partial(_uploaded, server, name))


def _not_given(server: Server, path: str) -> None:
    try:
        answer = server.ask(path, patience_s=15)
    except (OSError, http.client.HTTPException) as error:
        server.must_be_well()
        raise Broken(f"no answer ({type(error).__name__})") from error
    demand(answer.status >= 400, f"answers {answer.status} with {len(answer.body):,} bytes")
    demand(answer.status != 500, "answers 500")
    demand(CANARY not in answer.body, "it gives the file away")


def _uploaded(server: Server, name: str) -> None:
    """Wherever it goes, it goes nowhere else: the ground is looked over afterwards."""
    answer = Session(server).upload(PICTURE, name)
    demand(answer.status < 500, f"answers {answer.status}")
    if answer.status == 200:
        (path,) = json.loads(answer.body)
        demand(".." not in Path(path).parts, f"it lies at {path}")
        kind = server.ask(f"{API}/file={quote(path)}").headers.get("content-disposition", "")
        demand(not name.endswith(".html") or kind.startswith("attachment"), "it is shown as a page")


def _odd_requests(
    server: Server, events: Sequence[dict[str, Any]], names: Sequence[str]
) -> Iterator[Attack]:
    for path in CONTENT:
        yield Attack(f"GET {path}", partial(_closed, server, path))
    for number in NUMBERS:
        yield Attack(f"function {number!r}", partial(_no_500, server, "/queue/join", number))
        yield Attack(f"run function {number!r}", partial(_no_500, server, "/run/predict", number))
    for path in [f"/call/{name}" for name in names] + ["/queue/join", "/reset", "/cancel",
        "/component_server", "/process_recording", "/call/nothing", "/call/v2/nothing",
        *(f"/call/v2/{name}" for name in names)]:  # fmt: skip
        for n, body in enumerate(BODIES):
            yield Attack(f"POST {path}, body {n}", partial(_body, server, path, body))


def _closed(server: Server, path: str) -> None:
    answer = server.ask(path, patience_s=10)
    page = b"<html" in answer.body[:3000].lower() and b"swagger" not in answer.body.lower()
    demand(answer.status >= 400 or page, f"answers {answer.status}, {len(answer.body):,} bytes")
    demand(answer.status < 500, f"answers {answer.status}")


def _no_500(server: Server, path: str, number: object) -> None:
    body = {"data": [], "fn_index": number, "session_hash": "abc"}
    answer = Session(server).post(f"{API}{path}", body)
    demand(answer.status < 500, f"answers {answer.status}: {answer.body[:80]!r}")


def _body(server: Server, path: str, body: object) -> None:
    answer = Session(server).post(f"{API}{path}", body)
    demand(answer.status < 500, f"answers {answer.status}: {answer.body[:80]!r}")
