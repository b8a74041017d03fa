"""Downloading lists, from a server that does everything wrong."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import socket
import threading
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace

import pytest

from core.context import Context
from core.dataset.fetch import (
    LabelledAddress,
    download_all,
    fetch,
    file_of,
    forget_downloads,
    make_downloads,
    sort_out,
)
from core.dataset.one_download import Limits
from core.errors import PictureError, StudioError, WorkspaceError
from core.events import Progressed
from core.files import temporary
from core.owned import MARK
from core.records import Skipped
from tests.builders import picture
from tests.picture_web import Web, body, first, raw, redirect, serve, status

QUICK = Limits(
    max_bytes=50_000, back_off_s=0.01, connect_s=2.0, read_s=0.5, total_s=2.0, patience_s=2.0
)
JPEG = picture()


@pytest.fixture
def web() -> Iterator[Web]:
    with serve() as web:
        yield web


@pytest.fixture
def opened(context: Context) -> Context:
    """127.0.0.1 is open, other names of this machine are not."""
    return replace(context, settings=replace(context.settings, open_hosts=frozenset({"127.0.0.1"})))


def run(context: Context, *addresses: str, limits: Limits = QUICK) -> dict[str, Skipped]:
    """Download to the end; what failed."""
    work = fetch(context, addresses, limits)
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def reason(context: Context, address: str, limits: Limits = QUICK) -> str:
    """Why a download failed; nothing of it is left."""
    failed = run(context, address, limits=limits)
    assert not file_of(context.workspace.downloads, address).exists()
    return failed[address].reason


def test_what_was_downloaded_is_there_byte_for_byte(opened, web):
    address = web.at("/1.jpg", JPEG)
    assert run(opened, address) == {}
    assert file_of(opened.workspace.downloads, address).read_bytes() == JPEG
    assert not list(opened.workspace.downloads.glob("*.part"))


def test_nothing_is_sent_but_what_is_needed(opened, web):
    address = web.at("/1.jpg", body(JPEG, "Set-Cookie: a=b\r\n"))
    other = web.at("/2.jpg", redirect(address))
    run(opened, address, other)
    sent = {line.split(":")[0] for head in web.heads for line in head.strip().splitlines()[1:]}
    assert sent == {"Host", "User-Agent", "Accept", "Accept-Encoding"}


def test_proxies_of_the_environment_are_not_used(opened, web, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "")
    assert run(opened, web.at("/1.jpg", JPEG)) == {}


def test_the_content_decides_not_the_name_or_the_type(opened, web):
    assert run(opened, web.at("/picture", body(JPEG, "Content-Type: text/html\r\n"))) == {}
    page = web.at("/1.jpg", body(b"\n<!DOCTYPE html>", "Content-Type: image/jpeg\r\n"))
    assert reason(opened, page) == "a web page or other text, not a picture"


@pytest.mark.parametrize("text", [b'{"error": 1}', b"\xef\xbb\xbf  <svg/>", b"[1]"])
def test_text_is_no_picture(text, opened, web):
    assert "not a picture" in reason(opened, web.at("/1.jpg", text))


def test_an_empty_answer_is_no_picture(opened, web):
    assert reason(opened, web.at("/1.jpg", b"")) == "the answer is empty"


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_redirects_are_followed(code, opened, web):
    web.at("/b/2.jpg", JPEG)
    assert run(opened, web.at("/a/1.jpg", redirect("../b/2.jpg", code))) == {}
    assert web.requests == ["/a/1.jpg", "/b/2.jpg"]


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.2:{port}/in",
        "http://localhost:{port}/in",
        "//localhost:{port}/in",
        "http://2130706433:{port}/in",
        "http://[::ffff:127.0.0.1]:{port}/in",
        "http://169.254.169.254/latest/meta-data/",
        "http://me:you@127.0.0.1:{port}/in",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://[::1",
    ],
)
def test_a_redirect_to_where_nobody_may_go_is_refused(target, opened, web):
    web.at("/in", JPEG)
    address = web.at("/1.jpg", redirect(target.format(port=web.port)))
    sentence = reason(opened, address)
    assert (
        "redirected to an address that is refused" in sentence or "cannot be understood" in sentence
    )
    assert web.requests == ["/1.jpg"]


def test_a_loop_of_redirects_ends(opened, web):
    assert reason(opened, web.at("/1.jpg", redirect("/1.jpg"))) == "redirected more than 5 times"
    assert len(web.requests) == 6


def leads_to(monkeypatch: pytest.MonkeyPatch, *numbers: str, port: int) -> None:
    """Names lead to these numbers, one after the other, and always to the test's server."""
    answers = itertools.cycle(numbers)
    real = socket.getaddrinfo

    def lookup(host, *args, **options):
        if not str(host).endswith("example.com"):
            return real(host, *args, **options)
        number = next(answers)
        if ":" in number:
            return [(socket.AF_INET6, socket.SOCK_STREAM, 6, "", (number, port, 0, 0))]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, port))]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)


