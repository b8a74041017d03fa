"""A small web server that answers as a test wants it, byte by byte."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

Answer = Callable[[BinaryIO, int], None]
"""Writes the whole answer; the number says which request for this path it is, from 1."""


class Web:
    """Answers by path; `requests` are the paths that were asked for, in order."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.answers: dict[str, Answer] = {}
        self.requests: list[str] = []
        self.heads: list[str] = []

    def at(self, path: str, answer: Answer | bytes, host: str = "127.0.0.1") -> str:
        """Answer there from now on; bytes are the body of an answer. The full address."""
        self.answers[path] = body(answer) if isinstance(answer, bytes) else answer
        return f"http://{host}:{self.port}{path}"


def raw(*parts: bytes) -> Answer:
    """These bytes, whatever they are."""

    def answer(out: BinaryIO, number: int) -> None:
        for part in parts:
            out.write(part)

    return answer


def body(data: bytes, headers: str = "", status: str = "200 OK") -> Answer:
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(data)}\r\n{headers}\r\n"
    return raw(head.encode(), data)


def status(line: str, headers: str = "") -> Answer:
    return body(b"", headers, line)


def redirect(target: str, code: int = 302) -> Answer:
    return status(f"{code} Found", f"Location: {target}\r\n")


def first(times: int, answer: Answer, then: Answer) -> Answer:
    """One answer to the first requests, another one to those after them."""
    return lambda out, number: (answer if number <= times else then)(out, number)


@contextmanager
def serve() -> Iterator[Web]:
    """A server on a free port of this machine, under all its names, until the block ends."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            if self.rfile.peek(1)[:1] == b"\x16":  # somebody wants to speak TLS
                self.wfile.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                return
            head = b""
            while not head.endswith(b"\r\n\r\n") and (line := self.rfile.readline()):
                head += line
            path = head.decode("latin-1").split(" ")[1] if b" " in head else ""
            web.requests.append(path)
            web.heads.append(head.decode("latin-1"))
            answer = web.answers.get(path, status("404 Not Found"))
            with suppress(OSError):  # the other side left, as it should
                answer(self.wfile, web.requests.count(path))

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

    with Server(("0.0.0.0", 0), Handler) as server:
        web = Web(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield web
        server.shutdown()
        thread.join()
