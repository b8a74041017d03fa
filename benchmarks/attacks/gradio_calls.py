"""Asking a page of Gradio as its own script does: events by number, endpoints by name, uploads."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.attacks.servers import Answer, Server

JSON = {"Content-Type": "application/json"}
API = "/gradio_api"


@dataclass(frozen=True)
class Said:
    """What came of an event: the status of joining, whether it succeeded, and all that was sent."""

    status: int
    success: bool
    text: str


@dataclass
class Session:
    """A visitor's page, without the page."""

    server: Server
    patience_s: float = 20.0
    name: str = field(default_factory=lambda: secrets.token_hex(6))

    def event(self, number: object, data: Sequence[Any], **more: Any) -> Said:
        """Join the queue by the number of a function, and listen until it is done."""
        body = {"data": list(data), "fn_index": number, "session_hash": self.name, **more}
        joined = self.post(f"{API}/queue/join", body)
        if joined.status != 200:
            return Said(joined.status, False, joined.body.decode(errors="replace"))
        heard = self.server.ask(
            f"{API}/queue/data?session_hash={self.name}", patience_s=self.patience_s
        )
        return _heard(joined.status, heard)

    def call(self, endpoint: str, data: Sequence[Any]) -> Said:
        """As programs do: POST /call/NAME, then what its event says."""
        joined = self.post(f"{API}/call/{endpoint}", {"data": list(data)})
        if joined.status != 200:
            return Said(joined.status, False, joined.body.decode(errors="replace"))
        event = json.loads(joined.body)["event_id"]
        heard = self.server.ask(f"{API}/call/{endpoint}/{event}", patience_s=self.patience_s)
        text = heard.body.decode(errors="replace")
        return Said(heard.status, "event: complete" in text, text)

    def run(self, endpoint: str, data: Sequence[Any], **more: Any) -> Said:
        """Past the queue: POST /run/NAME."""
        answer = self.post(f"{API}/run/{endpoint}", {"data": list(data), **more})
        return Said(answer.status, answer.status == 200, answer.body.decode(errors="replace"))

    def upload(self, data: bytes, name: str = "picture.jpg") -> Answer:
        edge = "edge-of-a-form"
        head = (
            f'--{edge}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'
        )
        body = head.encode(errors="replace") + data + f"\r\n--{edge}--\r\n".encode()
        kind = {"Content-Type": f"multipart/form-data; boundary={edge}"}
        return self.server.ask(f"{API}/upload", "POST", body, kind, self.patience_s)

    def post(self, path: str, body: Any) -> Answer:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.server.ask(path, "POST", data, JSON, self.patience_s)


def _heard(status: int, answer: Answer) -> Said:
    text = answer.body.decode(errors="replace")
    for line in text.splitlines():
        if line.startswith("data:") and '"process_completed"' in line:
            return Said(status, json.loads(line[5:]).get("success") is True, text)
    return Said(status, False, text)