@pytest.mark.parametrize(
    "number", ["127.0.0.1", "10.0.0.1", "0.0.0.0", "169.254.169.254", "::1", "::ffff:127.0.0.1"]
)
def test_a_name_that_leads_inside_is_refused(number, opened, web, monkeypatch):
    leads_to(monkeypatch, number, port=web.port)
    assert "own network: refused" in reason(opened, "http://a.example.com:8080/1.jpg")
    assert web.requests == []


def test_a_name_that_leads_elsewhere_the_second_time_is_refused(opened, web, monkeypatch):
    """The number that is checked is the one that is connected to, however often names change."""
    connected = []

    async def connect(self, sock, address):
        connected.append(address[0])
        raise ConnectionRefusedError("this test leaves the machine alone")

    monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_connect", connect)
    leads_to(monkeypatch, "93.184.216.34", "127.0.0.1", port=web.port)
    address, once = "http://a.example.com:8080/1.jpg", replace(QUICK, tries=1)
    assert reason(opened, address, once) == "no connection to its host"
    assert "own network: refused" in reason(opened, address, once)
    assert connected == ["93.184.216.34"]


def test_a_refusal_is_told_from_a_failure_beside_it(opened, web, monkeypatch):
    """A host has two numbers: one is inside, one does not answer."""

    async def connect(self, sock, address):
        raise ConnectionRefusedError("this test leaves the machine alone")

    def lookup(host, *args, **options):
        numbers = ("93.184.216.34", "127.0.0.1")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (n, web.port)) for n in numbers]

    monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_connect", connect)
    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    monkeypatch.setattr("core.dataset.addresses.INSIDE_ADDRESS", "worded otherwise")
    address = "http://a.example.com:8080/1.jpg"
    assert run(opened, address)[address].kind == "inside address"


@pytest.mark.parametrize("code", [400, 401, 403, 404, 410, 418, 451, 501, 999])
def test_a_refusal_is_not_asked_again(code, opened, web):
    assert f"the site answered {code}" in reason(opened, web.at("/1.jpg", status(f"{code} No")))
    assert len(web.requests) == 1


def test_no_more_than_a_whole_answer_is_taken(opened, web):
    assert "answered 206" in reason(opened, web.at("/1.jpg", body(JPEG, status="206 Partial")))


@pytest.mark.parametrize("code", [408, 429, 500, 502, 503, 504])
def test_what_may_pass_is_tried_again(code, opened, web):
    address = web.at("/1.jpg", first(2, status(f"{code} Not now"), body(JPEG)))
    assert run(opened, address) == {}
    assert len(web.requests) == 3


