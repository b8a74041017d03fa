"""The real studio asked by other names and from other pages: over HTTP, WebSocket and a browser."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Page, expect, sync_playwright

import streamlit_app
from core.records import ImageRecord
from core.web_guard import HOUSE_HEADERS, HostGuard
from tests.browser import ARGUMENTS, chromium, free_port, server
from tests.builders import a_scored_workspace, image_folder, picture
from ui.try_it.served import shared_routes

WEBSOCKET = "/_stcore/stream"
READ = [
    "/",
    "/review",
    "/index.html",
    "/static/js/none.js",
    "/favicon.png",
    "/_stcore/health",
    "/_stcore/host-config",
    "/_stcore/metrics",
    "/_stcore/script-health-check",
    "/_stcore/bidi-components/review_grid/index.js",
    "/media/0.jpg",
    "/component/none/index.html",
    "/app/static/none.png",
    "/oauth2callback",
    "/_stcore/agent",
    "/picture/insects/{id}.jpg",
    "/thumbnails/insects?ids={id}",
    "/detail/insects/{id}.json",
    "/heatmap/insects/{id}.jpg?class=ant",
    "/seen/insects/0/seen-0000000000000000/walk/1.png",
    "/sound/insects/{id}.wav",
    "/taken-out/insects.zip",
    "/network/insects/1/seen-0000000000000000.onnx",
    "/alike/insects/1/seen-0000000000000000",
    "/corrections/insects",
    "/browser/0/classifier.js",
    "/browser/0/ort/ort.wasm.bundle.min.mjs",
    "/nothing/of/the/kind",
    "//evil.example/",
    "/%2e%2e/%2e%2e/etc/passwd",
]
CHANGING = [
    ("PUT", "/_stcore/upload_file/a/b"),
    ("DELETE", "/_stcore/upload_file/a/b"),
    ("POST", "/alike/insects/1/seen-0000000000000000"),
    ("POST", "/corrections/insects?label=wasp&id={id}"),
    ("DELETE", "/corrections/insects/{id}?edit=1"),
]
OTHERS = ["evil.example", "127.0.0.1.evil.example:{port}", "localhost:{port}@evil.example", ""]
OURS = ["127.0.0.1:{port}", "localhost:{port}", "LOCALHOST:{port}", "[::1]:{port}", "localhost"]
REFUSED = 403
COMES_TO_NOTHING = (204, 400, 404, 409)  # no such session, model, class or edit
HANDSHAKE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    "Sec-WebSocket-Protocol": "streamlit",
}

FETCH = "url => fetch(url, {mode: 'no-cors'}).then(() => 'read', () => 'refused')"
LISTEN = """url => new Promise(done => {
    const socket = new WebSocket(url, 'streamlit');
    socket.onopen = () => done('open');
    socket.onerror = () => done('refused');
})"""


class Studio(NamedTuple):
    """A studio that goes on: its port, and a picture of its workspace "insects"."""

    port: int
    image: ImageRecord


class Answer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: bytes


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """Without Streamlit's own check of uploads, as in the image: the guard must do."""
    home = tmp_path_factory.mktemp("guard") / "home"
    image = a_scored_workspace(home, {"ant": 2, "bee": 2}).catalog.images.all()[0]
    port = free_port()
    command = ["-m", "streamlit", "run", "streamlit_app.py", "--server.port", str(port)]
    command += ["--server.headless", "true", "--server.enableXsrfProtection", "false"]
    with server(command, home, f"http://127.0.0.1:{port}"):
        yield Studio(port, image)


def ask(studio: Studio, method: str, path: str, **headers: str) -> Answer:
    """One request over a connection of its own; `host=""` is for none."""
    connection = http.client.HTTPConnection("127.0.0.1", studio.port, timeout=20)
    try:
        connection.putrequest(method, path.format(id=studio.image.id), skip_host=True)
        for name, value in headers.items():
            if value:
                connection.putheader(name.replace("_", "-"), value.format(port=studio.port))
        connection.putheader("Connection", headers.get("Connection", "close"))
        connection.endheaders()
        answer = connection.getresponse()
        body = b"" if answer.status == 101 else answer.read()
        return Answer(answer.status, answer.headers, body)
    finally:
        connection.close()


def shake_hands(studio: Studio, **headers: str) -> int:
    return ask(studio, "GET", WEBSOCKET, **HANDSHAKE, **headers).status


def test_the_guard_stands_before_everything():
    assert isinstance(streamlit_app.app, HostGuard)


def test_the_list_holds_all_routes_of_the_studio():
    for route in [*streamlit_app.ROUTES, *shared_routes()]:
        start = route.path.partition("{")[0]
        assert [path for path in READ if path.startswith(start)], route.path


@pytest.mark.parametrize("path", READ)
def test_no_route_answers_to_another_name(studio: Studio, path: str):
    own = ask(studio, "GET", path, Host="localhost:{port}")
    for host in OTHERS:
        answer = ask(studio, "GET", path, Host=host)
        assert answer.status == 421 or (host == "" and answer.status == 400)
        assert own.body not in answer.body or not own.body
        assert studio.image.id.encode() not in answer.body
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("path", READ)
def test_every_response_keeps_out_of_other_pages(studio: Studio, path: str):
    for host in ("localhost:{port}", "evil.example"):
        for method in ("GET", "HEAD", "OPTIONS"):
            answer = ask(studio, method, path, Host=host, Origin="http://evil.example")
            for name, value in HOUSE_HEADERS.items():
                assert answer.headers.get_all(name) == [value], (method, path, name)
            assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("host", OURS)
