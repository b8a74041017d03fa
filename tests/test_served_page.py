"""The served page as a hostile visitor asks it: every endpoint and event, with names of all kinds.

In this process, so that every file that is opened is seen; the classifier is one that would know
the canary, a picture that nobody sends, with certainty.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import cycle, islice, product
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
import uvicorn

from core.serving.flagged import FlaggedPictures
from core.serving.http import application
from core.serving.service import DEFAULT_LIMITS, Service
from core.serving.uploads import Uploads
from core.settings import Settings
from tests.browser import free_port
from tests.builders import picture, tinted
from tests.core.serving.test_http import Colours

PATIENT_S = 30.0  # whatever takes as long stands still
FILE = {"_type": "gradio.FileData"}
CANARY = "canary"
opened: list[str] = []
"""Paths with the canary's name that were opened in this process."""


def watch(event: str, arguments: tuple) -> None:
    if event == "open" and CANARY in str(arguments[0]):
        opened.append(str(arguments[0]))


sys.addaudithook(watch)


class Painter(Colours):
    """Knows the red of the canary; draws heat maps, too."""

    sounds, has_heat = False, True
    unpacked = None

    def heat_map(self, data, settings, label, allowance) -> bytes:
        return picture()


@dataclass
class Site:
    """A served page, and what of it is only to be had in this process."""

    url: str
    uploads: Uploads
    demo: object
    routes: list[tuple[str, str]]
    outside: Path
    client: httpx.Client = field(repr=False)

    def upload(self, data: bytes, name: str = "red.png") -> str:
        answer = httpx.post(f"{self.url}/gradio_api/upload", files={"files": (name, data)})
        (path,) = answer.json()
        return path

    def join(self, number: int, data: list, session: str) -> tuple[int, dict]:
        """Status and answer of an event as the page sends it."""
        event = {"data": data, "fn_index": number, "session_hash": session}
        joined = self.client.post("/gradio_api/queue/join", content=json.dumps(event))
        if joined.status_code != 200:
            return joined.status_code, joined.json()
        query = {"session_hash": session}
        with self.client.stream("GET", "/gradio_api/queue/data", params=query) as stream:
            for line in stream.iter_lines():
                message = json.loads(line.removeprefix("data: ")) if line else {}
                if message.get("msg") == "process_completed":
                    status = 200 if message["success"] else 422
                    return status, message["output"]
        raise AssertionError("the stream ended without an answer")

    def run(self, number: int, data: list, session: str) -> tuple[int, dict]:
        """The same, without the queue."""
        event = {"data": data, "fn_index": number, "session_hash": session}
        answer = self.client.post("/gradio_api/run/predict", content=json.dumps(event))
        return answer.status_code, answer.json()

    def call(self, name: str, data: list) -> tuple[int, str]:
        """Status and answer of a named endpoint, as programs ask."""
        joined = self.client.post(f"/gradio_api/call/{name}", content=json.dumps({"data": data}))
        if joined.status_code != 200:
            return joined.status_code, joined.text
        answer = self.client.get(f"/gradio_api/call/{name}/{joined.json()['event_id']}")
        return 200 if "event: complete" in answer.text else 422, answer.text


@contextmanager
def serving(app, url: str) -> Iterator[None]:
    port = int(url.rpartition(":")[2])
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        for _ in range(600):
            with_page = server.started and httpx.get(f"{url}/health").json()["page"] != "loading"
            if with_page:
                break
            time.sleep(0.05)
        yield
    finally:
        server.should_exit = True
        thread.join(20)


