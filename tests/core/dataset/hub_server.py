"""The few addresses of the Hugging Face Hub that a download of a dataset asks for."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

import pytest
from huggingface_hub import constants

COMMIT = hashlib.sha1(b"a commit").hexdigest()


class _Handler(BaseHTTPRequestHandler):
    repositories: Mapping[str, Mapping[str, bytes]]
    asked: list[str]

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def _answer(self, body: bool) -> None:
        path = unquote(urlsplit(self.path).path)
        self.asked.append(path)
        for name, files in self.repositories.items():
            if path in (f"/api/datasets/{name}", f"/api/datasets/{name}/revision/main"):
                self._send(_listing(name, files), "application/json", body)
                return
            start = f"/datasets/{name}/resolve/{COMMIT}/"
            if path.startswith(start) and path.removeprefix(start) in files:
                self._send(files[path.removeprefix(start)], "application/octet-stream", body)
                return
        self._send(b"{}", "application/json", body, status=404, reason="RepoNotFound")

    def _send(
        self, data: bytes, kind: str, body: bool, status: int = 200, reason: str = ""
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("ETag", f'"{hashlib.sha1(data).hexdigest()}"')
        self.send_header("X-Repo-Commit", COMMIT)
        if reason:
            self.send_header("X-Error-Code", reason)
        self.end_headers()
        if body:
            self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Tests read `asked` instead."""


def _listing(name: str, files: Mapping[str, bytes]) -> bytes:
    siblings = [{"rfilename": path, "size": len(data)} for path, data in files.items()]
    return json.dumps({"id": name, "sha": COMMIT, "siblings": siblings}).encode()


@contextmanager
def hub(
    monkeypatch: pytest.MonkeyPatch, repositories: Mapping[str, Mapping[str, bytes]]
) -> Iterator[list[str]]:
    """A hub with these repositories on this machine; the paths that it was asked for."""
    asked: list[str] = []
    handler = type("Handler", (_Handler,), {"repositories": repositories, "asked": asked})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("HF_ENDPOINT", constants.ENDPOINT)  # read by processes that start later
    template = constants.ENDPOINT + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    try:
        yield asked
    finally:
        server.shutdown()
        server.server_close()
