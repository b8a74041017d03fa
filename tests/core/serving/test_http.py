"""The routes of a served classifier: every way of asking wrongly has its status and its reason."""

from __future__ import annotations

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from core.errors import FILE_FAULTS, PictureError, StudioError
from core.images.allowance import ANYTHING, Allowance
from core.images.working_copy import open_copy, working_copy
from core.serving.answer import Answer
from core.serving.http import application, guarded, listen
from core.serving.page_answers import PageAnswers
from core.serving.service import DEFAULT_LIMITS, STATUSES, Limits, Refusal, Service, refused
from core.serving.uploads import Uploads
from core.settings import Settings
from tests.builders import encode, oriented, pattern, picture
from tests.core.images.test_reading import bomb

PHOTO = picture(size=(400, 300))


@dataclass
class Colours:
    """Answers with the share of each colour, from pixels that the studio's reader gives."""

    name: str = "colours"
    labels: tuple[str, ...] = ("red", "grün/<b>", "blue")
    examples: tuple = ()
    unlike: bool = False
    open: threading.Event | None = None

    def answer(self, data: bytes, settings: Settings, allowance: Allowance = ANYTHING) -> Answer:
        if self.open is not None:
            self.open.wait(20)
        pixels = open_copy(working_copy(data, settings, allowance)).resize((1, 1)).getpixel((0, 0))
        shares = dict(zip(self.labels, [v / max(sum(pixels), 1) for v in pixels], strict=True))
        best_first = dict(sorted(shares.items(), key=lambda pair: -pair[1]))
        return Answer(best_first, 0.5, self.unlike)


def served(settings, classifier=None, limits=DEFAULT_LIMITS, make_page=None) -> TestClient:
    return TestClient(application(Service(classifier or Colours(), settings, limits), make_page))


@pytest.fixture
def client(settings):
    with served(settings) as client:
        yield client


def refusal_of(response) -> tuple[int, str]:
    answer = response.json()
    assert set(answer) == {"message", "hint"}
    assert answer["message"].strip() and answer["hint"].strip()
    return response.status_code, answer["message"]


def test_a_picture_as_the_body_or_in_a_form_is_answered_with_every_class(client, settings):
    expected = Colours().answer(PHOTO, settings).probabilities
    for response in (
        client.post("/classify", content=PHOTO),
        client.post("/classify", content=PHOTO, headers={"Content-Type": "image/jpeg"}),
        client.post("/classify", content=iter([PHOTO[:100], PHOTO[100:]])),  # no length
        client.post("/classify", files={"any name": ("päth/../x.jpg", PHOTO)}),
        client.post("/classify", files={"file": PHOTO}, data={"note": "hello"}),
    ):
        assert response.status_code == 200
        assert response.json() == expected
        assert list(response.json()) == list(expected)
        assert response.headers["None-Of-These"] == "false"


def test_a_picture_that_is_none_of_the_classes_is_marked(settings):
    with served(settings, Colours(unlike=True)) as client:
        response = client.post("/classify", content=PHOTO)
    assert response.headers["None-Of-These"] == "true"
    assert len(response.json()) == 3


def test_a_turned_picture_is_answered_as_the_upright_one(client):
    turned = oriented(pattern((64, 48), 3).transpose(2), 6, "PNG")
    upright = encode(pattern((64, 48), 3).transpose(2).transpose(4), "PNG")
    answers = [client.post("/classify", content=data).json() for data in (turned, upright)]
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    ("data", "status", "reason"),
    [
        (b"", 400, "no picture"),
        (b"this is text", 415, "not a picture"),
        (b"PK\x03\x04" + bytes(100), 415, "not a picture"),
        (PHOTO[:900], 422, "truncated"),
        (bomb(7_500, 7_000), 413, "too many pixels"),
        (bomb(60_000, 60_000), 413, "too many pixels"),
        (picture("PNG", size=(4, 4)), 422, "too small"),
    ],
    ids=["empty", "text", "zip", "cut off", "52 megapixels", "bomb", "tiny"],
)
def test_what_is_no_picture_has_its_status_and_reason(data, status, reason, client):
    for response in (
        client.post("/classify", content=data),
        client.post("/classify", files={"file": ("x.jpg", data)}),
    ):
        code, message = refusal_of(response)
        assert code == status
        assert reason in message or (data == b"" and "empty" in message)
    assert client.post("/classify", content=PHOTO).status_code == 200