def test_names_of_this_machine_are_answered(studio: Studio, host: str):
    assert b"<title>" in ask(studio, "GET", "/", Host=host).body
    assert ask(studio, "GET", "/picture/insects/{id}.jpg", Host=host).status == 200
    assert shake_hands(studio, Host=host) == shake_hands(studio, Host=host, Origin="http://" + host)
    assert shake_hands(studio, Host=host) == 101


@pytest.mark.parametrize(("method", "path"), CHANGING)
def test_only_pages_of_the_studio_send_files(studio: Studio, method: str, path: str):
    host = "localhost:{port}"
    for origin in ("", "http://" + host):
        answer = ask(studio, method, path, Host=host, Origin=origin)
        assert answer.status in COMES_TO_NOTHING, answer
    for origin in ("http://evil.example", "null", "http://localhost", "http://127.0.0.1:{port}"):
        answer = ask(studio, method, path, Host=host, Origin=origin)
        assert (answer.status, answer.headers["Content-Type"]) == (REFUSED, "application/json")
    assert ask(studio, method, path, Host="evil.example").status == 421


@pytest.mark.parametrize("host", OTHERS)
def test_a_websocket_by_another_name_is_refused(studio: Studio, host: str):
    assert shake_hands(studio, Host=host) in (400, REFUSED)
    assert shake_hands(studio, Host=host, Origin="http://" + host) in (400, REFUSED)


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://localhost:1", "http://127.0.0.1:{port}"]
)
def test_a_websocket_of_another_page_is_refused(studio: Studio, origin: str):
    assert shake_hands(studio, Host="localhost:{port}", Origin=origin) == REFUSED


class Elsewhere(BaseHTTPRequestHandler):
    """A page of another origin that frames the studio, and asks for a picture in two ways."""

    def __init__(self, studio_url: str, image_id: str, *args: object) -> None:
        self.page = f"""<!doctype html><title>elsewhere</title>
            <iframe src="{studio_url}/review"></iframe>
            <img id="picture" src="{studio_url}/picture/insects/{image_id}.jpg"
              onload="this.alt = 'seen'" onerror="this.alt = 'not seen'">""".encode()
        super().__init__(*args)

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(self.page)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def elsewhere(studio_url: str, image_id: str) -> Iterator[int]:
    """Serve that page on this machine; its port."""
    serving = ThreadingHTTPServer(("127.0.0.1", 0), partial(Elsewhere, studio_url, image_id))
    threading.Thread(target=serving.serve_forever, daemon=True).start()
    try:
        yield serving.server_port
    finally:
        serving.shutdown()
        serving.server_close()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])  # another site, and only another port
def test_a_page_of_another_origin_neither_frames_the_studio_nor_sees_its_pictures(
    page: Page, studio: Studio, name: str
):
    studio_url = f"http://127.0.0.1:{studio.port}"
    with elsewhere(studio_url, studio.image.id) as port:
        page.goto(f"http://{name}:{port}/")
        expect(page.locator("#picture")).to_have_attribute("alt", "not seen")
        expect(page.frame_locator("iframe").locator(".tile")).to_have_count(0)
        assert not [frame for frame in page.frames if frame.url.startswith(studio_url)]
        ask_and_tell = (
            """url => fetch(url, {mode: 'no-cors'}).then(() => 'read', () => 'refused')"""
        )
        assert page.evaluate(ask_and_tell, f"{studio_url}/_stcore/metrics") == "refused"
        assert page.evaluate(LISTEN, f"ws://127.0.0.1:{studio.port}{WEBSOCKET}") == "refused"


@pytest.mark.slow
def test_a_page_whose_name_leads_here_reads_nothing(studio: Studio):
    """DNS rebinding: the browser takes the other name for this machine."""
    with sync_playwright() as playwright:
        arguments = [*ARGUMENTS, "--host-resolver-rules=MAP evil.example 127.0.0.1"]
        browser = playwright.chromium.launch(executable_path=chromium(), args=arguments)
        page = browser.new_page()
        answer = page.goto(f"http://evil.example:{studio.port}/review")
        assert answer is not None and answer.status == 421
        for path in ("/", "/thumbnails/insects?ids=" + studio.image.id, "/_stcore/health"):
            assert page.evaluate("url => fetch(url).then(answer => answer.status)", path) == 421
        url = f"ws://evil.example:{studio.port}{WEBSOCKET}"
        assert page.evaluate(LISTEN, url) == "refused"
        browser.close()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_the_studio_itself_works_behind_the_guard(
    page: Page, studio: Studio, tmp_path: Path, name: str
):
    statuses, console = set[int](), list[str]()
    page.on("response", lambda answer: statuses.add(answer.status))
    page.on("console", lambda message: console.append(message.text))
    page.goto(f"http://{name}:{studio.port}/review")
    expect(page.locator(".tile").first).to_be_visible()  # pictures, a component, the WebSocket
    page.goto(f"http://{name}:{studio.port}/dataset")
    for text in ("Add pictures", "Upload", "Whole folder"):
        page.get_by_text(text, exact=True).click()
    folder = image_folder(tmp_path / f"pets of {name}", {"cat/a.jpg": picture(seed=99)})
    page.locator("input[webkitdirectory]").set_input_files(str(folder))
    page.get_by_role("button", name="Import the folder").click()
    expect(page.get_by_text(f"pets of {name} · ")).to_be_visible()
    assert not statuses & {REFUSED, 421, 500}
    assert not [text for text in console if "Security Policy" in text or "blocked" in text]
