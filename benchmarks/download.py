"""How fast a list of addresses is downloaded, beside another downloader on the same list.

    python -m benchmarks.download [--addresses N] [--against aria2c|img2dataset] [--peer PATH]

A server in a process of its own answers after 5 to 50 ms and fails now and then; see
`benchmarks.picture_server`. Both get 64 requests at the same time and three tries. Prints a table
and, last, one JSON line:

    per_s        pictures a second of the studio's own downloader, with its own settings
    peer_per_s   of the other program, on the same list in the same run
    ratio        the first by the second
    peak_mb      most memory that this process ever held
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks.picture_server import HOSTS, addresses_of, start_server
from benchmarks.workspace import throw_away_context
from core.dataset.fetch import fetch
from core.dataset.one_download import Limits
from core.errors import StudioError
from core.records import Skipped

AT_ONCE, TRIES = 64, 3
DELAY_MS = (5, 50)


class Figures(NamedTuple):
    pictures: int
    seconds: float

    @property
    def per_s(self) -> float:
        return self.pictures / self.seconds


def main(arguments: Sequence[str] | None = None) -> None:
    options = _options(arguments)
    try:
        with TemporaryDirectory(prefix="toploss-bench-", ignore_cleanup_errors=True) as home:
            _benchmark(options, Path(home))
    except StudioError as error:
        sys.exit(f"{error.message} {error.hint}")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.download")
    parser.add_argument("--addresses", type=int, default=10_000)
    parser.add_argument("--against", choices=list(PEERS), default="aria2c")
    parser.add_argument("--peer", help="path of the other program, if it is not on PATH")
    return parser.parse_args(arguments)


def _benchmark(options: argparse.Namespace, home: Path) -> None:
    peer = options.peer or shutil.which(options.against)
    if peer is None:
        raise StudioError(f"{options.against} is not installed.", "Name its path with --peer.")
    before_mb = _peak_mb()
    ours, failed = _with_server(options.addresses, lambda urls: _ours(urls, home / "studio"))
    peak_mb = _peak_mb()
    run = PEERS[options.against]
    theirs, _ = _with_server(options.addresses, lambda urls: run(peer, urls, home / "peer"))
    print(_table(options, ours, theirs))
    print(f"\n{failed:,} failed, as they should; memory {before_mb:.0f} -> {peak_mb:.0f} MB\n")
    figures = {
        "per_s": round(ours.per_s, 1),
        "peer_per_s": round(theirs.per_s, 1),
        "ratio": round(ours.per_s / theirs.per_s, 3),
        "peak_mb": round(peak_mb, 1),
    }
    print(json.dumps(figures))


def _with_server(
    count: int, run: Callable[[list[str]], tuple[Figures, int]]
) -> tuple[Figures, int]:
    """Each gets a server of its own, which has not been asked before."""
    process, port = start_server(DELAY_MS)
    try:
        return run(addresses_of(count, port))
    finally:
        process.terminate()
        process.join()


def _ours(addresses: list[str], home: Path) -> tuple[Figures, int]:
    context = throw_away_context(home)
    context = replace(context, settings=replace(context.settings, open_hosts=frozenset(HOSTS)))
    limits = Limits(context.settings.max_file_bytes, at_once=AT_ONCE, tries=TRIES)
    started = time.perf_counter()
    failed = _ended(fetch(context, addresses, limits))
    seconds = time.perf_counter() - started
    pictures = len(list(context.workspace.downloads.glob("*.bin")))
    context.catalog.close()
    return Figures(pictures, seconds), len(failed)


def _ended(work: Generator[object, None, dict[str, Skipped]]) -> dict[str, Skipped]:
    """What a generator returns, its events not looked at."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def _aria2c(program: str, addresses: list[str], folder: Path) -> tuple[Figures, int]:
    names = (f"{url}\n  out={n}.jpg" for n, url in enumerate(addresses))
    listed = _written(folder / "list.txt", names)
    command = [program, f"--input-file={listed}", f"--dir={folder}", "--file-allocation=none"]
    command += [f"--max-concurrent-downloads={AT_ONCE}", "--max-connection-per-server=1"]
    command += [f"--max-tries={TRIES}", "--retry-wait=1", "--timeout=20", "--connect-timeout=10"]
    command += ["--quiet", "--no-conf", "--auto-save-interval=0", "--enable-mmap=false"]
    return _timed(command, folder, "*.jpg")


def _img2dataset(program: str, addresses: list[str], folder: Path) -> tuple[Figures, int]:
    listed = _written(folder / "list.txt", addresses)
    command = [program, f"--url_list={listed}", f"--output_folder={folder / 'out'}"]
    command += ["--processes_count=1", f"--thread_count={AT_ONCE}", f"--retries={TRIES - 1}"]
    command += ["--resize_mode=no", "--skip_reencode=True", "--output_format=files"]
    return _timed(command, folder, "out/**/*.jpg")


PEERS = {"aria2c": _aria2c, "img2dataset": _img2dataset}


def _written(file: Path, lines: Iterable[str]) -> Path:
    file.parent.mkdir(parents=True)
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def _timed(command: list[str], folder: Path, pattern: str) -> tuple[Figures, int]:
    """Run the other program; it may well say that some addresses failed."""
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    whole = [file for file in folder.glob(pattern) if not Path(f"{file}.aria2").exists()]
    if not whole:
        said = (done.stderr or done.stdout).strip()[-300:]
        raise StudioError(f"{command[0]} brought nothing: {said}", "Try it by hand.")
    return Figures(len(whole), seconds), 0


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def _table(options: argparse.Namespace, ours: Figures, theirs: Figures) -> str:
    rows = [("TopLoss", ours), (options.against, theirs)]
    lines = [f"{'program':12}{'pictures':>10}{'seconds':>9}{'pictures/s':>12}"]
    lines += [
        f"{name:12}{run.pictures:>10,}{run.seconds:>9.1f}{run.per_s:>12.1f}" for name, run in rows
    ]
    return "\n".join([f"{options.addresses:,} addresses", "", *lines])


if __name__ == "__main__":
    main()
