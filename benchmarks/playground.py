"""How long a playground takes to answer a slider, in a real browser against the real studio.

    python -m benchmarks.playground [LESSON ...]

For each lesson, 30 presses of an arrow key on its first slider in headless Chromium on the same
machine, each after the one before was answered. Timed in the page, from the key to the frame in
which the new trace was painted: Streamlit's way to Python and back, the maths, and the drawing.
Prints a table and, last, one JSON line:

    lessons     lesson -> median ms
    worst_ms    the slowest of them
"""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, sync_playwright

from core.playground import LESSONS
from core.playground.lesson import Lesson
from core.playground.parameters import Slider
from tests.browser import ARGUMENTS, chromium, studio

PRESSES, WARM_UP = 30, 3
# From the key on the slider to the frame after which `data-painted` names a newer answer.
WATCH = """handle => {
  const root = handle.closest('.root');
  window.times = [];
  handle.addEventListener('keydown', event => {
    const from = event.timeStamp, asked = root._s.n;
    const wait = () => {
      if (+root.dataset.painted <= asked) { requestAnimationFrame(wait); return; }
      const channel = new MessageChannel();      // runs after the frame is painted
      channel.port1.onmessage = () => window.times.push(performance.now() - from);
      channel.port2.postMessage(0);
    };
    wait();
  }, { capture: true });
}"""

ENDS = "handle => [+handle.value <= +handle.min, +handle.value >= +handle.max]"


def main(arguments: Sequence[str] | None = None) -> None:
    wanted = list(sys.argv[1:] if arguments is None else arguments)
    lessons = [lesson for lesson in LESSONS if not wanted or lesson.id in wanted]
    with (
        TemporaryDirectory(prefix="toploss-bench-", ignore_cleanup_errors=True) as folder,
        studio(Path(folder) / "home") as url,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        times = {lesson.id: _times(page, url, lesson) for lesson in lessons}
        browser.close()
    print(f"{'lesson':24}{'median ms':>11}{'95 % within':>13}")
    for name, measured in times.items():
        late = sorted(measured)[int(0.95 * len(measured))]
        print(f"{name:24}{statistics.median(measured):11.1f}{late:13.1f}")
    medians = {name: round(statistics.median(measured), 1) for name, measured in times.items()}
    print(json.dumps({"lessons": medians, "worst_ms": max(medians.values())}))


def _times(page: Page, url: str, lesson: Lesson) -> list[float]:
    name = next(p.name for p in lesson.parameters if isinstance(p, Slider))
    page.goto(f"{url}/{lesson.id}")
    page.wait_for_selector(".root[data-painted]")
    handle = page.locator(f"input[data-parameter={name}]")
    handle.evaluate(WATCH)
    for n in range(PRESSES + WARM_UP):
        at_start, at_end = handle.evaluate(ENDS)  # some sliders have few positions
        right = at_start or (n % 10 < 5 and not at_end)
        handle.press("ArrowRight" if right else "ArrowLeft")
        page.wait_for_function(f"window.times.length === {n + 1}")
        page.wait_for_timeout(100)
    return list(page.evaluate("window.times"))[WARM_UP:]


if __name__ == "__main__":
    main()
