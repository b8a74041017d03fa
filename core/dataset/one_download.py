"""One try at one address: follow its redirects, take the body piece by piece, give up early."""

from __future__ import annotations

import asyncio
import socket
import zlib
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple

import aiohttp
from aiohttp import AddrInfoType
from yarl import URL

from core.dataset.addresses import INSIDE_ADDRESS, InsideAddress, checked_address, public_socket
from core.errors import FileFault, PictureError, from_os_error
from core.files import whole_file

REDIRECTS = (301, 302, 303, 307, 308)
WORTH_ANOTHER_TRY = (408, 425, 429, 500, 502, 503, 504)
PIECE_BYTES = 1 << 18
HEADERS = {
    "User-Agent": "TopLoss (downloads lists of pictures that a person chose)",
    "Accept": "image/*,*/*;q=0.5",
    "Accept-Encoding": "identity",  # pictures are compressed already
}


class Meaning(NamedTuple):
    """What an error of the library means, and whether another try makes sense."""

    error: type[Exception]
    reason: str
    kind: FileFault
    may_pass: bool


_NO_TRUST = "its certificate cannot be trusted"
MEANINGS = (
    Meaning(aiohttp.ClientConnectorCertificateError, _NO_TRUST, "insecure", False),
    Meaning(aiohttp.ClientSSLError, "no secure connection is possible", "insecure", False),
    Meaning(aiohttp.ClientPayloadError, "the answer broke off", "no connection", True),
    Meaning(TimeoutError, "no answer in time", "no answer", True),
    Meaning(aiohttp.ClientConnectionError, "the connection broke", "no connection", True),
    Meaning(aiohttp.ClientError, "its answer cannot be understood", "not understood", False),
)
"""The first that fits counts."""
_REFUSED: ContextVar[list[str]] = ContextVar("numbers that were refused while connecting")
_HINT = "Open the address in a browser, to see what is there."


@dataclass(frozen=True)
class Limits:
    """What a download may take; times in seconds.

    Attributes:
        at_once, per_host: requests at the same time, altogether and to one host.
        tries: how often an address is tried in all.
        back_off_s: wait before the second try; doubled for each further one.
        patience_s: the longest wait that a host may ask for.
        total_s: for one try, with all its redirects.
    """

    max_bytes: int
    at_once: int = 64
    per_host: int = 8
    tries: int = 3
    back_off_s: float = 1.0
    patience_s: float = 60.0
    redirects: int = 5
    connect_s: float = 10.0
    read_s: float = 20.0
    total_s: float = 120.0


class Later(Exception):
    """A failure that may pass. `wait_s` is what the host asked for; `connected`, whether it was
    there at all.
    """

    def __init__(
        self, reason: str, kind: FileFault, wait_s: float = 0.0, connected: bool = True
    ) -> None:
        super().__init__(reason)
        self.reason, self.kind = reason, kind
        self.wait_s, self.connected = wait_s, connected


class Downloader:
    """Connections, kept open between requests; proxies and cookies are not used.

    Open hosts have connections of their own: for all others, each socket is checked.
    """

    def __init__(self, limits: Limits, open_hosts: Collection[str]) -> None:
        self._limits, self._open_hosts = limits, open_hosts
        guarded = aiohttp.TCPConnector(limit=0, ttl_dns_cache=300, socket_factory=_noted_socket)
        self._guarded = _session(guarded, limits)
        self._unguarded = _session(aiohttp.TCPConnector(limit=0), limits)

    async def close(self) -> None:
        await self._guarded.close()
        await self._unguarded.close()

    async def download(self, address: str, file: Path) -> None:
        """Write what is at an address to a file, all of it or nothing.

        Raises:
            PictureError: it cannot be had.
            Later: it may work another time.
            WorkspaceError: the file cannot be written.
        """
        try:
            with whole_file(file) as part:
                async with asyncio.timeout(self._limits.total_s) as clock:
                    await self._follow(checked_address(address, self._open_hosts), part)
        except (PictureError, Later):
            raise
        except aiohttp.ClientError as error:
            raise _translated(error) from error
        except TimeoutError as error:
            reason = f"not complete after {self._limits.total_s:g} s"
            reason = reason if clock.expired() else "no answer in time"
            raise Later(reason, "no answer") from error
        except ConnectionError as error:
            raise Later("the connection broke", "no connection") from error
        except OSError as error:
            raise from_os_error(error, "writing a download") from error
        except Exception as error:  # of what a server may send, no library foresees everything
            reason = "its answer cannot be understood"
            raise PictureError(reason, _HINT, "not understood") from error

    async def _follow(self, url: URL, part: Path) -> None:
        for _ in range(self._limits.redirects + 1):
            unguarded = url.raw_host in self._open_hosts
            session = self._unguarded if unguarded else self._guarded
            with _refusals_in_words():
                async with session.get(url, allow_redirects=False) as answer:
                    target = answer.headers.get("Location")
                    if answer.status not in REDIRECTS or not target:
                        _check_status(answer, self._limits.patience_s)
                        await self._save(answer, part)
                        return
            url = self._next(url, target)
        reason = f"redirected more than {self._limits.redirects} times"
        raise PictureError(reason, _HINT, "too many redirects")

    def _next(self, url: URL, target: str) -> URL:
        try:
            return checked_address(str(url.join(URL(target))), self._open_hosts)
        except PictureError as error:
            reason = f"redirected to an address that is refused: {error.message}"
            raise PictureError(reason, _HINT, error.kind) from error

    async def _save(self, answer: aiohttp.ClientResponse, part: Path) -> None:
        limit, size = self._limits.max_bytes, 0
        if (answer.content_length or 0) > limit:
            raise _too_large(limit)
        with part.open("wb") as file:
            async for piece in _pieces(answer):
                if not size:
                    _check_beginning(piece)
                size += len(piece)
                if size > limit:
                    raise _too_large(limit)
                file.write(piece)
        if not size:
            raise PictureError("the answer is empty", _HINT, "empty")


