"""How well copies are found among pictures, and what is called a copy that is none.

    python -m benchmarks.lookalikes --images DIR [--images DIR ...] [--sheet FILE.png]

In each DIR copies of some pictures are planted (`benchmarks.plants`), and the rest is taken as it
is. The studio's own code is run in a workspace that is thrown away: import, search by fingerprints
alone, features, search again. Prints a table of both searches and, last, one JSON line of the one
with features:

    recall      kind of copy -> share of those planted that are a pair with their source
    unplanted   pairs that were not planted, for 1,000 pictures that were there; what two copies, or
                a copy and another picture, say of the same two sources counts once
    seconds     of searching, once features are there

Pairs that were not planted may be real: with --sheet, a picture of them for a look.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image, ImageDraw

from benchmarks.allocator import keep_freed_memory
from benchmarks.plants import KINDS, decoded, pictures_in, plant
from benchmarks.workspace import throw_away_context
from core.context import Context
from core.dataset.importing import import_pictures
from core.dataset.new_pictures import NewPicture
from core.errors import StudioError
from core.feature_store import FeatureStore
from core.lookalikes import find_lookalikes
from core.models.embedder import Embedder
from core.models.features import compute_features
from core.training.config import DEFAULT_ARCHITECTURE

Pair = tuple[str, str]
TILE_PX, A_ROW = 120, 6


@dataclass(frozen=True)
class Searched:
    """What one search of one folder found, as paths.

    Attributes:
        hits, planted: of each kind of copy.
        unplanted: pairs of sources.
        pictures: how many were there before anything was planted.
    """

    hits: Counter[str]
    planted: Counter[str]
    unplanted: frozenset[Pair]
    pictures: int
    seconds: float


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lookalikes")
    parser.add_argument("--images", type=Path, action="extend", nargs="+", required=True)
    parser.add_argument("--sheet", type=Path, help="picture of the pairs that were not planted")
    options = parser.parse_args(arguments)
    keep_freed_memory()
    try:
        alone, both = zip(*(_of_folder(folder) for folder in options.images), strict=True)
    except StudioError as error:
        sys.exit(f"{error.message} {error.hint}")
    for folder, by_looks, by_both in zip(options.images, alone, both, strict=True):
        print(f"\n{folder.name}: {by_looks.pictures:,} pictures")
        print(_table([by_looks], [by_both]))
    print(f"\nAll\n{_table(alone, both)}")
    if options.sheet:
        _write_sheet(options.images, both, options.sheet)
    print(json.dumps(_figures(both)))


def _of_folder(folder: Path) -> tuple[Searched, Searched]:
    """By fingerprints alone, and with features."""
    with TemporaryDirectory(prefix="toploss-bench-", ignore_cleanup_errors=True) as home:
        context = throw_away_context(Path(home))
        try:
            return _search_twice(context, folder)
        finally:
            context.catalog.close()


def _search_twice(context: Context, folder: Path) -> tuple[Searched, Searched]:
    pictures = pictures_in(folder, context.settings)
    planted = list(plant(pictures))
    everything = [*pictures, *(copy.item for copy in planted)]
    for _ in import_pictures(context, str(folder), everything, []):
        pass
    kinds = {copy.item.path: (copy.kind, copy.source) for copy in planted}
    alone = _searched(context, pictures, kinds)
    embedder = Embedder(DEFAULT_ARCHITECTURE, context.settings.cache)
    store = FeatureStore(context.workspace.features / embedder.key)
    for _ in compute_features(sorted(context.catalog.images.known_ids()), embedder, store, context):
        pass
    return alone, _searched(context, pictures, kinds)


def _searched(
    context: Context, pictures: Sequence[NewPicture], kinds: dict[str, tuple[str, str]]
) -> Searched:
    begun = time.perf_counter()
    for _ in find_lookalikes(context):
        pass
    seconds = time.perf_counter() - begun
    path = {image.id: image.source_path for image in context.catalog.images.all()}
    pairs = [(path[p.first], path[p.second]) for p in context.catalog.lookalikes.pairs()]
    pairs_of_sources = {_sorted(*(kinds.get(p, ("", p))[1] for p in pair)) for pair in pairs}
    known = {_sorted(*pair) for pair in pairs}
    stored = [(copy, *kinds[copy]) for copy in kinds if copy in set(path.values())]
    return Searched(
        Counter(kind for copy, kind, source in stored if _sorted(copy, source) in known),
        Counter(kind for _, kind, _ in stored),
        frozenset(pair for pair in pairs_of_sources if pair[0] != pair[1]),
        len(pictures),
        seconds,
    )


def _sorted(first: str, second: str) -> Pair:
    return (first, second) if first < second else (second, first)


def _figures(found: Sequence[Searched]) -> dict[str, object]:
    hits, planted = (sum((getattr(s, n) for s in found), Counter()) for n in ("hits", "planted"))
    pictures = sum(s.pictures for s in found)
    return {
        "recall": {kind: round(hits[kind] / planted[kind], 4) for kind in KINDS if planted[kind]},
        "unplanted": round(1000 * sum(len(s.unplanted) for s in found) / pictures, 3),
        "seconds": round(sum(s.seconds for s in found), 3),
    }


def _table(alone: Sequence[Searched], both: Sequence[Searched]) -> str:
    """Both searches beside each other."""
    columns = [_figures(alone), _figures(both)]
    recalls = [column.pop("recall") for column in columns]
    rows = [(kind, *(recall[kind] for recall in recalls)) for kind in recalls[0]]
    rows += [(name, *(column[name] for column in columns)) for name in ("unplanted", "seconds")]
    lines = [f"{'':14}{'fingerprints':>14}{'with features':>15}"]
    return "\n".join([*lines, *(f"{name:14}{a:>14.3f}{b:>15.3f}" for name, a, b in rows)])


def _write_sheet(folders: Sequence[Path], found: Sequence[Searched], file: Path) -> None:
    """The pairs that were not planted, two pictures side by side, six pairs a row."""
    pairs = [
        (folder, pair)
        for folder, one in zip(folders, found, strict=True)
        for pair in sorted(one.unplanted)
    ]
    rows = max(1, -(-len(pairs) // A_ROW))
    sheet = Image.new("RGB", (A_ROW * (2 * TILE_PX + 8), rows * (TILE_PX + 14)), "white")
    for number, (folder, pair) in enumerate(pairs):
        x, y = number % A_ROW * (2 * TILE_PX + 8), number // A_ROW * (TILE_PX + 14)
        for side, path in enumerate(pair):
            item = NewPicture(path, "", None, (folder / path).read_bytes)
            picture = decoded(item)
            picture.thumbnail((TILE_PX - 2, TILE_PX - 2))
            sheet.paste(picture, (x + side * TILE_PX, y))
        ImageDraw.Draw(sheet).text((x, y + TILE_PX), f"{folder.name}: {pair[0]}"[:36], "black")
    sheet.save(file)


if __name__ == "__main__":
    main()
