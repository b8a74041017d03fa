"""How long a person waits on the Review page, in a real browser against the real studio.

    python -m benchmarks.review_latency [--images 10000] [--tiles 96]

A workspace of that many pictures is written (see `benchmarks.review_workspace`) and thrown away;
`streamlit run` serves the app, headless Chromium on the same machine opens it. Prints a table and,
last, one JSON line:

    images, tiles        pictures in the workspace, and on a page
    ready_ms             from the start of the navigation until every tile's picture is decoded, in
                         a new browser context (nothing cached); median of 5
    empty_page_ms        the same for a Streamlit page that says one word: the floor
    changed_ms           from a key to its mark in the document: the grid's own work; median
    paint_ms             from a key until the frame with its mark was painted, which waits for the
                         screen's next frame (every 16.7 ms); median
    confirm_p95_ms       from a key to its mark stored and acknowledged in the browser; 95th
                         percentile of 120 marks, 300 ms apart
    sent, stored         200 keys as fast as they can be sent, and edits in the catalog after them,
                         counted only if they are the ones that were sent, in that order
    heap_mb              growth of the JavaScript heap over those marks and 20 page turns, after
                         forced garbage collection, MB

The server was asked once before anything is timed, and the page was opened once: what a studio
does at its first request only is in the table.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page

from benchmarks.review_browser import (
    LOADS,
    READY,
    WATCH,
    chromium_browser,
    empty_page,
    heap_mb,
    load_review,
    load_word,
    open_tab,
    turn_page,
    warm_loads,
)
from benchmarks.review_workspace import Built, build_workspace
from core.catalog import Catalog, open_catalog
from tests.browser import studio

SLOW_MARKS, APART_MS = 120, 300
SINCE_KEY = ("changed", "painted", "confirmed")
FAST_MARKS, TURNS = 200, 20


@dataclass(frozen=True)
class Latency:
    """Times in ms: every load and every mark."""

    first_ms: float
    cold_ms: list[float]
    warm_ms: list[float]
    empty_ms: list[float]
    changed_ms: list[float]
    paint_ms: list[float]
    confirm_ms: list[float]
    stored: int
    fast_s: float
    heap_mb: float


def main(arguments: Sequence[str] | None = None) -> None:
    options = _options(arguments)
    with TemporaryDirectory(prefix="toploss-bench-", ignore_cleanup_errors=True) as folder:
        home = Path(folder) / "home"
        started = time.perf_counter()
        built = build_workspace(home, options.images)
        print(f"workspace of {options.images:,} pictures: {time.perf_counter() - started:.0f} s\n")
        latency = _measure(built, home, options)
    print(_table(latency))
    print(json.dumps(_figures(latency, options)))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.review_latency")
    parser.add_argument("--images", type=int, default=10_000, help="in the workspace")
    parser.add_argument("--tiles", type=int, default=96, choices=[24, 48, 96], help="on a page")
    parser.add_argument("--loads", type=int, default=LOADS, help="of a page, cold and warm")
    parser.add_argument("--slow-marks", type=int, default=SLOW_MARKS, help="0.3 s apart")
    options = parser.parse_args(arguments)
    if options.images < 2 * options.tiles:
        parser.error("--images must be at least twice --tiles: pages are turned")
    return options


def _measure(built: Built, home: Path, options: argparse.Namespace) -> Latency:
    tiles, loads = options.tiles, range(options.loads)
    catalog = open_catalog(built.workspace)
    with chromium_browser() as browser, empty_page(home) as empty, studio(home) as address:
        url = f"{address}/review?review_size={tiles}"
        first_ms = load_review(browser, url, tiles)
        load_word(browser, empty)
        cold = [(load_review(browser, url, tiles), load_word(browser, empty)) for _ in loads]
        warm_ms = warm_loads(browser, url, tiles, options.loads)
        page = open_tab(browser)
        page.goto(url)
        page.evaluate(READY, tiles)
        page.evaluate(WATCH)
        marks = _slow_marks(page, options.slow_marks)
        stored, fast_s, growth_mb = _fast_marks(page, catalog, tiles)
    catalog.close()
    cold_ms, empty_ms = (list(times) for times in zip(*cold, strict=True))
    since = {what: [m[what] - m["down"] for m in marks] for what in SINCE_KEY}
    return Latency(first_ms, cold_ms, warm_ms, empty_ms, *since.values(), stored, fast_s, growth_mb)


def _slow_marks(page: Page, count: int) -> list[dict[str, float]]:
    """One key after the other, each with time to be answered."""
    for n in range(count):
        page.keyboard.press("k12"[n % 3])  # the last tile takes what comes after it
        page.wait_for_timeout(APART_MS)
    page.wait_for_function("window.marks.every(m => m.confirmed !== undefined)")
    return list(page.evaluate("window.marks"))


def _fast_marks(page: Page, catalog: Catalog, tiles: int) -> tuple[int, float, float]:
    """How many marks were stored as they were sent, seconds to send them, growth of the heap."""
    tool = page.context.new_cdp_session(page)
    turn_page(page, tiles)
    before, heap_before = catalog.journal.count(), heap_mb(tool)
    ids = page.locator(".tile").evaluate_all("tiles => tiles.map(t => t.dataset.id)")
    expected = list(_expected(ids))
    started = time.perf_counter()
    for n, (key, _, _) in enumerate(expected):
        if n % tiles == 0:
            page.keyboard.press("Home")
        page.keyboard.press(key)
    fast_s = time.perf_counter() - started
    stored = _stored(page, catalog, before, [(kind, image) for _, kind, image in expected])
    for _ in range(TURNS):
        turn_page(page, tiles)
    return stored, fast_s, heap_mb(tool) - heap_before


def _expected(ids: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Keys, with the edit that each has to leave: keep and delete, then delete or restore all."""
    deleted = set[str]()
    for n in range(FAST_MARKS):
        image, key = ids[n % len(ids)], "kd"[n % 2] if n < len(ids) else "d"
        if key == "k":
            yield key, "keep", image
        else:
            yield key, "restore" if image in deleted else "quarantine", image
            deleted ^= {image}


