"""Whom a server answers: an ASGI middleware that looks at Host and Origin before anything else.

A page of another name can make a browser ask for any address, also for one that leads to this
machine (DNS rebinding): such a request carries the other name in `Host`. A page of another origin
can send a form or open a WebSocket here: such a request carries its `Origin`. Both are refused.
What is answered carries headers that keep it out of the frames and pictures of other pages.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

HOUSE_HEADERS = {
    "Content-Security-Policy": "frame-ancestors 'self'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
"""For every response: no other page frames it, and none loads its pictures."""
HUB = "https://huggingface.co"
EVERYWHERE = ("", "0.0.0.0", "::")
ADDRESSES = "[*]"
"""Among hosts: every address in numbers. No page of another name can come by one."""
READING = ("GET", "HEAD", "OPTIONS")
DEFAULT_PORTS = (80, 443)
POLICY_VIOLATION = 1008
_ADDED = b"content-security-policy"  # two of them hold both; of other headers there is one
_AUTHORITY = re.compile(
    r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9_](?:[a-z0-9_-]|\.(?!\.))*)(?::(?P<port>[0-9]{1,5}))?"
)
_ORIGIN = re.compile(r"https?://(?P<authority>.+)")


@dataclass(frozen=True)
class Authority:
    """Name and port of a `Host` or an `Origin`.

    Attributes:
        name: in lower case, without a dot at its end; an IPv6 address without brackets, shortest.
        port: None for the one that the scheme has anyway.
    """

    name: str
    port: int | None


def authority(text: str) -> Authority | None:
    """What a `Host` header says; None if it says nothing that a browser would send."""
    match = _AUTHORITY.fullmatch(text.lower())
    if match is None:
        return None
    name, port = match["name"].removesuffix("."), int(match["port"] or 80)
    if name.startswith("["):
        try:
            name = str(ipaddress.IPv6Address(name[1:-1]))
        except ValueError:
            return None
    if not 0 < port < 65536:
        return None
    return Authority(name, None if port in DEFAULT_PORTS else port)


def host_pattern(text: str) -> str | None:
    """A name as it stands in a list of hosts, `*.` before it for all below it; None if it is none.

    A port after it does not count. The word "null" is the `Origin` of a page without one.
    """
    below, bare = text.startswith("*."), text.removeprefix("*.")
    with suppress(ValueError):
        bare = f"[{ipaddress.IPv6Address(bare)}]"
    host = authority(bare)
    if host is None:
        return None
    return f"*.{host.name}" if below else host.name


def house_headers(on_hub: bool) -> dict[str, str]:
    """The headers of the house; the Hugging Face Hub shows its Spaces inside a page of its own."""
    ancestors = f"frame-ancestors 'self' {HUB}" if on_hub else "frame-ancestors 'self'"
    return {**HOUSE_HEADERS, "Content-Security-Policy": ancestors}


def answered_hosts(address: str | None, hosts: frozenset[str]) -> frozenset[str] | None:
    """The names that a server on that address answers besides loopback ones; None for any name.

    Bound to every address of a machine it cannot know its names: whoever sets none gets any. If
    some are set, the machine's own addresses go on to be answered: whoever looks whether a
    container is well asks by them.
    """
    if (address or "") in EVERYWHERE:
        return hosts | {ADDRESSES} if hosts else None
    name = host_pattern(address or "")
    return hosts if name is None or is_loopback(name) else hosts | {name}


def is_address(name: str) -> bool:
    """Whether a name is an address in numbers."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def is_loopback(name: str) -> bool:
    """Whether that is a name or address of this machine for itself."""
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


class HostGuard:
    """Answers only whom it should, with the headers of the house.

    `hosts` are answered besides loopback names: exact ones, `*.name` for all below a name, or
    `ADDRESSES`; None is for any name. What is asked by another name gets 421, or a WebSocket that
    is never accepted. Whoever changes something, or opens a WebSocket, from a page must do so from
    a page of this very server, or of a name that stands in `hosts` without a `*`; else 403.
    """

    def __init__(
        self, app: App, hosts: Collection[str] | None, headers: Mapping[str, str] = HOUSE_HEADERS
    ) -> None:
        self._app = app
        self._any = hosts is None
        self._exact = frozenset(name for name in hosts or () if not name.startswith("*."))
        self._below = tuple(name[1:] for name in hosts or () if name.startswith("*."))
        self._headers = [(k.lower().encode(), v.encode()) for k, v in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is None:
            await self._app(scope, receive, self._with_headers(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": POLICY_VIOLATION})
        else:
            await _refuse(refusal, self._with_headers(send))

    def _refusal(self, scope: Scope) -> tuple[int, str, str] | None:
        """Status, what happened, and what to do; None for whom to answer."""
        hosts = [authority(text) for text in _values(scope, b"host")]
        host = hosts[0] if len(hosts) == 1 else None
        if host is None or not self._answers(host.name):
            return 421, "TopLoss does not answer by this name.", "Set TOPLOSS_HOSTS to add it."
        reads = scope["type"] == "http" and scope["method"] in READING
        if reads or all(self._sends(text, host) for text in _values(scope, b"origin")):
            return None
        return 403, "A page of another address may not do that here.", "Open TopLoss itself."

    def _answers(self, name: str) -> bool:
        if self._any or name in self._exact or name.endswith(self._below):
            return True
        return is_loopback(name) or (ADDRESSES in self._exact and is_address(name))

    def _sends(self, origin: str, host: Authority) -> bool:
        """Whether a page of that origin may change something here."""
        match = _ORIGIN.fullmatch(origin.lower())
        page = authority(match["authority"]) if match else None
        if page is None:
            return origin == "null" and "null" in self._exact
        return page == host or page.name in self._exact

    def _with_headers(self, send: Send) -> Send:
        async def send_with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": self._all_headers(message.get("headers", ()))}
            await send(message)

        return send_with_headers

    def _all_headers(self, headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        ours = {name for name, _ in self._headers} - {_ADDED}
        return [pair for pair in headers if bytes(pair[0]).lower() not in ours] + self._headers


def _values(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name]


async def _refuse(refusal: tuple[int, str, str], send: Send) -> None:
    status, message, hint = refusal
    body = json.dumps({"message": message, "hint": hint}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