def _session(connector: aiohttp.TCPConnector, limits: Limits) -> aiohttp.ClientSession:
    timeout = aiohttp.ClientTimeout(
        total=None, connect=limits.connect_s, sock_connect=limits.connect_s, sock_read=limits.read_s
    )
    return aiohttp.ClientSession(
        connector=connector,
        timeout=timeout,
        headers=HEADERS,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,  # `_pieces` does it, in bounded pieces
        trust_env=False,
    )


async def _pieces(answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """The body as it was before it was compressed for the way, in pieces of bounded size."""
    coding = answer.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in ("", "identity", "gzip", "x-gzip", "deflate"):
        reason = "its answer is compressed in a way that was not asked for"
        raise PictureError(reason, _HINT, "not understood")
    unpacker = zlib.decompressobj(47) if coding not in ("", "identity") else None  # gzip or zlib
    async for chunk in answer.content.iter_any():
        if unpacker is None:
            yield chunk
            continue
        packed_bytes = chunk
        try:
            while piece := unpacker.decompress(packed_bytes, PIECE_BYTES):
                yield piece
                packed_bytes = unpacker.unconsumed_tail
        except zlib.error as error:
            reason = "its answer is compressed and damaged"
            raise PictureError(reason, _HINT, "damaged") from error


def _check_status(answer: aiohttp.ClientResponse, patience_s: float) -> None:
    status = answer.status
    if status == HTTPStatus.OK:
        return
    is_standard = status in HTTPStatus.__members__.values()
    phrase = f" ({HTTPStatus(status).phrase})" if is_standard else ""
    reason = f"the site answered {status}{phrase}"
    if status not in WORTH_ANOTHER_TRY:
        raise PictureError(reason, _HINT, "refused by the site")
    wait_s = _wait_s(answer.headers.get("Retry-After", ""))
    if wait_s > patience_s:
        reason = f"{reason} and asks to come back in {wait_s:.0f} s"
        raise PictureError(reason, _HINT, "refused by the site")
    raise Later(reason, "refused by the site", wait_s)


def _wait_s(retry_after: str) -> float:
    """Seconds that a host asks to wait; dates, which hardly anybody sends, count as none."""
    text = retry_after.strip()
    return float(text) if text.isdecimal() and len(text) < 10 else 0.0


def _check_beginning(piece: bytes) -> None:
    """Stop early at what is text; what else it may be is decided when it is read."""
    beginning = piece.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if beginning in (b"<", b"{", b"["):
        raise PictureError("a web page or other text, not a picture", _HINT, "no picture")


def _too_large(limit: int) -> PictureError:
    reason = f"larger than {limit / 1e6:g} MB"
    return PictureError(reason, "It was not fetched to its end.", "too large")


def _translated(error: aiohttp.ClientError) -> Exception:
    """What an error of the library means, as a reason."""
    tls = isinstance(error, aiohttp.ClientSSLError)
    if isinstance(error, aiohttp.ClientConnectorError) and not tls:
        return _no_connection(error.os_error)
    meaning = next(meaning for meaning in MEANINGS if isinstance(error, meaning.error))
    if not meaning.may_pass:
        return PictureError(meaning.reason, _HINT, meaning.kind)
    connected = not isinstance(error, aiohttp.ConnectionTimeoutError)
    return Later(meaning.reason, meaning.kind, connected=connected)


def _no_connection(error: OSError) -> Exception:
    unknown = isinstance(error, socket.gaierror)
    reason = "its host is not known, or there is no network" if unknown else ""
    return Later(reason or "no connection to its host", "no connection", connected=False)


def _noted_socket(info: AddrInfoType) -> socket.socket:
    """As `public_socket`; a refusal is noted for `_refusals_in_words`."""
    try:
        return public_socket(info)
    except InsideAddress:
        _REFUSED.get().append(str(info[4][0]))
        raise


@contextmanager
def _refusals_in_words() -> Iterator[None]:
    """Say of a host to which no connection came about that it was refused, if it was.

    Of several numbers of a host the library hands on the words of what went wrong, not the errors:
    so the refusals are noted beside, for the request whose context this is.
    """
    numbers: list[str] = []
    token = _REFUSED.set(numbers)
    try:
        yield
    except aiohttp.ClientConnectorError as error:
        if not numbers or isinstance(error, aiohttp.ClientSSLError):  # one of them was reached
            raise
        hint = "Only public addresses are fetched."
        raise PictureError(INSIDE_ADDRESS, hint, "inside address") from error
    finally:
        _REFUSED.reset(token)
