"""Speed of the Interpretation and Anatomy pages, part by part.

`python -m benchmarks.interpretation --images DIR`

DIR has a folder a class. Its pictures are imported, the quick model is trained, then each part is
timed once:

    confusion_s, calibration_s, thresholds_s   the page's tables, of all pictures that were answered
    shortcuts_s, map_s                         these jobs, on all pictures
    heat_map_s                                 one picture, predicted and actual class, both methods
    anatomy_s, walk_s, channels_s              these jobs
    page_s        the Interpretation page in a cold browser until its matrix is drawn (median), on a
                  workspace of `--page-images` pictures; to reach: under 1.5 s

The server was asked once before the page is timed. An empty Streamlit page is timed beside it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from playwright.sync_api import Browser

from benchmarks.review_browser import LOADS, chromium_browser, empty_page, load_word, open_tab
from benchmarks.review_workspace import build_workspace
from benchmarks.workspace import import_folder, throw_away_context
from core.context import Context
from core.interpretation.anatomy import take_apart
from core.interpretation.channels import find_channels
from core.interpretation.confusion import class_reports, confusion_matrix, grouped_order
from core.interpretation.heat_job import make_heat_maps
from core.interpretation.picture_map import make_map
from core.interpretation.reliability import reliability
from core.interpretation.shortcut_check import check_shortcuts
from core.interpretation.thresholds import at_thresholds
from core.interpretation.walk import walk_through
from core.judged import Judged, judged
from core.training.quick import train_quick
from tests.browser import studio

HEATED = 8
THRESHOLDS = np.linspace(0, 1, 101)
DRAWN = """async () => {
  const drawn = () => document.querySelector('[data-testid=stEChartsChart] canvas');
  while (!drawn()) await new Promise(requestAnimationFrame);
  return performance.now();
}"""


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.interpretation")
    parser.add_argument("--images", type=Path, required=True, help="a folder per class")
    parser.add_argument("--page-images", type=int, default=10_000, help="when the page is opened")
    asked = parser.parse_args(arguments)
    with TemporaryDirectory(prefix="toploss-bench-", ignore_cleanup_errors=True) as folder:
        figures = measure_parts(throw_away_context(Path(folder) / "parts"), asked.images)
        figures |= measure_page(Path(folder) / "home", asked.page_images)
    print("".join(f"{name:<16}{value:>10,}\n" for name, value in figures.items()))
    print(json.dumps(figures))


def measure_parts(context: Context, images: Path) -> dict[str, float]:
    """Seconds of each part on these pictures."""
    import_folder(context, images)
    list(train_quick(context))
    found = judged(context.catalog, context.catalog.runs.get(1), "train")
    ids = [image.id for image in context.catalog.images.sample(HEATED)]
    jobs: dict[str, Callable[[], Iterable[object]]] = {
        "shortcuts_s": lambda: check_shortcuts(context),
        "map_s": lambda: make_map(context),
        "heat_map_s": lambda: make_heat_maps(context, 1, ids, ["predicted", "actual"]),
        "anatomy_s": lambda: take_apart(context, 1),
        "walk_s": lambda: walk_through(context, 1, ids[0]),
        "channels_s": lambda: find_channels(context, 1),
    }
    figures: dict[str, float] = {"images": len(context.catalog.images.all())}
    figures["confusion_s"] = timed_s(lambda: _confusion(found))
    figures["calibration_s"] = timed_s(lambda: reliability(found.probs_nc, found.labels_n))
    figures["thresholds_s"] = timed_s(
        lambda: at_thresholds(found.confidence_n, found.right_n, THRESHOLDS)
    )
    for name, job in jobs.items():
        figures[name] = timed_s(lambda job=job: list(job()))
    figures["heat_map_s"] = round(figures["heat_map_s"] / len(ids), 3)
    return figures


def _confusion(found: Judged) -> None:
    matrix = confusion_matrix(found.labels_n, found.predicted_n, len(found.classes))
    class_reports(matrix)
    grouped_order(matrix)


def measure_page(home: Path, images: int) -> dict[str, float]:
    """Seconds until the page stands, in a new browser each time."""
    build_workspace(home, images)
    with chromium_browser() as browser, empty_page(home) as empty, studio(home) as address:
        load(browser, f"{address}/interpretation")
        load_word(browser, empty)
        times = [load(browser, f"{address}/interpretation") for _ in range(LOADS)]
        nothing = [load_word(browser, empty) for _ in range(LOADS)]
    return {
        "page_images": images,
        "page_s": round(statistics.median(times) / 1000, 2),
        "empty_page_s": round(statistics.median(nothing) / 1000, 2),
    }


def load(browser: Browser, url: str) -> float:
    page = open_tab(browser)
    page.goto(url, wait_until="commit")
    drawn_ms = float(page.evaluate(DRAWN))
    page.context.close()
    return drawn_ms


def timed_s(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return round(time.perf_counter() - started, 3)


if __name__ == "__main__":
    main()
