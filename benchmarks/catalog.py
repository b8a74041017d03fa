"""Speed of the catalog and of the Dataset page with many pictures.

`python -m benchmarks.catalog --images 100000`

    gallery_ms   a page of 48 pictures and how many there are in all: the slowest of several filters
    counts_ms    pictures per class and side, and how many are deleted
    relabel_ms   one picture gets another label, through the journal
    page_s       the Dataset page in a cold browser, until its figures and 48 pictures are there

Each is a median. The catalog is filled directly; only the first pages of the gallery have files.
The server was asked once before anything is timed. An empty Streamlit page is timed beside it: what
a page cannot be faster than here and now.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser

from benchmarks.review_browser import (
    LOADS,
    READY,
    chromium_browser,
    empty_page,
    load_word,
    open_tab,
)
from core.catalog import Catalog, open_catalog
from core.records import ImageRecord, PictureFilter, Side
from core.workspace import Workspace, open_workspace
from tests.browser import studio
from tests.builders import a_record, picture

CLASSES, IMPORTS, SIZE = 50, 10, 48
REVIEWED = 0.05  # share that has an edit already
REPEATS, RELABELS = 9, 50
SIDES: list[Side] = ["train", "valid", "test"]
DRAWN = """async total => {
  const there = () => [...document.querySelectorAll('[data-testid=stMetricValue]')]
    .some(e => e.textContent.trim() === total);
  while (!there()) await new Promise(requestAnimationFrame);
  return performance.now();
}"""
PLOTTED = """async () => {
  const plot = () => document.querySelector('.js-plotly-plot .main-svg');
  while (!plot()) await new Promise(requestAnimationFrame);
  return performance.now();
}"""


@dataclass(frozen=True)
class Times:
    """In ms: by filter, of the counts, of each relabel; the studio's first page, and each load of
    the page, its plot and an empty page.
    """

    gallery: dict[str, list[float]]
    counts: list[float]
    relabels: list[float]
    page: list[float]
    first_page: float
    plots: list[float]
    empty_page: list[float]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.catalog")
    parser.add_argument("--images", type=int, default=100_000, help="in the workspace")
    parser.add_argument("--loads", type=int, default=LOADS, help="of the page")
    options = parser.parse_args(arguments)
    images = options.images
    if images < 2 * SIZE:
        parser.error(f"--images must be at least {2 * SIZE}: pages are turned")
    with TemporaryDirectory(prefix="toploss-bench-", ignore_cleanup_errors=True) as folder:
        home = Path(folder) / "home"
        started = time.perf_counter()
        workspace = build_workspace(home, images)
        print(f"catalog of {images:,} pictures: {time.perf_counter() - started:.0f} s\n")
        times = _measure(workspace, images, options.loads)
    print(_table(times))
    print(json.dumps(_figures(times, images)))


def build_workspace(home: Path, images: int) -> Workspace:
    """Pictures that only the catalog knows, in 50 classes from 10 imports; some are reviewed."""
    workspace, rng = open_workspace(home, "benchmark"), random.Random(0)
    catalog = open_catalog(workspace)
    for first in range(0, images, -(-images // IMPORTS)):
        numbers = range(first, min(images, first + -(-images // IMPORTS)))
        records = [_record(number, rng) for number in numbers]
        catalog.images.add(f"import {first}", records, [], 0)
    ids = sorted(catalog.images.known_ids())
    catalog.journal.keep(rng.sample(ids, int(REVIEWED * images)))
    for number, image_id in enumerate(ids[: 2 * SIZE]):
        file = workspace.copy(image_id)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(picture(size=(427, 320), seed=number))
    catalog.close()
    return workspace


def _record(number: int, rng: random.Random) -> ImageRecord:
    # As of a collection: some classes are ten times as large as others.
    label = f"class number {int(CLASSES * rng.random() ** 2):02d}"
    return a_record(number, label, rng.choices(SIDES, [80, 18, 2])[0])


def _measure(workspace: Workspace, images: int, loads: int) -> Times:
    catalog = open_catalog(workspace)
    gallery = {
        name: _repeated(partial(_page_of, catalog, wanted, start))
        for name, (wanted, start) in _filters(images).items()
    }
    counts = _repeated(lambda: (catalog.images.counts(), catalog.images.quarantined_count()))
    relabels = _relabels(catalog)
    catalog.close()
    home = workspace.folder.parent
    with chromium_browser() as browser, empty_page(home) as empty, studio(home) as address:
        url, total = f"{address}/dataset", f"{images:,}"
        first_page = _load(browser, url, total)[0]
        load_word(browser, empty)
        seen = [(*_load(browser, url, total), load_word(browser, empty)) for _ in range(loads)]
    page, plots, nothing = (list(times) for times in zip(*seen, strict=True))
    return Times(gallery, counts, relabels, page, first_page, plots, nothing)


def _filters(images: int) -> dict[str, tuple[PictureFilter, int]]:
    last = images // SIZE // 2 * SIZE
    return {
        "no filter": (PictureFilter(), 0),
        "no filter, half-way": (PictureFilter(), last),
        "a class": (PictureFilter(label="class number 07"), 0),
        "a class and a side": (PictureFilter(label="class number 07", side="test"), 0),
        "a source": (PictureFilter(import_id=IMPORTS), 0),
        "a part of the name": (PictureFilter(text="99"), 0),
        "a name that no picture has": (PictureFilter(text="zebra"), 0),
        "deleted": (PictureFilter(status="quarantined"), 0),
    }


def _page_of(catalog: Catalog, wanted: PictureFilter, start: int) -> None:
    if catalog.images.gallery_count(wanted):
        catalog.images.gallery(wanted, SIZE, start)


def _relabels(catalog: Catalog) -> list[float]:
    ids = [image.id for image in catalog.images.sample(RELABELS, start="8")]
    return [
        _timed_ms(partial(catalog.journal.relabel, image_id, "class number 01")) for image_id in ids
    ]


def _load(browser: Browser, url: str, total: str) -> tuple[float, float]:
    """Milliseconds until figures and pictures are there; from a click on Classes to the plot."""
    page = open_tab(browser)
    page.goto(url, wait_until="commit")
    drawn_ms = max(float(page.evaluate(DRAWN, total)), float(page.evaluate(READY, SIZE)))
    page.wait_for_load_state("networkidle")
    clicked_ms = float(page.evaluate("performance.now()"))
    page.get_by_role("radio", name="Classes").click()
    plotted_ms = float(page.evaluate(PLOTTED)) - clicked_ms
    page.context.close()
    return drawn_ms, plotted_ms


def _repeated(act: Callable[[], object]) -> list[float]:
    return [_timed_ms(act) for _ in range(REPEATS)]


def _timed_ms(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return 1000 * (time.perf_counter() - started)


def _figures(times: Times, images: int) -> dict[str, float]:
    return {
        "images": images,
        "gallery_ms": round(max(map(statistics.median, times.gallery.values())), 1),
        "counts_ms": round(statistics.median(times.counts), 1),
        "relabel_ms": round(statistics.median(times.relabels), 1),
        "page_s": round(statistics.median(times.page) / 1000, 2),
    }


def _table(times: Times) -> str:
    rows = [(f"gallery: {name}", found) for name, found in times.gallery.items()]
    rows += [
        ("counts", times.counts),
        ("relabel", times.relabels),
        ("Dataset page, the studio's first", [times.first_page]),
        ("Dataset page, cold browser", times.page),
        ("empty Streamlit page, cold browser", times.empty_page),
        ("click on Classes to their plot", times.plots),
    ]
    return "".join(
        f"{name:<36}{statistics.median(found):>9.1f} ms  {min(found):.1f} to {max(found):.1f}\n"
        for name, found in rows
    )


if __name__ == "__main__":
    main()
