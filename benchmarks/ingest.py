"""How fast pictures come in, against only decoding them.

    python -m benchmarks.ingest --images DIR [--repeat 3]

DIR may hold folders. All JPEG files below it are imported by the studio (read, checked, hashed,
copied, compared, stored) into a workspace that is thrown away, and decoded in full by Pillow with
as many threads, in turns. Prints a table and, last, one JSON line; each figure is the median of
the turns:

    per_s          pictures imported a second
    decode_per_s   pictures decoded a second
    ratio          of the two, turn by turn
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
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from benchmarks.allocator import keep_freed_memory
from benchmarks.workspace import throw_away_context
from core.dataset.found import Found
from core.dataset.importing import import_pictures

SUFFIXES = {".jpg", ".jpeg"}


def seconds(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def decode_all(files: Sequence[Path]) -> None:
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for _ in pool.map(decode, files):
            pass


def decode(file: Path) -> None:
    with Image.open(file) as image:
        image.convert("RGB")


def import_all(files: Sequence[Path], home: Path) -> float:
    """Seconds of one import, from nothing to the rows in the catalog."""
    found = [Found(str(file), file.parent.name, None, file.read_bytes) for file in files]
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
            (import_all(files, Path(homes) / str(turn)), seconds(lambda: decode_all(files)))
            for turn in range(repeat)
        ]
    print(f"{'turn':>4} {'import, pictures/s':>20} {'decode, pictures/s':>20} {'ratio':>7}")
    for number, (importing, decoding) in enumerate(turns, 1):
        rates = len(files) / importing, len(files) / decoding
        print(f"{number:>4} {rates[0]:>20,.0f} {rates[1]:>20,.0f} {decoding / importing:>7.2f}")
    return {
        "images": len(files),
        "threads": os.cpu_count() or 1,
        "per_s": round(statistics.median(len(files) / i for i, _ in turns), 1),
        "decode_per_s": round(statistics.median(len(files) / d for _, d in turns), 1),
        "ratio": round(statistics.median(d / i for i, d in turns), 3),
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
