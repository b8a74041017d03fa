"""The HTTP side of a served classifier, without Gradio: it answers before the page is loaded.

POST /classify  a picture as the body, or as the one file of a form; JSON {class: probability},
                most probable first. The header `None-Of-These` says "true" when the picture is
                unlike everything that was learned, so that the probabilities say nothing.
                Errors are JSON {"message", "hint"}: 400 there is no picture, 405 another method,
                408 it does not arrive, 413 too large, 415 no picture, 422 damaged, 503 too many
                at once, or no answer in time.
GET /health     JSON {"status": "ok", "name", "classes", "page": "ready" or "loading" or "none"}
everything else the page
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from types import FrameType

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.errors import StudioError
from core.serving.answer import Answer
from core.serving.service import Refusal, Service, too_late
from core.settings import Settings
from core.web_guard import HostGuard, answered_hosts, house_headers

CONNECTIONS = 512
BACKLOG = 1024
GRACE_S, LAST_S = 1, 4.0
RETRY_AFTER_S = "2"
PIECE = 64 * 1024
READ_ON = 4
"""So many times the limit is read of a body that is too long, so that its sender sees why."""
STAY_HERE = (
    "default-src 'self' data: blob: 'unsafe-inline' 'unsafe-eval'; "
    "object-src 'none'; base-uri 'self'; form-action 'self'"
)
"""The page's Content-Security-Policy: a browser asks nothing of other machines, whatever a model
card holds."""

log = logging.getLogger(__name__)
MakePage = Callable[[], Starlette]


def application(service: Service, make_page: MakePage | None = None) -> Starlette:
    """The routes, and the page behind them; `make_page` runs in a thread once it is started."""
    page = Page(make_page)
    return Starlette(
        routes=[
            Route("/classify", Classify(service)),
            Route("/health", _health(service, page)),
            Mount("/", page),
        ],
        lifespan=page.lifespan,
        exception_handlers={Exception: _failed},
    )


def guarded(app: ASGIApp, host: str, settings: Settings) -> tuple[HostGuard, bool]:
    """The application as it is answered on an address: by loopback names, the address itself and
    the names of the settings; and whether it is answered by any name, since none can be known.
    """
    hosts = answered_hosts(host, settings.hosts)
    return HostGuard(app, hosts, house_headers(settings.on_hub)), hosts is None


def listen(host: str, port: int) -> socket.socket:
    """A socket that takes connections there.

    Raises:
        StudioError: the address cannot be used.
    """
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.create_server((host, port), family=family, backlog=BACKLOG)
        # Connections inherit it; asyncio does not set it on sockets that it did not make, and an
        # answer in two pieces would wait 40 ms for the visitor's acknowledgement of the first.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listening
    except (OSError, OverflowError) as error:
        raise StudioError(
            f"{host}:{port} cannot be used; something else may be using it.",
            "Choose another one with --port.",
        ) from error


def run(app: HostGuard, listening: socket.socket, tidy: Callable[[], None]) -> None:
    """Serve until the process is told to end; `tidy` is called last. Threads that still decode are
    not waited for, and neither is an event loop that stands still.
    """
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        limit_concurrency=CONNECTIONS,
        timeout_graceful_shutdown=GRACE_S,
        server_header=False,
    )

    def end(number: int, frame: object) -> None:
        tidy()
        os._exit(0)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)  # the server raises the signal again when it has ended
    _Server(config, end).run(sockets=[listening])


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, end: Callable[[int, object], None]) -> None:
        super().__init__(config)
        self._end = end

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        last = threading.Timer(LAST_S, self._end, (sig, frame))
        last.daemon = True
        last.start()


class Page:
    """What is shown to people: loading it takes seconds, so it comes after the routes. Whoever
    asks for it before that waits.
    """

    def __init__(self, make: MakePage | None) -> None:
        self._make = make
        self._app: Starlette | None = None
        self._settled, self._stop = asyncio.Event(), asyncio.Event()
        self.status = "loading" if make else "none"

    @asynccontextmanager
    async def lifespan(self, app: Starlette) -> AsyncIterator[None]:
        living = asyncio.create_task(self._live())
        yield
        self._stop.set()
        await living

    async def _live(self) -> None:
        try:
            if self._make is None:
                return
            page = await asyncio.to_thread(self._make)
            async with page.router.lifespan_context(page):
                self._app, self.status = page, "ready"
                self._settled.set()
                await self._stop.wait()
        except Exception:  # the routes go on without it
            self.status = "none"
            log.exception("The page cannot be shown.")
        finally:
            self._settled.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._settled.wait()
        if self._app is None:
            refusal = Refusal(404, "There is no page here.", "Send pictures to POST /classify.")
            await _refusal_response(refusal)(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["Content-Security-Policy"] = STAY_HERE
            await send(message)

        with suppress(asyncio.CancelledError):  # the server ends while a browser listens
            await self._app(scope, receive, send_guarded)


class Classify:
    """POST /classify."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response: Response = _answer_response(await self._answer(request))
        except Refusal as refusal:
            response = _refusal_response(refusal)
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Answer:
        if request.method != "POST":
            raise Refusal(405, "This address takes POST.", "Send the picture as the body.")
        most = self._service.limits.file_bytes
        with self._service.admitted(min(_length(request, most), most)):
            try:
                async with asyncio.timeout(self._service.limits.body_s):
                    body = await _body(request, most)
            except TimeoutError as error:
                raise Refusal(408, "The picture did not arrive in time.", "Try again.") from error
            picture = await _picture(request, body)
            try:
                async with asyncio.timeout(self._service.limits.answer_s):
                    return await asyncio.wrap_future(self._service.submit(picture))
            except TimeoutError as error:
                raise too_late() from error