def published(app, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Method and path of every route below an application."""
    for route in app.routes:
        inner = getattr(route, "original_router", None) or getattr(route, "app", None)
        if hasattr(route, "methods") and route.path:
            path = route.path if route.path.startswith(prefix) else prefix + route.path
            yield from ((method, path) for method in sorted(route.methods or ()))
        elif hasattr(inner, "routes"):
            yield from published(inner, "/gradio_api" if "Router" in type(route).__name__ else "")


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[Site]:
    import gradio_app

    outside = tmp_path_factory.mktemp("outside")
    (outside / f"{CANARY}.png").write_bytes(tinted("red"))
    os.mkfifo(outside / f"{CANARY}.fifo")
    settings = Settings(home=outside / "home")
    service = Service(Painter(), settings, replace(DEFAULT_LIMITS, file_bytes=1_000_000))
    uploads, made = Uploads(1_000_000), []
    extras = gradio_app.Extras("a card", FlaggedPictures(outside / "flagged"))

    def make_page():
        made.append(gradio_app.make_page(service, extras, uploads))
        return made[0]

    url = f"http://127.0.0.1:{free_port()}"
    with (
        serving(application(service, make_page), url),
        httpx.Client(base_url=url, timeout=PATIENT_S) as client,
    ):
        client.headers["Content-Type"] = "application/json"
        (mount,) = made[0].routes
        demo = mount.app.get_blocks()
        yield Site(url, uploads, demo, list(published(made[0])), outside, client)
    uploads.close()


@pytest.fixture
def healthy(site) -> Iterator[None]:
    """The server answers at all times while a test asks for other things."""
    over, answers = threading.Event(), []

    def ask() -> None:
        with httpx.Client(base_url=site.url, timeout=PATIENT_S) as client:
            while not over.wait(0.1):
                answers.append(client.get("/health").status_code)

    asking = threading.Thread(target=ask)
    asking.start()
    yield
    over.set()
    asking.join()
    assert set(answers) <= {200}


def hostile_names(site: Site) -> dict[str, str]:
    """What a visitor may give as the path of a picture."""
    canary, inside = site.outside / f"{CANARY}.png", site.uploads.folder
    planted = inside / "planted"
    planted.mkdir(exist_ok=True)
    for name, target in (("link.png", canary), ("folder", site.outside), ("zero.png", "/dev/zero")):
        if not (planted / name).is_symlink():
            (planted / name).symlink_to(target)
    if not (planted / "fifo.png").exists():
        os.mkfifo(planted / "fifo.png")
    other = Uploads(1_000_000)
    (other.folder / f"{CANARY}.png").write_bytes(tinted("red"))
    site.others = other  # lives as long
    number = os.open("/dev/null", os.O_RDONLY)
    return {
        "a file": str(canary),
        "by steps up": f"{inside}/../{site.outside.name}/{canary.name}",
        "by more steps": f"{inside}/x/../..{canary}",
        "a relative one": os.path.relpath(canary),
        "a link": str(planted / "link.png"),
        "through a linked folder": str(planted / "folder" / canary.name),
        "a FIFO": str(site.outside / f"{CANARY}.fifo"),
        "a FIFO inside": str(planted / "fifo.png"),
        "a device": "/dev/zero",
        "a linked device": str(planted / "zero.png"),
        "a folder": str(planted),
        "the folder": str(inside),
        "an open file": f"/proc/self/fd/{number}",
        "another page's": str(other.folder / f"{CANARY}.png"),
        "an address": f"{site.url}/gradio_api/file={canary}",
        "a file's address": canary.as_uri(),
        "data": "data:image/png;base64,AAAA",
        "nothing": "",
        "a zero byte": f"{inside}/\0.png",
        "no letter": f"{inside}/\ud800.png",
        "far too long": f"{inside}/{'x' * 5000}.png",
        "not there": str(inside / "gone.png"),
        "a picture of vectors": str(site.outside / "canary.svg"),
    }


SHAPES = 7


def hostile_files(name: str) -> list[object]:
    """The same name in all the places where Gradio looks for one."""
    return [
        {"path": name, "meta": FILE},
        {"path": name},
        {"path": name, "meta": FILE, "url": name, "is_stream": True, "orig_name": name},
        {"url": name, "meta": FILE},
        {"path": None, "url": name},
        {"video": {"path": name, "meta": FILE}},
        name,
    ]


def held(status: int, answer: object) -> bool:
    """Whether an event was refused in words."""
    words = answer.get("error") if isinstance(answer, dict) else answer
    return 400 <= status < 500 and isinstance(words, str) and len(words) > 10


def test_no_event_opens_what_was_not_uploaded(site, healthy):
    names = hostile_names(site)
    opened.clear()
    functions = {number: f for number, f in site.demo.fns.items() if f.inputs}
    turns = cycle(product(range(SHAPES), (False, True), (site.run, site.join)))
    for kind, name in names.items():
        files = hostile_files(name)
        for number, function in functions.items():
            for shape, listed, way in islice(turns, 3):
                value = [files[shape]] if listed else files[shape]
                data = [value, *[None] * (len(function.inputs) - 1)]
                status, answer = way(number, data, f"visitor{number}")
                assert held(status, answer), (kind, function.name, data, status, answer)
    assert opened == []


def test_no_named_endpoint_opens_what_was_not_uploaded(site, healthy):
    names = hostile_names(site)
    opened.clear()
    functions = {f.api_name: f for f in site.demo.fns.values() if f.inputs}
    turns = cycle(range(SHAPES))
    for kind, name in names.items():
        for endpoint, shape in zip(functions, turns):
            status, answer = site.call(endpoint, [hostile_files(name)[shape]])
            assert held(status, answer), (kind, endpoint, status, answer)
            sent = {"picture": hostile_files(name)[shape], "payload": name}
            answer = site.client.post(f"/gradio_api/call/v2/{endpoint}", content=json.dumps(sent))
            assert answer.status_code < 500
    assert opened == []


def test_no_file_of_the_server_is_given_out(site, healthy):
    names = hostile_names(site)
    opened.clear()
    for kind, name in names.items():
        for path in (quote(name, errors="replace"), quote(name, "", errors="replace")):
            answer = site.client.get(f"/gradio_api/file={path}")
            assert 400 <= answer.status_code < 500, kind
    assert opened == []


def test_what_was_uploaded_is_answered_by_every_way(site):
    number = {f.api_name: k for k, f in site.demo.fns.items()}
    file = {"path": site.upload(tinted("red")), "meta": FILE}
    assert max(site.join(number["classify"], [file], "me")[1]["data"][0].values()) > 0.5
    assert site.run(number["classify"], [file], "me")[0] == 200
    assert site.call("classify", [file])[0] == 200
    assert len(site.join(number["classify_batch"], [[file, file]], "me")[1]["data"][0]) == 2
    assert site.client.get(f"/gradio_api/file={file['path']}").content == tinted("red")


def test_the_picture_of_a_session_is_its_own(site):
    heat = next(k for k, f in site.demo.fns.items() if f.outputs and f.outputs[0].label is None)
    show = next(k for k, f in site.demo.fns.items() if len(f.outputs) == 3)
    file = {"path": site.upload(tinted("red")), "meta": FILE}
    assert site.join(show, [file], "mine")[0] == 200
    assert site.join(heat, [None], "mine")[0] == 200
    for value in (file["path"], None, 0):
        status, answer = site.join(heat, [value], "yours")
        assert held(status, answer) and "no picture" in answer["error"]


def test_gradios_own_check_is_on_as_well(site):
    import gradio as gr
    from gradio.context import LocalContext
    from gradio.exceptions import InvalidPathError

    classify = next(f for f in site.demo.fns.values() if f.api_name == "classify")

    async def unguarded(path: Path) -> list:
        LocalContext.blocks.set(site.demo)
        value = {"path": str(path), "meta": FILE}
        return await gr.Blocks.preprocess_data(site.demo, classify, [value], None)

    upload = Path(site.upload(tinted("red")))
    assert asyncio.run(unguarded(upload)) == [str(upload)]
    for path in (site.outside / f"{CANARY}.png", Path("/dev/zero"), site.outside):
        with pytest.raises(InvalidPathError):
            asyncio.run(unguarded(path))


def test_every_route_that_gradio_publishes_answers_in_words_or_is_not_there(site, healthy):
    opened.clear()
    canary = str(site.outside / f"{CANARY}.png")
    assert len(site.routes) > 60
    refused = []
    for method, path in site.routes:
        for filling in ("1", canary, "..%2f..%2fetc%2fpasswd"):
            address = re.sub(r"\{[^}]*\}", filling, path)
            with site.client.stream(method, address, content=b"{}") as answer:  # some never end
                assert answer.status_code < 500 or answer.status_code == 503, (method, address)
            if answer.status_code == 404:
                refused.append(path)
    assert {"/gradio_api/openapi.json", "/monitoring", "/login"} <= set(refused)
    assert opened == []
    for path in ("/openapi.json", "/docs", "/redoc", "/gradio_api/docs", "/gradio_api/redoc"):
        assert site.client.get(path).status_code == 404


ODD_EVENTS = [
    {"fn_index": 9999},
    {"fn_index": -1},
    {"fn_index": True},
    {"fn_index": "6"},
    {"fn_index": 10**30},
    {"fn_index": None},
    {"data": None},
    {"data": {"path": "x"}},
    {"data": "x"},
    {"data": []},
    {"data": [[[[]]]]},
    {"data": [{"path": 7, "meta": FILE}]},
    {"data": [{"path": "x", "meta": "x"}]},
    {"session_hash": "../../x"},
    {"session_hash": "x" * 1000},
    {"session_hash": ["x"]},
    {"data": ["x" * 600_000]},
]


@pytest.mark.parametrize("way", ["queue/join", "run/predict", "run/no_such_name", "call/classify"])
def test_an_event_that_cannot_be_is_refused_in_words(way, site, healthy):
    number = next(k for k, f in site.demo.fns.items() if f.api_name == "classify")
    for odd in ODD_EVENTS:
        event = {"data": ["x"], "fn_index": number, "session_hash": "odd", **odd}
        answer = site.client.post(f"/gradio_api/{way}", content=json.dumps(event))
        if answer.status_code == 200:  # it is in the queue: the answer comes there
            continue
        assert 400 <= answer.status_code < 500, (odd, answer.text)
        assert len(answer.text) > 20
    for body in (b"", b"[]", b"null", b"{", b"[" * 100_000, b"\xff"):
        answer = site.client.post(f"/gradio_api/{way}", content=body)
        assert 400 <= answer.status_code < 500, body[:20]


def test_events_of_others_are_not_there(site):
    for path in ("queue/data?session_hash=nobody", "call/classify/nobody"):
        answer = site.client.get(f"/gradio_api/{path}")
        assert answer.status_code < 500
        assert "complete" not in answer.text
