"""How fast pictures come in, against only decoding them.

    python -m benchmarks.ingest --images DIR [--repeat 3]

DIR may hold folders. All JPEG files below it are imported by the studio (read, checked, hashed,
copied, compared, stored) into a workspace that is thrown away, and decoded in full by Pillow with
as many threads, in turns. Prints a table and, last, one JSON line; each figure is the median of
the turns:

    per_s          pictures imported a second
    decode_per_s   pictures decoded a second
    ratio          of the two, turn by turn
    cpu_us         of work of the processor, user and system, for importing a picture
    decode_cpu_us  and for decoding it
    cpu_ratio      of the two, turn by turn: nearly the same on a busy machine as on a quiet one
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from PIL import Image

from benchmarks.allocator import keep_freed_memory
from benchmarks.workspace import throw_away_context
from core.dataset.importing import import_pictures
from core.dataset.new_pictures import NewPicture

SUFFIXES = {".jpg", ".jpeg"}


class Took(NamedTuple):
    """Seconds by the clock, and of work of the processor."""

    wall: float
    cpu: float


def seconds(work: Callable[[], None]) -> Took:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Took(time.perf_counter() - wall, time.process_time() - cpu)


def decode_all(files: Sequence[Path]) -> None:
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for _ in pool.map(decode, files):
            pass


def decode(file: Path) -> None:
    with Image.open(file) as image:
        image.convert("RGB")


def import_all(files: Sequence[Path], home: Path) -> Took:
    """What one import took, from nothing to the rows in the catalog."""
    found = [NewPicture(str(file), file.parent.name, None, file.read_bytes) for file in files]
    context = throw_away_context(home)

    def work() -> None:
        for _ in import_pictures(context, "benchmark", found, []):
            pass

    took = seconds(work)
    assert context.catalog.images.known_ids(), "nothing was imported"
    context.catalog.close()
    return took


def measure(files: Sequence[Path], repeat: int) -> dict[str, float]:
    decode_all(files)  # so that every turn finds the files in memory
    with TemporaryDirectory() as homes:  # tidied once: after deleting, ext4 is slow to make files
        turns = [
            (import_all(files, Path(homes) / str(turn)), seconds(partial(decode_all, files)))
            for turn in range(repeat)
        ]
    head = ("import, pictures/s", "decode, pictures/s", "ratio", "CPU us", "decode", "ratio")
    print("turn" + "".join(f"{name:>20}" for name in head))
    rows = [_row(len(files), *turn) for turn in turns]
    for number, row in enumerate(rows, 1):
        print(f"{number:>4}" + "".join(f"{value:>20,.2f}" for value in row.values()))
    medians = {name: round(statistics.median(r[name] for r in rows), 3) for name in rows[0]}
    return {"images": len(files), "threads": os.cpu_count() or 1, **medians}


def _row(count: int, importing: Took, decoding: Took) -> dict[str, float]:
    return {
        "per_s": count / importing.wall,
        "decode_per_s": count / decoding.wall,
        "ratio": decoding.wall / importing.wall,
        "cpu_us": 1e6 * importing.cpu / count,
        "decode_cpu_us": 1e6 * decoding.cpu / count,
        "cpu_ratio": decoding.cpu / importing.cpu,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--images", type=Path, required=True, help="a folder of JPEG files")
    parser.add_argument("--repeat", type=int, default=3, help="turns")
    chosen = parser.parse_args()
    files = sorted(f for f in chosen.images.rglob("*") if f.suffix.lower() in SUFFIXES)
    if not files:
        sys.exit(f"There are no JPEG files in {str(chosen.images)!r}.")
    keep_freed_memory()  # as in the studio's worker
    print(json.dumps(measure(files, max(1, chosen.repeat))))


if __name__ == "__main__":
    main()