@pytest.mark.parametrize(
    ("headers", "waits_s"),
    [("", [40.0, 80.0, 160.0]), ("Retry-After: 60\r\n", [60.0, 80.0, 160.0])],
)
def test_each_try_waits_twice_as_long_or_as_long_as_is_asked(
    headers, waits_s, opened, web, monkeypatch
):
    """Of the event loop's clock only what is asked of it; then it goes on at once."""
    asked_s = list[float]()
    call_later = asyncio.BaseEventLoop.call_later

    def at_once(loop, delay_s, callback, *args, **options):
        if getattr(callback, "__name__", "") == "_put_back":
            asked_s.append(delay_s)
            delay_s = 0.0
        return call_later(loop, delay_s, callback, *args, **options)

    monkeypatch.setattr(asyncio.BaseEventLoop, "call_later", at_once)
    monkeypatch.setattr("core.dataset.turns.Turns.pause", lambda *args: None)
    limits = replace(QUICK, back_off_s=40.0, patience_s=100.0, tries=4)
    sentence = reason(opened, web.at("/1.jpg", status("503 No", headers)), limits)
    assert sentence.startswith("the site answered 503")
    assert (asked_s, len(web.requests)) == (waits_s, 4)


def test_after_three_tries_it_is_enough(opened, web):
    sentence = reason(opened, web.at("/1.jpg", status("500 Oh")))
    assert sentence == "the site answered 500 (Internal Server Error)"
    assert len(web.requests) == 3


def test_a_host_that_asks_to_wait_is_left_alone_meanwhile(opened, web):
    asked = first(1, status("429 Slow down", "Retry-After: 1\r\n"), body(JPEG))
    addresses = [web.at(f"/{n}.jpg", asked if n == 0 else JPEG) for n in range(4)]
    assert run(opened, *addresses, limits=replace(QUICK, per_host=1)) == {}
    assert web.requests[0] == "/0.jpg" and sorted(web.requests) == [
        "/0.jpg",
        "/0.jpg",
        *(f"/{n}.jpg" for n in range(1, 4)),
    ]


@pytest.mark.parametrize("wait", ["3600", "999999999"])
def test_a_host_that_asks_for_too_long_a_wait_is_given_up(wait, opened, web):
    sentence = reason(opened, web.at("/1.jpg", status("503 No", f"Retry-After: {wait}\r\n")))
    assert f"come back in {wait} s" in sentence
    assert len(web.requests) == 1


@pytest.mark.parametrize("wait", ["", "soon", "-5", "²", "Wed, 21 Oct 2015 07:28:00 GMT"])
def test_a_wish_that_is_no_number_is_no_wish(wait, opened, web):
    denied = status("503 No", f"Retry-After: {wait}\r\n".encode().decode("latin-1"))
    assert run(opened, web.at("/1.jpg", first(1, denied, body(JPEG)))) == {}


def test_a_body_that_breaks_off_is_fetched_again(opened, web):
    broken = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", JPEG)
    assert run(opened, web.at("/1.jpg", first(1, broken, body(JPEG)))) == {}
    assert reason(opened, web.at("/2.jpg", broken)) == "the answer broke off"
    assert web.requests.count("/2.jpg") == 3


def test_more_than_the_stated_length_is_no_answer(opened, web):
    short = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n" + JPEG)
    assert reason(opened, web.at("/1.jpg", short)) == "its answer cannot be understood"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"this is not HTTP at all\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\nabc",
        b"HTTP/1.1 200 OK\r\n" + b"X: " + b"a" * 200_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50_000 + b"\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://\xff\xfe/\r\n\r\n",
    ],
    ids=range(8),
)
def test_an_answer_that_is_none_ends_in_a_reason(answer, opened, web):
    assert reason(opened, web.at("/1.jpg", raw(answer)))


def test_a_stated_length_beyond_the_limit_is_refused_at_once(opened, web):
    assert reason(opened, web.at("/1.jpg", b"a" * 50_001)) == "larger than 0.05 MB"


def test_an_endless_body_is_cut_off(opened, web):
    written = threading.Semaphore(0)

    def endless(out, number):
        out.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            out.write(b"\xff" * 1000)
            written.release()

    assert reason(opened, web.at("/1.jpg", endless)) == "larger than 0.05 MB"