def _answer_response(answer: Answer) -> JSONResponse:
    """An answer as HTTP."""
    headers = {"None-Of-These": "true" if answer.none_of_these else "false"}
    return JSONResponse(answer.probabilities, headers=headers)


def _length(request: Request, otherwise: int) -> int:
    """The length that a request says its body has."""
    text = request.headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else otherwise


async def _body(request: Request, most: int) -> bytes:
    """The body, of which no more than the limit is kept.

    A body that is too long is read on for a while: a sender that only reads when all is sent would
    see a broken connection otherwise. One that asks first ("Expect") is told at once.
    """
    length = _length(request, 0)
    too_large = Refusal(
        413, f"This file is larger than {most // 1_000_000} MB.", "Send a smaller picture."
    )
    if length > (most if "expect" in request.headers else READ_ON * most):
        raise too_large
    chunks, size = list[bytes](), 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= most:
            chunks.append(chunk)
        elif size > READ_ON * most:
            break
    if size > most:
        raise too_large
    return b"".join(chunks)


async def _picture(request: Request, body: bytes) -> bytes:
    """The body itself, or the one file of a form."""
    if not body:
        raise Refusal(400, "There is no picture.", "Send one as the body of the request.")
    if not request.headers.get("content-type", "").lower().startswith("multipart/"):
        return body

    async def in_pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), PIECE):
            yield body[start : start + PIECE]
            await asyncio.sleep(0)  # others are answered between two pieces

    try:
        form = await _Form(request.headers, in_pieces(), max_files=1).parse()  # type: ignore[arg-type]
    except (MultiPartException, ValueError, LookupError) as error:  # an encoding that there is not
        hint = "Send one file, or the picture as the body."
        raise Refusal(400, f"This form cannot be read: {error}", hint) from error
    file = next((value for value in form.values() if isinstance(value, UploadFile)), None)
    if file is None:
        raise Refusal(400, "There is no file in this form.", "Send the picture as a file.")
    return await file.read()


class _Form(MultiPartParser):
    spool_max_size = 1 << 30  # it is in memory already


def _health(service: Service, page: Page) -> Callable[[Request], Response]:
    def health(request: Request) -> Response:
        classifier = service.classifier
        status = {"status": "ok", "name": classifier.name, "classes": len(classifier.labels)}
        return JSONResponse({**status, "page": page.status})

    return health


def _refusal_response(refusal: Refusal) -> JSONResponse:
    headers = {405: {"Allow": "POST"}, 503: {"Retry-After": RETRY_AFTER_S}}.get(refusal.status)
    body = {"message": refusal.message, "hint": refusal.hint}
    return JSONResponse(body, refusal.status, headers)


async def _failed(request: Request, error: Exception) -> Response:
    log.error("%s failed", request.url.path, exc_info=error)
    return _refusal_response(Refusal(500, "Something went wrong here.", "See the server's log."))