def _stored(page: Page, catalog: Catalog, before: int, sent: Sequence[tuple[str, str]]) -> int:
    deadline = time.monotonic() + 60
    while catalog.journal.count() < before + len(sent) and time.monotonic() < deadline:
        page.wait_for_timeout(100)
    page.wait_for_timeout(1000)  # one that is stored twice would come now
    edits = catalog.journal.history(2 * FAST_MARKS + SLOW_MARKS)[::-1][before:]
    stored = [(edit.kind, edit.image_id) for edit in edits]
    return len(stored) if stored == list(sent) else sum(a == b for a, b in zip(stored, sent))


def _percentile(times: Sequence[float], share: float) -> float:
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _figures(latency: Latency, options: argparse.Namespace) -> dict[str, float]:
    return {
        "images": options.images,
        "tiles": options.tiles,
        "ready_ms": round(statistics.median(latency.cold_ms)),
        "empty_page_ms": round(statistics.median(latency.empty_ms)),
        "changed_ms": round(statistics.median(latency.changed_ms), 1),
        "paint_ms": round(statistics.median(latency.paint_ms), 1),
        "confirm_p95_ms": round(_percentile(latency.confirm_ms, 0.95)),
        "sent": FAST_MARKS,
        "stored": latency.stored,
        "heap_mb": round(latency.heap_mb, 1),
    }


def _table(latency: Latency) -> str:
    rate = FAST_MARKS / latency.fast_s
    rows = [
        ("ready, the studio's first", f"{latency.first_ms:.0f} ms", "new server, new browser"),
        ("ready, cold browser", *_cells(latency.cold_ms)),
        ("ready, warm browser", *_cells(latency.warm_ms)),
        ("empty Streamlit page, cold", *_cells(latency.empty_ms)),
        ("key to mark in the document", *_cells(latency.changed_ms)),
        ("key to painted mark", *_cells(latency.paint_ms)),
        ("key to stored mark", *_cells(latency.confirm_ms)),
        (
            "fast marks",
            f"{latency.stored} of {FAST_MARKS}",
            f"stored in order; {rate:.0f} a second",
        ),
        ("heap", f"{latency.heap_mb:+.1f} MB", f"over those and {TURNS} page turns"),
    ]
    name, value = (max(len(row[k]) for row in rows) for k in (0, 1))
    return "\n".join(f"{a:<{name}}  {b:>{value}}  {c}" for a, b, c in rows) + "\n"


def _cells(times: Sequence[float]) -> tuple[str, str]:
    low, high = min(times), max(times)
    said = f"median; {low:.0f} to {high:.0f}, 95 % within {_percentile(times, 0.95):.0f}"
    return f"{statistics.median(times):.1f} ms", said


if __name__ == "__main__":
    main()