def test_a_bomb_is_cut_off_while_it_is_unpacked(opened, web):
    bomb = gzip.compress(b"\xff" * 30_000_000)
    assert len(bomb) < 50_000
    address = web.at("/1.jpg", body(bomb, "Content-Encoding: gzip\r\n"))
    tracemalloc.start()
    try:
        assert reason(opened, address) == "larger than 0.05 MB"
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 10_000_000  # what it would be is never in memory


def test_what_is_compressed_for_the_way_is_unpacked(opened, web):
    address = web.at("/1.jpg", body(gzip.compress(JPEG), "Content-Encoding: gzip\r\n"))
    assert run(opened, address) == {}
    assert file_of(opened.workspace.downloads, address).read_bytes() == JPEG


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip", "compress", "x" * 1000])
def test_other_codings_are_refused(coding, opened, web):
    sentence = reason(opened, web.at("/1.jpg", body(JPEG, f"Content-Encoding: {coding}\r\n")))
    assert "not asked for" in sentence


def test_damaged_compression_is_refused(opened, web):
    sentence = reason(opened, web.at("/1.jpg", body(JPEG, "Content-Encoding: gzip\r\n")))
    assert sentence == "its answer is compressed and damaged"


def drip(every_s: float):
    """One byte at a time, for ever: a connection that never falls silent."""

    def answer(out, number):
        out.write(b"HTTP/1.1 200 OK\r\nContent-Length: 40000\r\n\r\n")
        while not threading.Event().wait(every_s):
            out.write(b"\xff")

    return answer


def test_a_body_that_drips_is_given_up(opened, web):
    limits = replace(QUICK, total_s=0.3, tries=1)
    assert reason(opened, web.at("/1.jpg", drip(0.05)), limits) == "not complete after 0.3 s"


def test_a_silent_host_is_given_up(opened, web):
    limits = replace(QUICK, read_s=0.2, tries=1)
    sentence = reason(opened, web.at("/1.jpg", lambda out, n: threading.Event().wait(5)), limits)
    assert sentence == "no answer in time"


def test_a_host_that_cannot_be_connected_to_is_not_asked_for_ever(opened):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        addresses = [f"http://127.0.0.1:{port}/{n}.jpg" for n in range(30)]
        reasons = [skip.reason for skip in run(opened, *addresses).values()]
    assert len(reasons) == 30
    assert set(reasons) == {
        "no connection to its host",
        "its host did not answer before: not tried",
    }


def test_a_name_without_any_number_is_said(opened, monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: [])
    assert reason(opened, "http://nobody.example.com/1.jpg")


def test_a_name_that_nobody_knows_is_said(opened, monkeypatch):
    def unknown(*args, **options):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert "host is not known" in reason(opened, "http://nobody.example.com/1.jpg")


def test_a_secure_connection_to_a_server_that_has_none_is_said(opened, web):
    sentence = reason(opened, f"https://127.0.0.1:{web.port}/1.jpg")
    assert sentence == "no secure connection is possible"


def test_what_is_there_is_not_fetched_again(opened, web):
    addresses = [web.at(f"/{n}.jpg", JPEG) for n in range(3)]
    run(opened, *addresses[:2])
    run(opened, *addresses)
    assert sorted(web.requests) == ["/0.jpg", "/1.jpg", "/2.jpg"]


def test_what_broke_off_in_the_middle_is_fetched_from_the_start(opened, web):
    address = web.at("/1.jpg", JPEG)
    file = file_of(opened.workspace.downloads, address)
    file.parent.mkdir(parents=True)
    temporary(file).write_bytes(b"half of it" * 10_000)
    run(opened, address)
    assert file.read_bytes() == JPEG


