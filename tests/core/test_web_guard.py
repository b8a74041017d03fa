"""Whom a server answers: hosts, origins, and the headers of every response."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from core.web_guard import (
    ADDRESSES,
    HOUSE_HEADERS,
    Authority,
    HostGuard,
    answered_hosts,
    authority,
    host_pattern,
    house_headers,
)

LISTED = frozenset({"studio.example.org", "*.hf.space", "10.1.2.3", "fd00::1"})


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answers everything, with one header of its own and two that the guard has, too."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    headers = [
        (b"content-type", b"text/plain"),
        (b"Content-Security-Policy", b"default-src 'self'"),
        (b"Referrer-Policy", b"unsafe-url"),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"secret"})


def ask(
    hosts: frozenset[str] | None,
    *headers: tuple[str, str],
    method: str = "GET",
    kind: str = "http",
) -> list[dict[str, Any]]:
    """The messages with which the app behind a guard answers."""
    messages: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        messages.append(message)

    async def receive() -> dict[str, Any]:
        raise AssertionError("nothing is read of a request before it is let in")

    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
    scope = {"type": kind, "method": method, "path": "/", "headers": raw}
    asyncio.run(HostGuard(app, hosts)(scope, receive, send))
    return messages


def status(hosts: frozenset[str] | None, *headers: tuple[str, str], method: str = "GET") -> int:
    start, body = ask(hosts, *headers, method=method)
    assert (body["body"] == b"secret") == (start["status"] == 200)
    return int(start["status"])


LOOPBACK = [
    "localhost",
    "localhost:8501",
    "LocalHost:8501",
    "localhost.",
    "localhost.:8501",
    "studio.localhost:80",
    "127.0.0.1",
    "127.0.0.1:1",
    "127.255.1.9:65535",
    "[::1]",
    "[::1]:8501",
    "[0:0:0:0:0:0:0:1]:8501",
    "[::ffff:127.0.0.1]:8501",
]
NEVER = [
    "",
    " ",
    "evil.example",
    "127.0.0.1.evil.example",
    "127.0.0.1.evil.example:8501",
    "localhost.evil.example",
    "evillocalhost",
    "localhost:8501@evil.example",
    "evil.example@localhost",
    "user:pass@localhost:8501",
    "localhost/",
    "localhost#.evil.example",
    "localhost?",
    "localhost\\evil",
    "localhost evil.example",
    "localhost,evil.example",
    "localhost:8501:80",
    "localhost:",
    "localhost:-1",
    "localhost:0",
    "localhost:65536",
    "localhost:8501x",
    "localhost..",
    ".localhost",
    "0.0.0.0:8501",
    "2130706433",
    "0x7f.1",
    "127.1",
    "127.0.0.01",
    "[::]",
    "[::1%25lo]",
    "[::1%lo]:8501",
    "[::1",
    "::1",
    "[127.0.0.1]",
    "[::ffff:10.0.0.1]",
    "192.168.1.5",
    "studio.example.org.evil.example",
    "evilstudio.example.org",
    "hf.space",
    "hf.space.evil.example",
    "evilhf.space",
    "*.hf.space",
    "10.1.2.4",
    "\xb2",
]
ADDED = [
    "studio.example.org",
    "Studio.Example.org:443",
    "studio.example.org.:8080",
    "name-toploss.hf.space",
    "a.b.hf.space:7860",
    "10.1.2.3:7860",
    "[fd00:0::1]:7860",
]


@pytest.mark.parametrize("host", LOOPBACK)
def test_loopback_names_are_always_answered(host):
    assert status(frozenset(), ("Host", host)) == 200
    assert status(LISTED, ("Host", host)) == 200


@pytest.mark.parametrize("host", NEVER)
def test_no_other_name_is_answered(host):
    assert status(frozenset(), ("Host", host)) == 421
    assert status(LISTED, ("Host", host)) == 421


@pytest.mark.parametrize("host", ADDED)
def test_names_that_were_added_are_answered(host):
    assert status(frozenset(), ("Host", host)) == 421
    assert status(LISTED, ("Host", host)) == 200


def test_a_request_names_one_host():
    assert status(frozenset()) == 421
    assert status(None) == 421
    twice = (("Host", "localhost"), ("Host", "evil.example"))
    assert status(frozenset(), *twice) == status(frozenset(), *twice[::-1]) == 421
    assert status(frozenset(), ("Host", "localhost"), ("Host", "localhost")) == 421
    assert status(frozenset(), ("Host", "evil.example"), ("X-Forwarded-Host", "localhost")) == 421


def test_without_names_to_choose_from_any_name_is_answered_but_nonsense_is_not():
    assert status(None, ("Host", "evil.example")) == 200
    assert status(None, ("Host", "localhost:8501@evil.example")) == 421


def test_on_every_address_of_a_machine_these_are_answered_but_no_other_name():
    hosts = answered_hosts("0.0.0.0", LISTED)
    for host in ("192.168.1.5:7860", "[2001:db8::1]", "10.9.9.9", "studio.example.org"):
        assert status(hosts, ("Host", host)) == 200
    for host in ("evil.example", "192.168.1.5.evil.example", "0x7f.1", "2130706433", "[*]"):
        assert status(hosts, ("Host", host)) == 421
    origin = ("Origin", "http://192.168.1.6:7860")
    assert status(hosts, ("Host", "192.168.1.5:7860"), origin, method="POST") == 403


def test_the_hub_may_frame_its_spaces_and_nobody_else():
    usual, on_hub = (house_headers(on)["Content-Security-Policy"] for on in (False, True))
    assert usual == "frame-ancestors 'self'"
    assert on_hub == "frame-ancestors 'self' https://huggingface.co"
    assert {**house_headers(True), "Content-Security-Policy": usual} == HOUSE_HEADERS


HERE = ("Host", "localhost:8501")
SPACE = ("Host", "name-toploss.hf.space")
MAY = [
    (HERE, "http://localhost:8501"),
    (HERE, "HTTP://LOCALHOST:8501"),
    (("Host", "localhost"), "http://localhost:80"),
    (("Host", "[::1]:8501"), "http://[0::1]:8501"),
    (SPACE, "https://name-toploss.hf.space"),
    (("Host", "127.0.0.1:8501"), "https://studio.example.org"),  # a proxy with a name of its own
]
MAY_NOT = [
    (HERE, "http://evil.example"),
    (HERE, "http://localhost:9999"),
    (HERE, "http://127.0.0.1:8501"),
    (HERE, "http://localhost:8501@evil.example"),
    (HERE, "http://localhost:8501.evil.example"),
    (HERE, "http://localhost:8501/"),
    (HERE, "http://localhost:8501 http://evil.example"),
    (HERE, "file://localhost:8501"),
    (HERE, "localhost:8501"),
    (HERE, "null"),
    (HERE, ""),
    (SPACE, "https://other.hf.space"),
    (SPACE, "https://huggingface.co"),
    (SPACE, "http://localhost:8501"),
]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "UNHEARD"])
@pytest.mark.parametrize(("host", "origin"), MAY)
def test_pages_of_the_server_itself_may_change_something(method, host, origin):
    assert status(LISTED, host, ("Origin", origin), method=method) == 200
    assert status(LISTED, host, method=method) == 200  # a program, not a page


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "UNHEARD"])
@pytest.mark.parametrize(("host", "origin"), MAY_NOT)
def test_pages_of_others_may_not(method, host, origin):
    assert status(LISTED, host, ("Origin", origin), method=method) == 403
    assert status(None, host, ("Origin", origin), method=method) == 403
    both = (("Origin", "http://" + host[1]), ("Origin", origin))
    assert status(LISTED, host, *both, method=method) == 403
    assert status(LISTED, host, ("Origin", origin)) == 200  # browsers keep the answer from them


def test_pages_without_an_origin_may_if_that_is_added():
    assert status(LISTED | {"null"}, HERE, ("Origin", "null"), method="POST") == 200


@pytest.mark.parametrize(("host", "origin"), MAY)
def test_a_websocket_is_opened_for_pages_of_the_server_itself(host, origin):
    assert ask(LISTED, host, ("Origin", origin), kind="websocket") == [{"type": "websocket.accept"}]
    assert ask(LISTED, host, kind="websocket") == [{"type": "websocket.accept"}]


@pytest.mark.parametrize(
    ("host", "origin"),
    [*MAY_NOT, *((("Host", name), f"http://{name}") for name in NEVER)],
)
def test_a_websocket_of_others_is_never_accepted(host, origin):
    refused = [{"type": "websocket.close", "code": 1008}]
    assert ask(LISTED, host, ("Origin", origin), kind="websocket") == refused


@pytest.mark.parametrize("host", ["localhost", "evil.example"])
def test_every_response_has_the_headers_of_the_house(host):
    start, _ = ask(frozenset(), ("Host", host))
    names = [name.lower() for name, _ in start["headers"]]
    headers = [(name.decode().lower(), value.decode()) for name, value in start["headers"]]
    for name, value in HOUSE_HEADERS.items():
        assert (name.lower(), value) in headers
        assert names.count(name.lower().encode()) == 1 or name == "Content-Security-Policy"


def test_a_policy_of_the_app_holds_besides():
    start, _ = ask(frozenset(), HERE)
    policies = [v for k, v in start["headers"] if k.lower() == b"content-security-policy"]
    assert policies == [b"default-src 'self'", b"frame-ancestors 'self'"]


def test_a_refusal_says_what_to_do_and_nothing_that_was_sent():
    _, body = ask(frozenset(), ("Host", "evil.example"))
    assert set(json.loads(body["body"])) == {"message", "hint"}
    assert b"evil" not in body["body"]


def test_starting_and_stopping_pass():
    started = []

    async def only_lifespan(scope: dict[str, Any], receive: Any, send: Any) -> None:
        started.append(scope["type"])

    asyncio.run(HostGuard(only_lifespan, frozenset())({"type": "lifespan"}, None, None))
    assert started == ["lifespan"]


@pytest.mark.parametrize(
    ("address", "hosts", "answered"),
    [
        ("127.0.0.1", frozenset(), frozenset()),
        ("127.0.0.1", frozenset({"a.org"}), {"a.org"}),
        ("192.168.1.5", frozenset({"a.org"}), {"a.org", "192.168.1.5"}),
        ("fd00::1", frozenset(), {"fd00::1"}),
        ("0.0.0.0", frozenset({"a.org"}), {"a.org", ADDRESSES}),
        ("0.0.0.0", frozenset(), None),
        ("::", frozenset(), None),
        ("", frozenset(), None),
        (None, frozenset(), None),
        ("unix:///run/studio", frozenset(), frozenset()),
    ],
)
def test_a_server_answers_by_the_address_it_listens_on(address, hosts, answered):
    assert answered_hosts(address, hosts) == answered


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("A.org", "a.org"),
        ("a.org.:8080", "a.org"),
        ("*.a.org", "*.a.org"),
        ("*.a.org:80", "*.a.org"),
        ("fd00:0::1", "fd00::1"),
        ("[fd00::1]:80", "fd00::1"),
        ("null", "null"),
        ("*", None),
        ("*.", None),
        ("a.*", None),
        ("*a.org", None),
        ("https://a.org", None),
        ("a.org/path", None),
        ("me@a.org", None),
        ("", None),
    ],
)
def test_a_pattern_is_a_name_or_all_below_one(text, pattern):
    assert host_pattern(text) == pattern


def test_default_ports_do_not_count():
    for text in ("a.org:443", "a.org:80", "A.org"):
        assert authority(text) == Authority("a.org", None)
    assert authority("a.org:8501") == Authority("a.org", 8501)