def test_fifty_megapixels_of_a_phone_are_answered(client):
    photo = encode(pattern((8160, 6120)), quality=30)
    assert client.post("/classify", content=photo).status_code == 200


def test_a_body_beyond_the_limit_is_refused(settings):
    with served(settings, limits=Limits(file_bytes=1_000_000)) as client:
        for size in (1_000_001, 3_000_000, 9_000_000):
            assert refusal_of(client.post("/classify", content=bytes(size)))[0] == 413
            parts = iter([bytes(500_000)] * (size // 500_000 + 1))
            assert refusal_of(client.post("/classify", content=parts))[0] == 413
        expecting = {"Expect": "100-continue"}
        assert (
            refusal_of(client.post("/classify", content=bytes(1_000_001), headers=expecting))[0]
            == 413
        )
        assert client.post("/classify", content=PHOTO).status_code == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_refused(method, client):
    response = client.request(method, "/classify")
    assert refusal_of(response)[0] == 405
    assert response.headers["Allow"] == "POST"


@pytest.mark.parametrize(
    ("headers", "content"),
    [
        ({"Content-Type": "multipart/form-data"}, PHOTO),
        ({"Content-Type": "multipart/form-data; boundary=x"}, b"no form at all"),
        ({"Content-Type": "multipart/form-data; boundary=x"}, b"--x--\r\n"),
        (
            {"Content-Type": "multipart/form-data; boundary=x"},
            b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n',
        ),
    ],
    ids=["no boundary", "no form", "empty form", "no file"],
)
def test_a_form_without_a_file_is_refused(headers, content, client):
    assert refusal_of(client.post("/classify", headers=headers, content=content))[0] == 400


def test_several_files_in_one_form_are_refused(client):
    files = [("file", PHOTO), ("file", PHOTO)]
    assert refusal_of(client.post("/classify", files=files))[0] == 400


def test_two_hundred_at_once_are_answered_or_told_to_come_back(settings):
    classifier = Colours(open=threading.Event())
    with served(settings, classifier, Limits(waiting=50)) as client:
        with ThreadPoolExecutor(200) as callers:
            calls = [callers.submit(client.post, "/classify", content=PHOTO) for _ in range(200)]
            wait_until(lambda: sum(call.done() for call in calls) == 150)
            classifier.open.set()
            responses = [call.result() for call in calls]
        refused = [r for r in responses if r.status_code != 200]
        assert len(refused) == 150
        assert {refusal_of(r)[0] for r in refused} == {503}
        assert all(int(r.headers["Retry-After"]) > 0 for r in refused)
        assert client.post("/classify", content=PHOTO).status_code == 200


def test_bodies_that_fill_the_memory_are_told_to_come_back(settings):
    classifier = Colours(open=threading.Event())
    limits = Limits(waiting_bytes=2 * len(PHOTO))
    with served(settings, classifier, limits) as client, ThreadPoolExecutor(3) as callers:
        calls = [callers.submit(client.post, "/classify", content=PHOTO) for _ in range(3)]
        wait_until(lambda: any(call.done() for call in calls))
        classifier.open.set()
        assert sorted(call.result().status_code for call in calls) == [200, 200, 503]


class Slow(Colours):
    """Gives up when it has to; `stuck` is what never does."""

    stuck: threading.Event | None = None

    def answer(self, data, settings, allowance=ANYTHING):
        if data == PHOTO:
            return super().answer(data, settings, allowance)
        if self.stuck is not None:
            self.stuck.wait(20)
        while time.monotonic() < allowance.deadline_s:
            time.sleep(0.01)
        raise PictureError("this takes too long", "Send another.", "takes too long")


def test_an_answer_that_takes_too_long_is_given_up_and_its_thread_is_free(settings):
    limits = Limits(answer_s=0.5)
    with served(settings, Slow(), limits) as client, ThreadPoolExecutor(12) as callers:
        calls = [callers.submit(client.post, "/classify", content=b"x%d" % k) for k in range(12)]
        for call in calls:
            status, message = refusal_of(call.result())
            assert status == 503 and "long" in message
            assert int(call.result().headers["Retry-After"]) > 0
        assert client.post("/classify", content=PHOTO).status_code == 200


def test_a_visitor_does_not_wait_for_a_thread_that_cannot_be_given_up(settings):
    slow = Slow()
    slow.stuck = threading.Event()
    with served(settings, slow, Limits(answer_s=0.5)) as client:
        for _ in range(6):
            assert refusal_of(client.post("/classify", content=b"x")) == (
                503,
                "The answer takes too long.",
            )
        assert client.get("/health").status_code == 200
        slow.stuck.set()
        wait_until(lambda: client.post("/classify", content=PHOTO).status_code == 200)


def test_several_pictures_of_the_page_have_their_limit_too(settings):
    service, uploads = Service(Slow(), settings, Limits(answer_s=0.2)), Uploads(1_000)
    (uploads.folder / "x.png").write_bytes(b"x")
    answers = PageAnswers(service, uploads)
    for ask in (answers.one, answers.heat, lambda name: answers.several([name, name])):
        with pytest.raises(Refusal, match="too long") as caught:
            ask(str(uploads.folder / "x.png"))
        assert caught.value.status == 503
    uploads.close()


def test_pictures_share_what_they_take_decoded(settings):
    """While one holds the memory, another waits, and is told to come back when that is too long."""
    holding, release = threading.Event(), threading.Event()

    class Holder(Colours):
        def answer(self, data, settings, allowance):
            if data == b"large":
                with allowance.hold(1_000):
                    holding.set()
                    release.wait(20)
                return super().answer(PHOTO, settings)
            return super().answer(PHOTO, settings, allowance)

    limits = Limits(decoded_bytes=1_000, answer_s=1.0)
    service = Service(Holder(), settings, limits)
    first = service.submit(b"large")
    assert holding.wait(20)
    with pytest.raises(Refusal, match=r"too many large pictures|too long") as caught:
        service.submit(PHOTO).result(20)
    assert caught.value.status == 503
    release.set()
    assert first.result(20)
    assert service.answer(PHOTO)


def test_an_error_of_ours_is_no_traceback(settings):
    class Broken(Colours):
        def answer(self, data, settings, allowance):
            raise ZeroDivisionError("secret")

    app = application(Service(Broken(), settings))
    with TestClient(app, raise_server_exceptions=False) as client:
        response = client.post("/classify", content=PHOTO)
        assert refusal_of(response)[0] == 500
        assert "secret" not in response.text
        assert client.get("/health").json()["status"] == "ok"


def test_the_routes_answer_before_the_page_is_there_and_without_one(settings):
    loaded = threading.Event()

    def make_page():
        loaded.wait(20)
        return Starlette(routes=[Route("/", lambda request: PlainTextResponse("the page"))])

    with served(settings, make_page=make_page) as client, ThreadPoolExecutor(1) as visitor:
        assert client.get("/health").json() == {
            "status": "ok",
            "name": "colours",
            "classes": 3,
            "page": "loading",
        }
        page = visitor.submit(client.get, "/")
        assert client.post("/classify", content=PHOTO).status_code == 200
        assert not page.done()
        loaded.set()
        assert page.result().text == "the page"
        assert "default-src 'self'" in page.result().headers["Content-Security-Policy"]
        assert client.get("/health").json()["page"] == "ready"
    with served(settings) as client:
        assert refusal_of(client.get("/"))[0] == 404


def test_a_page_that_cannot_be_made_leaves_the_routes(settings):
    def make_page():
        raise ImportError("no gradio here")

    with served(settings, make_page=make_page) as client:
        assert refusal_of(client.get("/"))[0] == 404
        assert client.get("/health").json()["page"] == "none"
        assert client.post("/classify", content=PHOTO).status_code == 200


@pytest.mark.parametrize(("host", "port"), [("no.such.host.invalid", 0), ("127.0.0.1", 70_000)])
def test_an_address_that_cannot_be_used_is_said(host, port):
    with pytest.raises(StudioError, match="cannot be used") as caught:
        listen(host, port)
    assert "--port" in caught.value.hint


def wait_until(condition) -> None:
    for _ in range(400):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come true")


def test_answers_are_sent_at_once():
    """Without it the second piece of an answer waits for 40 ms."""
    with listen("127.0.0.1", 0) as listening:
        visitor = socket.create_connection(listening.getsockname())
        connection, _ = listening.accept()
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        connection.close()
        visitor.close()


HOSTILE_HEADERS = [
    {"Content-Length": "x"},
    {"Content-Length": "-5"},
    {"Content-Length": "9" * 40},
    {"Content-Type": "multipart/form-data; boundary=x; charset=no-such-code"},
    {"Content-Type": "multipart/form-data; boundary=" + "x" * 300},
    {"Content-Type": "multipart/form-data; charset=utf-16; boundary=x"},
]


@pytest.mark.parametrize("headers", HOSTILE_HEADERS)
@pytest.mark.parametrize(
    "body",
    [
        b'--x\r\nContent-Disposition: form-data; name="a"; filename="\xff"\r\n\r\nb\r\n--x--\r\n',
        b'--x\r\nContent-Disposition: form-data; name="\xff"\r\n\r\nb\r\n--x--\r\n',
        b"--x\r\n: :\r\n\r\n--x--",
        b"x",
    ],
)
def test_odd_headers_are_no_error_of_ours(headers, body, client):
    response = client.post("/classify", content=body, headers=headers)
    assert 400 <= refusal_of(response)[0] < 500


def test_only_names_that_are_known_are_answered(settings):
    """A page of another name that leads to this machine reads nothing and asks nothing here."""
    by_name = replace(settings, hosts=frozenset({"bears.example.org", "*.hf.space"}))
    app = application(Service(Colours(), settings))
    for host, own_settings, names in (
        ("127.0.0.1", settings, ["127.0.0.1", "localhost", "[::1]:7860"]),
        ("127.0.0.1", by_name, ["localhost", "bears.example.org", "me-bears.hf.space"]),
        ("0.0.0.0", by_name, ["localhost", "bears.example.org:80", "10.1.2.3:7860"]),
        ("192.168.0.5", settings, ["192.168.0.5:7860", "localhost"]),
    ):
        guard, by_any_name = guarded(app, host, own_settings)
        assert not by_any_name
        with TestClient(guard) as client:
            for name in names:
                assert client.get("/health", headers={"Host": name}).status_code == 200
            for name in ("evil.example.com", "127.0.0.1.evil.com", "", "evil.com:7860"):
                for ask, path in ((client.get, "/health"), (client.post, "/classify")):
                    assert refusal_of(ask(path, headers={"Host": name}))[0] == 421
            elsewhere = {"Host": names[0], "Origin": "http://evil.example.com"}
            assert refusal_of(client.post("/classify", content=PHOTO, headers=elsewhere))[0] == 403
            here = client.get("/health", headers={"Host": names[0]})
            assert here.headers["Cross-Origin-Resource-Policy"] == "same-origin"
            assert "frame-ancestors 'self'" in here.headers["Content-Security-Policy"]
    guard, by_any_name = guarded(app, "0.0.0.0", settings)
    assert by_any_name
    with TestClient(guard) as client:
        assert client.get("/health", headers={"Host": "any.example.org"}).status_code == 200


def test_the_status_follows_from_the_kind_whatever_the_words():
    errors = [PictureError(f"larger than the {kind}", "Go on.", kind) for kind in FILE_FAULTS]
    statuses = {error.kind: refused(error).status for error in errors}
    assert STATUSES.items() <= statuses.items()
    assert {statuses[kind] for kind in FILE_FAULTS if kind not in STATUSES} == {422}
