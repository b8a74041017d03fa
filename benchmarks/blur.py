"""How well blurred pictures are told from pictures that are only plain or pale.

    python -m benchmarks.blur --images DIR [DIR ...] [--most 300]

At most so many pictures of each DIR, chosen by chance, are measured as they are and blurred by a
Gaussian of 1/40 of the long side, as working copies and with the limit of the check. Prints a table
and, last, one JSON line over all pictures:

    recall                share of those blurred on purpose that are flagged
    flagged_as_they_are   share of those nobody blurred that are flagged; they may be blurred
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import ImageFilter

from benchmarks.plants import decoded, encoded, pictures_in
from core.dataset.check import CHECKS
from core.errors import PictureError, StudioError
from core.images.quality import measure
from core.images.working_copy import open_copy, working_copy
from core.settings import Settings

BLUR_SHARE = 1 / 40  # of the long side
LIMIT = next(check.limit for check in CHECKS if check.measure == "blur")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.blur")
    parser.add_argument("--images", type=Path, action="extend", nargs="+", required=True)
    parser.add_argument("--most", type=int, default=300, help="pictures of each folder")
    options = parser.parse_args(arguments)
    print(f"{'':20}{'pictures':>10}{'recall':>10}{'flagged as they are':>22}")
    total = np.zeros((0, 2), bool)
    for folder in options.images:
        try:
            flagged_n2 = _flagged(folder, options.most)
        except StudioError as error:
            sys.exit(f"{error.message} {error.hint}")
        shares = flagged_n2.mean(0)
        print(
            f"{folder.name:20}{len(flagged_n2):10,}{shares[0]:10.3f}{shares[1]:22.4f}", flush=True
        )
        total = np.concatenate([total, flagged_n2])
    recall, as_they_are = total.mean(0).round(4)
    print(json.dumps({"recall": recall, "flagged_as_they_are": as_they_are}))


def _flagged(folder: Path, most: int) -> np.ndarray:
    """Whether each picture is flagged: bool (n, 2), blurred on purpose and as it is."""
    settings = Settings(folder)
    pictures = pictures_in(folder, settings)
    chosen = np.random.default_rng(0).permutation(len(pictures))[:most]
    rows = []
    for item in (pictures[k] for k in chosen):
        try:
            copy = open_copy(working_copy(item.read(), settings))
        except PictureError:  # a README beside the pictures
            continue
        whole = decoded(item)
        blurred = whole.filter(ImageFilter.GaussianBlur(BLUR_SHARE * max(whole.size)))
        blurred_copy = open_copy(working_copy(encoded(blurred), settings))
        rows.append([measure(picture).blur < LIMIT for picture in (blurred_copy, copy)])
    return np.array(rows, bool).reshape(-1, 2)


if __name__ == "__main__":
    main()
