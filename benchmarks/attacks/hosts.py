"""Names that a page of another site may reach this machine by, and what a browser is told."""

from __future__ import annotations

import base64
import socket
from collections.abc import Iterator, Mapping
from functools import partial

from benchmarks.attacks.attack import Attack, demand
from benchmarks.attacks.ground import Ground
from benchmarks.attacks.routes import own_addresses
from benchmarks.attacks.servers import ANSWER_S, Server, running, served, studio, wait_for_page

EVIL = "evil.example"
FOREIGN = (
    EVIL, "127.0.0.1.evil.example", "localhost.evil.example", "127.0.0.1.nip.io", "evil-localhost",
    "127.0.0.1@evil.example", "evil.example#127.0.0.1", "192.168.1.5", "169.254.169.254",
    "[fd00::1]", "0.0.0.0", "localhost,evil.example", "evil.example/localhost", "",
    "[", "127.0.0.1 evil.example",
)  # fmt: skip
OWN = ("127.0.0.1", "localhost", "LocalHost")
ORIGINS = ("http://evil.example", "https://127.0.0.1.evil.example", "null", "file://",
           "http://localhost.evil.example", "chrome-extension://x")  # fmt: skip
SIMPLE = {"Content-Type": "text/plain"}


def attacks(ground: Ground) -> Iterator[Attack]:
    picture = next((ground.bundle / "examples").glob("*.jpg")).read_bytes()
    with running(studio(ground.home)) as server:
        pictures = own_addresses(ground.target)[:4]
        yield from _names("studio", server, ["/", "/_stcore/host-config", *pictures])
        yield from _sockets("studio", server, "/_stcore/stream")
        yield from _headers("studio", server, "/", pictures)
    with running(served(ground.bundle, ground.home)) as server:
        wait_for_page(server)
        paths = ["/", "/health", "/config", "/gradio_api/info", "/gradio_api/startup-events"]
        yield from _names("served", server, paths)
        yield from _posts(server, picture)
        yield from _sockets("served", server, "/", served=True)
        yield from _headers("served", server, "/", ["/health", "/config", _example(server)])


def _example(server: Server) -> str:
    """The address of a picture that the page shows."""
    text = server.ask("/config").body.decode()
    at = text.find("/gradio_api/file=")
    return text[at : text.find('"', at)] if at >= 0 else "/gradio_api/info"


def _names(which: str, server: Server, paths: list[str]) -> Iterator[Attack]:
    for host in FOREIGN:
        for path in paths if host == EVIL else paths[:2]:
            for port in (f":{server.port}", ""):
                act = partial(_foreign, server, path, f"{host}{port}")
                yield Attack(f"{which}: {path[:30]} as {host or 'nobody'}{port[:1]}", act)
    for host in OWN:
        act = partial(_own, server, paths[0], f"{host}:{server.port}")
        yield Attack(f"{which}: its own name {host} is answered", act)


def _foreign(server: Server, path: str, host: str) -> None:
    answer = server.ask(path, headers={"Host": host})
    demand(400 <= answer.status < 500, f"answers {answer.status}, {len(answer.body):,} bytes")
    demand(len(answer.body) < 2000, f"the refusal has {len(answer.body):,} bytes")


def _own(server: Server, path: str, host: str) -> None:
    answer = server.ask(path, headers={"Host": host})
    demand(answer.status == 200, f"answers {answer.status}")


def _posts(server: Server, picture: bytes) -> Iterator[Attack]:
    """What a form or script of another site may send: it may not read the answer."""
    for path, body in (("/classify", picture), ("/gradio_api/queue/join", b"{}")):
        for origin in ORIGINS:
            headers = {"Origin": origin, **SIMPLE}
            act = partial(_unreadable, server, path, body, headers)
            yield Attack(f"served: POST {path} from {origin}", act)
        act = partial(_foreign_post, server, path, body)
        yield Attack(f"served: POST {path} as {EVIL}", act)


def _unreadable(server: Server, path: str, body: bytes, headers: Mapping[str, str]) -> None:
    answer = server.ask(path, "POST", body, headers)
    allowed = answer.headers.get("access-control-allow-origin", "")
    demand(allowed not in ("*", headers["Origin"]), f"it lets {allowed} read")


def _foreign_post(server: Server, path: str, body: bytes) -> None:
    answer = server.ask(path, "POST", body, {"Host": EVIL})
    demand(400 <= answer.status < 500, f"answers {answer.status}")
    demand(b"probab" not in answer.body and b"red" not in answer.body, "it classifies")


def _sockets(which: str, server: Server, path: str, served: bool = False) -> Iterator[Attack]:
    here = f"127.0.0.1:{server.port}"
    for host, origin in (
        (EVIL, f"http://{EVIL}"),
        (f"{EVIL}:{server.port}", f"http://{EVIL}:{server.port}"),
        (EVIL, None),
        *((here, origin) for origin in ORIGINS),
        ("0.0.0.0", "http://0.0.0.0"),
    ):
        act = partial(_no_socket, server, path, host, origin)
        yield Attack(f"{which}: WebSocket as {host.split(':')[0]} from {origin}", act)
    if not served:
        act = partial(_a_socket, server, path, here)
        yield Attack(f"{which}: its own WebSocket is answered", act)


def _no_socket(server: Server, path: str, host: str, origin: str | None) -> None:
    status = upgraded(server, path, host, origin)
    demand(b" 101 " not in status, f"it says {status.decode(errors='replace')}")


def _a_socket(server: Server, path: str, host: str) -> None:
    status = upgraded(server, path, host, f"http://{host}")
    demand(b" 101 " in status, f"it says {status.decode(errors='replace')}")


def upgraded(server: Server, path: str, host: str, origin: str | None) -> bytes:
    """The first line of the answer to a WebSocket's handshake."""
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}", "Upgrade: websocket", "Connection: Upgrade"]
    key = base64.b64encode(b"an attack's key!").decode()
    lines += ["Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}"]
    lines += [f"Origin: {origin}"] if origin else []
    with socket.create_connection(("127.0.0.1", server.port), timeout=ANSWER_S) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        return connection.recv(4096).split(b"\r\n")[0]


def _headers(which: str, server: Server, page: str, resources: list[str]) -> Iterator[Attack]:
    yield Attack(f"{which}: its page in a frame", partial(_not_framed, server, page))
    for path in resources:
        act = partial(_not_embedded, server, path)
        yield Attack(f"{which}: {path[:40]} in another site's page", act)


def _not_framed(server: Server, path: str) -> None:
    headers = server.ask(path).headers
    policy = headers.get("content-security-policy", "")
    asked = "frame-ancestors" in policy or "x-frame-options" in headers
    demand(asked, "neither frame-ancestors nor X-Frame-Options is said")
    demand("frame-ancestors *" not in policy, "every site may frame it")


def _not_embedded(server: Server, path: str) -> None:
    said = server.ask(path).headers.get("cross-origin-resource-policy", "")
    demand(said in ("same-origin", "same-site"), f"Cross-Origin-Resource-Policy is {said!r}")
