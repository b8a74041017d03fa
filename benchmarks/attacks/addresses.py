"""Addresses that lead into this machine: spellings, redirects, names that change their mind."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from benchmarks.attacks.attack import Attack, Broken, demand
from benchmarks.attacks.ground import Ground, do, in_words, opened
from core.dataset.addresses import checked_address, public_socket
from core.dataset.url_list import keep_list
from core.errors import PictureError

NUMBERS = (
    "0.0.0.0", "0.1.2.3", "10.1.2.3", "100.64.0.1", "100.100.100.200", "127.0.0.1",
    "127.255.255.254", "168.63.129.16", "169.254.169.254", "172.16.0.1", "172.31.255.254",
    "192.0.0.1", "192.0.2.1", "192.168.0.1", "192.168.255.255", "198.18.0.1", "198.51.100.7",
    "203.0.113.9", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe", "::127.0.0.1",
    "64:ff9b::127.0.0.1", "64:ff9b::a00:1", "64:ff9b:1::127.0.0.1", "2001:db8::1",
    "2002:7f00:1::", "2002:a9fe:a9fe::", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1",
    "ff02::1", "100::1", "2001:10::1", "3fff::1", "5f00::1",
)  # fmt: skip
"""Addresses that are not of the public internet, in their one canonical spelling."""
SPELLED = (
    "2130706433", "0x7f000001", "0x7F.0.0.1", "0177.0.0.1", "017700000001", "127.1", "127.0.1",
    "127.0.0.1.", "127.0.0.1.1", "127.00.00.01", "127.0.0.0x1", "0", "0x0", "00000177.1",
    "１２７.0.0.1", "127。0。0。1", "127．0．0．1", "①②⑦.0.0.1", "[::1%25lo]", "[0:0:0:0:0:0:0:1]",
    "[::ffff:7f00:1]", "[0000::0001]", "localhost", "LOCALHOST", "localhost.", "me.localhost",
    "ｌｏｃａｌｈｏｓｔ", "metadata.google.internal", "printer.local",
    "router", "nas.home.arpa", "x.onion", "me@127.0.0.1", "example.com@127.0.0.1",
    "example.com:80@127.0.0.1", "127.0.0.1#@example.com", "127.0.0.1?@example.com",
    "127.0.0.1\\@example.com", "example.com\\@127.0.0.1", "exa\tmple.com@127.0.0.1",
    "%31%32%37.0.0.1", "127%2e0.0.1", "127.0.0.1%00.example.com", "127.0.0.1\u00ad",
    "1\u200b27.0.0.1",
)  # fmt: skip
"""The same as somebody writes them who hopes that two readers read differently."""
ODD = ("file:///etc/passwd", "gopher://127.0.0.1/", "dict://127.0.0.1:11211/", "ftp://127.0.0.1/",
       "//127.0.0.1/", "http:127.0.0.1/", "http:/127.0.0.1/", "http:///127.0.0.1/",
       "http://example.com:22/", "http://example.com:6379/", "data:image/png;base64,AAAA",
       "http://example.com/\r\nHost: 127.0.0.1", "jar:http://127.0.0.1!/")  # fmt: skip
STATUSES = (301, 302, 303, 307, 308)
PORTS = (8080, 8000, 8443, 0)  # the studio fetches from the first three
INWARD = ("127.0.0.2", "localhost", "0.0.0.0", "[::1]", "2130706433", "127.1", "[::ffff:127.0.0.2]")


def attacks(ground: Ground) -> Iterator[Attack]:
    addresses = [*map(_address, NUMBERS), *(f"http://{host}/1.jpg" for host in SPELLED), *ODD]
    for address in addresses:
        yield Attack(f"spelled {address!a}", partial(_is_refused, address))
    for number in NUMBERS:
        yield Attack(f"a name that leads to {number} later", partial(_no_socket, number))
    yield Attack("a list of them, by a job", partial(_by_job, ground, addresses), 120)
    yield Attack("redirects to inside, by a job", partial(_redirects, ground), 120)


def _address(number: str) -> str:
    return f"http://{f'[{number}]' if ':' in number else number}/1.jpg"


def _is_refused(address: str) -> None:
    try:
        accepted = checked_address(address)
    except PictureError as refusal:
        demand(bool(refusal.message and refusal.hint), "it is refused without a reason")
    else:
        raise Broken(f"it is taken as {accepted}")


def _no_socket(number: str) -> None:
    """What a rebound name comes down to: the number that is connected to."""
    family = socket.AF_INET6 if ":" in number else socket.AF_INET
    try:
        public_socket((family, socket.SOCK_STREAM, 6, "", (number, 80))).close()
    except OSError:
        return
    raise Broken("a socket is made for it")


def _by_job(ground: Ground, addresses: Sequence[str]) -> None:
    with _listener() as (port, asked):
        inside = [f"http://{host}:{port}/1.jpg" for host in INWARD]
        _download(ground, [*addresses, *inside])
        demand(not asked, f"this machine was asked for {asked[:1]}")


def _redirects(ground: Ground) -> None:
    """An open host sends the studio on to one that is not."""
    with _listener() as (port, asked):
        os.environ["TOPLOSS_OPEN_HOSTS"] = "127.0.0.1"
        try:
            ways = [(s, h) for s in STATUSES for h in INWARD]
            _download(
                ground, [f"http://127.0.0.1:{port}/{s}/http://{h}:{port}/x.jpg" for s, h in ways]
            )
        finally:
            del os.environ["TOPLOSS_OPEN_HOSTS"]
        demand(len(asked) >= len(ways), "the open host was not asked")
        inside = [path for path in asked if path == "/x.jpg"]
        demand(not inside, f"{len(inside)} of {len(ways)} redirects to inside were followed")


def _download(ground: Ground, addresses: Sequence[str]) -> None:
    with ground.borrowed() as workspace:
        rows = [address for address in addresses if "\r" not in address]
        name = keep_list(workspace, "\n".join(["url", *rows]).encode(errors="replace"))
        args = {"way": "urls", "list": name, "label": "red", "name": "addresses"}
        in_words(do(workspace, "import", args, 100))
        with opened(workspace) as catalog:
            demand(len(catalog.images.all()) == 40, "pictures came from inside")


@contextmanager
def _listener() -> Iterator[tuple[int, list[str]]]:
    """Servers on two addresses of loopback: their port, and the paths that it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            status, _, onward = self.path[1:].partition("/")
            if onward:
                self.send_response(int(status))
                self.send_header("Location", onward)
                self.end_headers()
            else:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(json.dumps({}).encode())

        def log_message(self, *args: object) -> None:
            """Not to be read by anybody."""

    with ExitStack() as stack:
        first = stack.enter_context(_server(Handler, "127.0.0.1", PORTS))
        port = int(first.server_address[1])
        stack.enter_context(_server(Handler, "127.0.0.2", [port]))
        yield port, asked


@contextmanager
def _server(
    handler: type[BaseHTTPRequestHandler], host: str, ports: Sequence[int]
) -> Iterator[ThreadingHTTPServer]:
    """On the first of these ports that is free."""
    for port in ports:
        try:
            server = ThreadingHTTPServer((host, port), handler)
        except OSError:
            continue
        with server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield server
            server.shutdown()
        return
    raise Broken(f"no port of {host} is free")
