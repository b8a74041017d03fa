"""A hub on this machine that takes what its client pushes: the few addresses of its protocol."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "b" * 40
SMALL = 1000  # files of fewer bytes travel within the commit


@dataclass
class HubState:
    """What the hub knows: files by repository ("models/ann/bears"), and what it was asked."""

    token: str
    address: str = ""
    files: dict[str, dict[str, bytes]] = field(default_factory=dict)
    kinds: dict[str, dict] = field(default_factory=dict)
    large: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    refuse: dict[str, int] = field(default_factory=dict)
    says: str = "The hub says no."


@contextmanager
def a_hub_to_push_to(token: str) -> Iterator[HubState]:
    """Serve an empty hub that knows one token."""
    state = HubState(token)

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            self._answer(self._body())

        def do_PUT(self) -> None:
            data = self._body()
            state.asked.append(f"PUT {self.path}")
            state.large[hashlib.sha256(data).hexdigest()] = data
            self._say(200, {})

        def _body(self) -> bytes:
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))

        def _answer(self, body: bytes) -> None:
            path = self.path.partition("?")[0]
            state.asked.append(f"{self.command} {path}")
            known = self.headers.get("Authorization") == f"Bearer {state.token}"
            refused = next((s for part, s in state.refuse.items() if part in path), None)
            if refused or not known:
                self._say(refused or 401, {"error": state.says})
            else:
                self._say(*answer(state, path, body))

        def _say(self, status: int, content: object) -> None:
            data = json.dumps(content).encode()
            self.send_response(status)
            if status == 404:
                self.send_header("X-Error-Code", "RepoNotFound")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    state.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()


def answer(state: HubState, path: str, body: bytes) -> tuple[int, object]:
    """Status and JSON for one request."""
    if path == "/api/repos/create":
        return _create(state, json.loads(body))
    if path == "/api/validate-yaml":
        return 200, {"errors": [], "warnings": []}
    if path.endswith(".git/info/lfs/objects/batch"):
        return 200, {"transfer": "basic", "objects": [_upload_of(state, o) for o in _objects(body)]}
    return _about_repository(state, path.removeprefix("/api/").split("/"), body)


def _about_repository(state: HubState, path: list[str], body: bytes) -> tuple[int, object]:
    sort, owner, name, *rest = path
    files = state.files.get(repository := f"{sort}/{owner}/{name}")
    if files is None:
        return 404, {"error": "no such repository"}
    if rest[:1] == ["preupload"]:
        modes = [
            {"path": f["path"], "uploadMode": "regular" if f["size"] < SMALL else "lfs"}
            for f in json.loads(body)["files"]
        ]
        return 200, {"files": [{**f, "shouldIgnore": False} for f in modes]}
    if rest[:1] == ["commit"]:
        _commit(state, repository, body)
        url = f"{state.address}/{owner}/{name}/commit/{COMMIT}"
        return 200, {"success": True, "commitOid": COMMIT, "commitUrl": url}
    listed = [{"rfilename": file} for file in files]
    if rest[:1] == ["tree"]:
        tree = [{"type": "file", "path": f, "size": len(d), "oid": "0"} for f, d in files.items()]
        return 200, tree
    return 200, {"id": f"{owner}/{name}", "siblings": listed, "sha": COMMIT, "tags": []}


def _create(state: HubState, fields: dict) -> tuple[int, object]:
    sort = {"model": "models", "space": "spaces"}[fields.get("type") or "model"]
    repository = f"{sort}/{fields['organization']}/{fields['name']}"
    url = f"{state.address}/{fields['organization']}/{fields['name']}"
    if repository in state.files:
        return 409, {"error": "it is there already", "url": url}
    state.files[repository], state.kinds[repository] = {".gitattributes": b""}, fields
    return 200, {"url": url}


def _objects(body: bytes) -> list[dict]:
    return json.loads(body)["objects"]


def _upload_of(state: HubState, entry: dict) -> dict:
    """Where a large file goes; nowhere, if it is there already."""
    if entry["oid"] in state.large:
        return entry
    upload = {"href": f"{state.address}/upload/{entry['oid']}", "header": {}}
    return {**entry, "actions": {"upload": upload}}


def _commit(state: HubState, repository: str, body: bytes) -> None:
    for line in body.decode().splitlines():
        entry = json.loads(line)
        value = entry["value"]
        if entry["key"] == "file":
            state.files[repository][value["path"]] = base64.b64decode(value["content"])
        elif entry["key"] == "lfsFile":
            state.files[repository][value["path"]] = state.large[value["oid"]]
        elif entry["key"] == "deletedFile":
            del state.files[repository][value["path"]]