def test_stopping_leaves_what_is_there_and_ends_what_hangs(opened, web):
    stopping = threading.Event()
    web.at("/1.jpg", JPEG)
    addresses = [web.at("/1.jpg", JPEG), web.at("/2.jpg", lambda out, n: stopping.wait(20))]
    context = replace(opened, stop_requested=lambda: len(web.requests) == 2)
    assert run(context, *addresses, limits=replace(QUICK, read_s=20, total_s=20)) == {}
    stopping.set()
    assert not file_of(opened.workspace.downloads, addresses[1]).exists()


def test_progress_counts_what_is_missing_and_says_the_rate(opened, web):
    addresses = [web.at("/1.jpg", JPEG), web.at("/2.jpg", status("404 No"))]
    *_, last = fetch(opened, addresses, QUICK)
    assert (last.done, last.total) == (2, 2)
    assert last.doing.startswith("Downloading · ") and last.doing.endswith("a second · 1 failed")


def test_a_folder_that_cannot_be_written_is_said_in_a_sentence(opened, web):
    opened.workspace.downloads.parent.mkdir(parents=True, exist_ok=True)
    opened.workspace.downloads.write_bytes(b"a file")
    with pytest.raises(WorkspaceError):
        run(opened, web.at("/1.jpg", JPEG))


def test_a_disk_that_is_full_ends_the_work(opened, web, monkeypatch):
    def full(*args, **options):
        raise OSError(28, "No space left on device")

    folder = make_downloads(opened.workspace)
    monkeypatch.setattr("pathlib.Path.replace", full)
    with pytest.raises(WorkspaceError, match="disk is full"):
        run(opened, web.at("/1.jpg", JPEG))
    assert [path.name for path in folder.iterdir()] == [MARK]


def test_many_come_from_one_host_with_few_connections(opened, web):
    together, most, lock = 0, 0, threading.Lock()

    def counted(out, number):
        nonlocal together, most
        with lock:
            together += 1
            most = max(most, together)
        threading.Event().wait(0.01)
        with lock:
            together -= 1
        body(JPEG)(out, number)

    addresses = [web.at(f"/{n}.jpg", counted) for n in range(40)]
    assert run(opened, *addresses, limits=replace(QUICK, per_host=3)) == {}
    assert most <= 3


def test_each_address_is_wanted_once_and_refusals_have_a_reason():
    usable, skipped = sort_out(
        [
            LabelledAddress("http://example.com/1.jpg#a", "bear"),
            LabelledAddress("HTTP://example.com/1.jpg", "cat"),
            LabelledAddress("http://10.0.0.1/\n1.jpg", "bear"),
        ]
    )
    assert usable == [LabelledAddress("http://example.com/1.jpg", "bear")]
    assert [(s.path, s.reason) for s in skipped] == [
        ("http://example.com/1.jpg", "in the list before, as 'bear'"),
        ("http://10.0.0.1/ 1.jpg", "there is a control character in the address"),
    ]


def listing_of(context: Context, *pairs: LabelledAddress):
    work = download_all(context, "a list", pairs, QUICK)
    while True:
        try:
            assert isinstance(next(work), Progressed)
        except StopIteration as end:
            return end.value


def test_a_listing_has_the_pictures_with_their_address_and_the_failures(opened, web):
    good, bad = web.at("/1.jpg", JPEG), web.at("/2.jpg", status("404 No"))
    listing = listing_of(
        opened,
        LabelledAddress(good, "bear"),
        LabelledAddress(bad, "bear"),
        LabelledAddress("x", "bear"),
    )
    (item,) = listing.pictures
    assert (item.path, item.label, item.url, item.read()) == (good, "bear", good, JPEG)
    assert [s.path for s in listing.skipped] == ["x", bad]
    forget_downloads(opened.workspace)
    with pytest.raises(PictureError, match="gone"):
        item.read()


def test_a_list_that_brings_nothing_is_said_in_a_sentence(opened, web):
    with pytest.raises(StudioError, match=r"None of the 1 addresses .*404"):
        listing_of(opened, LabelledAddress(web.at("/1.jpg", status("404 No")), "bear"))
