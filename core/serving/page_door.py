"""The door of the page: what a visitor may ask Gradio, and how it answers when it fails.

Gradio publishes far more routes than the page needs (a proxy, an editor, files of the server by
name, its own description). Those that the page and `gradio_client` use are listed here, the others
are not there. What is sent to them is taken apart and put together anew from the parts that are
expected, within limits; a failure on the way is the visitor's error in words, never a traceback.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Collection
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.serving.service import Refusal
from core.serving.uploads import MOST_AT_ONCE, Uploads

API = "/gradio_api"
MOST_EVENT_BYTES = 500_000  # a hundred files with long names
MOST_HEAD_BYTES = 1_000_000  # of an upload: all but the files
MOST_KEPT_BYTES = 10_000  # of what Gradio says of its failure
FILE = f"{API}/file="
READ = re.compile(
    r"/|/config/?|/theme\.css|/favicon\.ico|/manifest\.json|/robots\.txt|/pwa_icon(/\d{1,4})?"
    r"|/(assets|static|svelte)/.+"
    rf"|{API}/(info/?|app_id/?|startup-events|theme\.css|upload_progress|queue/data)"
    rf"|{API}/heartbeat/[\w-]{{1,64}}|{API}/call/(v2/)?\w{{1,64}}/[\w-]{{1,64}}|{FILE}.+"
)
ASK = re.compile(rf"{API}/(?P<way>queue/join|(call|call/v2|run|api)/(?P<name>\w{{1,64}}))/?")
UPLOAD = re.compile(rf"{API}/upload/?")
SESSION = re.compile(r"[\w-]{1,64}")
BUSY = 503

log = logging.getLogger(__name__)


class PageDoor:
    """ASGI around Gradio's application.

    Args:
        names: of the endpoints.
        functions: the numbers of the page's functions.
    """

    def __init__(
        self, app: ASGIApp, uploads: Uploads, names: Collection[str], functions: Collection[int]
    ) -> None:
        self._app, self._uploads = app, uploads
        self._names, self._functions = frozenset(names), frozenset(functions)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(send)
        try:
            await self._app(scope, await self._let_in(scope, receive), answer.send)
        except Refusal as refusal:
            answer.refusal = refusal
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001 - whatever Gradio cannot handle
            log.warning("The page failed at %s (%r)", scope["path"], error)
            answer.failed = True
        await answer.finish(scope, receive)

    async def _let_in(self, scope: Scope, receive: Receive) -> Receive:
        """What Gradio may receive of a request.

        Raises:
            Refusal: nothing.
        """
        method, path = scope["method"], scope["path"]
        if method in ("GET", "HEAD") and READ.fullmatch(path):
            if path.startswith(FILE):
                self._uploads.path(path.removeprefix(FILE))
            return receive
        if method == "POST" and UPLOAD.fullmatch(path):
            if not await asyncio.to_thread(self._uploads.have_room):
                raise Refusal(BUSY, "Too many pictures are kept here.", "Try again in an hour.")
            return _at_most(receive, MOST_HEAD_BYTES + MOST_AT_ONCE * self._uploads.most_bytes)
        if method == "POST" and (match := ASK.fullmatch(path)):
            event = self._event(match["way"], match["name"], await _json(receive))
            return _anew(event, receive)
        raise Refusal(404, "There is nothing here.", "Send pictures to POST /classify.")

    def _event(self, way: str, name: str | None, body: Any) -> dict[str, Any]:
        """The parts of an event that the page uses; the rest is Gradio's own affair."""
        if not isinstance(body, dict):
            raise _odd()
        if way.startswith("call/v2"):
            if name not in self._names:
                raise _unknown()
            return body
        session, number, data = body.get("session_hash"), body.get("fn_index"), body.get("data")
        if number is None:
            if name not in self._names:
                raise _unknown()
        elif type(number) is not int or number not in self._functions:
            raise _unknown()
        if session is not None and not (isinstance(session, str) and SESSION.fullmatch(session)):
            raise _odd()
        trigger = body.get("trigger_id")
        event = {"data": data, "fn_index": number, "session_hash": session}
        return event | ({"trigger_id": trigger} if type(trigger) is int else {})


class _Answer:
    """What Gradio sends, but its failures: these are held back and said in words."""

    def __init__(self, send: Send) -> None:
        self._send, self._began, self._failure_body = send, False, b""
        self.failed = False
        self.refusal: Refusal | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.failed = message["status"] >= 500 and message["status"] != BUSY
            self._began = not self.failed
        if not self.failed:
            await self._send(message)
        elif len(self._failure_body) < MOST_KEPT_BYTES:
            self._failure_body += message.get("body", b"")

    async def finish(self, scope: Scope, receive: Receive) -> None:
        """Say what went wrong, if anything did; an answer that had begun is only ended."""
        if not self.failed and self.refusal is None:
            return
        if self._began:
            await self._send({"type": "http.response.body", "body": b""})
            return
        refusal = self.refusal or Refusal(422, *self._words())
        await _refusal_response(refusal)(scope, receive, self._send)

    def _words(self) -> tuple[str, str]:
        try:
            words = json.loads(self._failure_body)["error"]
        except (ValueError, KeyError, TypeError, RecursionError):
            words = None
        if isinstance(words, str) and words:
            return words, "Try it another way."
        return "The page cannot answer this.", "Reload the page, and try again."


def _refusal_response(refusal: Refusal) -> Response:
    words = {"message": refusal.message, "hint": refusal.hint}
    # "error" and "detail" are where Gradio's page looks.
    return JSONResponse({**words, "error": str(refusal), "detail": str(refusal)}, refusal.status)


async def _json(receive: Receive) -> Any:
    """The body of an event."""
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body, more = body + message.get("body", b""), message.get("more_body", False)
        if len(body) > MOST_EVENT_BYTES:
            raise Refusal(413, "This is too much for an event.", "Send pictures to POST /classify.")
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _odd() from error


def _anew(event: dict[str, Any], receive: Receive) -> Receive:
    """Receives that event as the body, then what comes anyway: that the visitor is gone."""
    messages: list[Message] = [{"type": "http.request", "body": json.dumps(event).encode()}]

    async def receive_anew() -> Message:
        return messages.pop() if messages else await receive()

    return receive_anew


def _at_most(receive: Receive, most: int) -> Receive:
    room = most

    async def receive_at_most() -> Message:
        nonlocal room
        message = await receive()
        room -= len(message.get("body", b""))
        if room < 0:
            raise Refusal(413, "These are too many pictures at once.", "Send fewer.")
        return message

    return receive_at_most


def _odd() -> Refusal:
    return Refusal(422, "This is no event of the page.", "Reload the page, and try again.")


def _unknown() -> Refusal:
    return Refusal(404, "There is no such function here.", "Reload the page, and try again.")
