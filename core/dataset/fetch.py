"""Many downloads at once: retries, back-off, progress, and going on where it was stopped.

A file that is there is not fetched again: downloads are named by the hash of their address and
stay until an import has stored them.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import deque
from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple

from core.context import Context
from core.dataset.addresses import checked_address
from core.dataset.new_pictures import Listing, NewPicture, Reader
from core.dataset.one_download import Downloader, Later, Limits
from core.dataset.turns import Try, Turns
from core.errors import PictureError, StudioError
from core.events import Progressed
from core.owned import Mark, mark_new, remove_folder
from core.records import Skipped
from core.workspace import Workspace

TICK_S = 0.25
RATE_TICKS = 20  # the rate that is said is that of the last 5 s
_MARK = Mark("downloads", "")
NAME_LOOKUPS = 16  # at the same time: the system's resolver blocks a thread


class LabelledAddress(NamedTuple):
    """An address and the class that it is said to show."""

    address: str
    label: str


def download_all(
    context: Context, source: str, pairs: Iterable[LabelledAddress], limits: Limits | None = None
) -> Generator[Progressed, None, Listing]:
    """Fetch a list; what it brings, and what it does not, with the reasons.

    Raises:
        StudioError: none of it could be had.
        WorkspaceError: a download cannot be written.
    """
    settings = context.settings
    usable, skipped = sort_out(pairs, settings.open_hosts)
    addresses = [pair.address for pair in usable]
    limits = limits or Limits(settings.max_file_bytes)
    failures = yield from fetch(context, addresses, limits)
    skipped += failures.values()
    folder = context.workspace.downloads
    pictures = [
        NewPicture(pair.address, pair.label, None, _reader(file), url=pair.address)
        for pair in usable
        if (file := file_of(folder, pair.address)).exists()
    ]
    if not pictures and not context.stop_requested():
        raise nothing_came(skipped)
    return Listing(source, pictures, skipped)


def sort_out(
    pairs: Iterable[LabelledAddress], open_hosts: frozenset[str] = frozenset()
) -> tuple[list[LabelledAddress], list[Skipped]]:
    """The addresses that may be fetched, each once, and the others with the reason."""
    labels: dict[str, str] = {}
    skipped = []
    for pair in pairs:
        try:
            address = str(checked_address(pair.address, open_hosts))
        except PictureError as error:
            skipped.append(Skipped(shortened(pair.address), error.message, error.kind))
            continue
        if address not in labels:
            labels[address] = pair.label
        else:
            reason = f"in the list before, as {labels[address]!r}"
            skipped.append(Skipped(address, reason, "listed twice"))
    return [LabelledAddress(address, label) for address, label in labels.items()], skipped


def fetch(
    context: Context, addresses: Sequence[str], limits: Limits
) -> Generator[Progressed, None, dict[str, Skipped]]:
    """Download what is not there yet; the addresses that failed, each with the reason.

    Raises:
        WorkspaceError: a download cannot be written.
    """
    folder = make_downloads(context.workspace)
    missing = [a for a in addresses if not file_of(folder, a).exists()]
    loop = asyncio.new_event_loop()
    loop.set_default_executor(ThreadPoolExecutor(NAME_LOOKUPS, "names"))
    work = loop.run_until_complete(_begin(missing, folder, limits, context.settings.open_hosts))
    try:
        while not work.is_ended and not context.stop_requested():
            loop.run_until_complete(work.go_on(TICK_S))
            yield work.progress()
        return work.failures
    finally:
        loop.run_until_complete(work.close())
        loop.close()


def file_of(folder: Path, address: str) -> Path:
    """Where the download of an address is kept."""
    return folder / f"{hashlib.sha256(address.encode(errors='backslashreplace')).hexdigest()}.bin"


def forget_downloads(workspace: Workspace) -> None:
    """Remove the folder of downloads: the import has what it needs of it."""
    with suppress(StudioError):  # of an earlier version, or it cannot be: they stay
        remove_folder(workspace.downloads, _MARK)


def make_downloads(workspace: Workspace) -> Path:
    """The folder of downloads.

    Raises:
        WorkspaceError: it cannot be made.
    """
    mark_new(workspace.downloads, _MARK)
    return workspace.downloads


def nothing_came(skipped: Sequence[Skipped]) -> StudioError:
    """The error of a list that brought nothing, with the first reason."""
    first = f" ({shortened(skipped[0].path)}: {skipped[0].reason})" if skipped else ""
    return StudioError(
        f"None of the {len(skipped):,} addresses brought a picture{first}.",
        "Check the network and the addresses, then try again.",
    )


def shortened(text: str) -> str:
    """Text from outside, short and in one line, as a table shows it."""
    plain = "".join(sign if sign.isprintable() else " " for sign in text)
    return plain if len(plain) <= 300 else f"{plain[:297]}..."


def _reader(file: Path) -> Reader:
    def read() -> bytes:
        try:
            return file.read_bytes()
        except OSError as error:
            hint = "Start the import again."
            raise PictureError("its download is gone", hint, "missing") from error

    return read


async def _begin(
    addresses: Sequence[str], folder: Path, limits: Limits, open_hosts: frozenset[str]
) -> _Work:
    """Made inside the loop: the library wants it so."""
    turns = Turns(addresses, limits.per_host)
    return _Work(turns, len(addresses), folder, limits, Downloader(limits, open_hosts))


@dataclass(eq=False)
class _Work:
    """Downloads under way. It goes on only within `go_on`, so a pause holds everything."""

    turns: Turns
    total: int
    folder: Path
    limits: Limits
    downloader: Downloader
    done: int = 0
    failures: dict[str, Skipped] = field(default_factory=dict)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    fault: BaseException | None = None
    closing: bool = False
    end: asyncio.Future[None] | None = None
    ticks: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=RATE_TICKS))

    @property
    def is_ended(self) -> bool:
        return self.done >= self.total

    async def go_on(self, seconds: float) -> None:
        """Work for so long, or until all is done.

        Raises:
            WorkspaceError: a download cannot be written.
        """
        self.end = asyncio.get_running_loop().create_future()
        self.turns.line_up_paused()
        self._start_more()
        await asyncio.wait([self.end], timeout=seconds)
        if self.fault is not None:
            raise self.fault

    async def close(self) -> None:
        self.closing = True
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.downloader.close()

    def progress(self) -> Progressed:
        """How far it is, with the rate in words."""
        now_s = time.monotonic()
        then_s, done_then = self.ticks[0] if self.ticks else (now_s - TICK_S, 0)
        self.ticks.append((now_s, self.done))
        rate = (self.done - done_then) / max(now_s - then_s, 1e-3)
        failures = f" · {len(self.failures):,} failed" if self.failures else ""
        return Progressed(self.done, self.total, f"Downloading · {rate:,.0f} a second{failures}")

    def _start_more(self) -> None:
        now_s = time.monotonic()
        while len(self.tasks) < self.limits.at_once and (item := self.turns.take(now_s)):
            task = asyncio.get_running_loop().create_task(self._try(item))
            self.tasks.add(task)
            task.add_done_callback(partial(self._end_try, item))

    async def _try(self, item: Try) -> None:
        if self.turns.is_silent(item.host):
            reason = "its host did not answer before: not tried"
            raise PictureError(reason, "Try again later.", "no answer")
        item.tries += 1
        await self.downloader.download(item.address, file_of(self.folder, item.address))

    def _end_try(self, item: Try, task: asyncio.Task[None]) -> None:
        self.tasks.discard(task)
        if self.closing:
            return
        self.turns.give_back(item)
        error = (
            Later("the connection broke", "no connection") if task.cancelled() else task.exception()
        )
        if isinstance(error, Later) and item.tries < self.limits.tries:
            self._again_later(item, error)
        else:
            self._settle(item, error)
        if not self.is_ended and self.fault is None:
            self._start_more()
        elif self.end is not None and not self.end.done():
            self.end.set_result(None)

    def _again_later(self, item: Try, error: Later) -> None:
        back_off_s = self.limits.back_off_s * 2 ** (item.tries - 1)
        wait_s = max(error.wait_s, back_off_s)
        if error.wait_s:
            self.turns.pause(item.host, time.monotonic() + error.wait_s)
        asyncio.get_running_loop().call_later(wait_s, self._put_back, item)

    def _put_back(self, item: Try) -> None:
        self.turns.put(item)
        self._start_more()

    def _settle(self, item: Try, error: BaseException | None) -> None:
        self.done += 1
        if isinstance(error, Later):
            self.failures[item.address] = Skipped(item.address, error.reason, error.kind)
            self.turns.note(item.host, error.connected)
        elif isinstance(error, PictureError):
            self.failures[item.address] = Skipped(item.address, error.message, error.kind)
        elif error is not None:
            self.fault = error
        else:
            self.turns.note(item.host, connected=True)
