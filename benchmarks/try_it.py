"""Live answers on Try it beside what ONNX Runtime Web can do at all, in the same browser.

    python -m benchmarks.try_it [--seconds 8] [--rounds 3]

The sample is imported and the quick model trained in a workspace that is thrown away; the studio
serves it, headless Chromium shows its fake camera (640 x 480) to the page. By turns with that, a
tab of the same origin lets ONNX Runtime Web answer one and the same input again and again: no
camera, no preprocessing, no page. Both have one thread. Prints each round and, last, one JSON line:

    per_s       frames answered in a second on the page: medians of the rounds
    bare_per_s  answers in a second of ONNX Runtime Web alone
    share       per_s as a share of bare_per_s
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, sync_playwright

from core.catalog import open_catalog
from core.context import Context
from core.dataset.ways_in import bring_in
from core.settings import Settings
from core.training.quick import train_quick
from core.try_it.making import make_kit
from core.workspace import open_workspace
from tests.browser import ARGUMENTS, chromium, studio

BARE = """async ([runtime, model, seconds]) => {
  const ort = await import(runtime);
  ort.env.wasm.numThreads = 1;
  const bytes = new Uint8Array(await (await fetch(model)).arrayBuffer());
  const session = await ort.InferenceSession.create(bytes, { executionProviders: ["wasm"] });
  const pixels = new Float32Array(3 * 224 * 224).fill(0.1);
  const input = new ort.Tensor("float32", pixels, [1, 3, 224, 224]);
  const run = () => session.run({ pixel_values: input }, ["logits"]);
  for (let k = 0; k < 5; k++) await run();
  const start = performance.now();
  let answers = 0;
  while (performance.now() - start < 1000 * seconds) { await run(); answers++; }
  return 1000 * answers / (performance.now() - start);
}"""
RUNTIME = """() => performance.getEntriesByType("resource").map((entry) => entry.name)
  .find((name) => name.endsWith("ort.wasm.bundle.min.mjs"))"""
WARMING_MS = 2_000


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(arguments)
    with TemporaryDirectory(prefix="toploss-bench-", ignore_cleanup_errors=True) as folder:
        home = Path(folder, "home")
        _prepare(home)
        with studio(home) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
            context = browser.new_context(permissions=["camera"])
            rounds = [
                _round(context.new_page(), address, options.seconds) for _ in range(options.rounds)
            ]
            browser.close()
    live, bare = (statistics.median(rates) for rates in zip(*rounds, strict=True))
    share = round(live / bare, 3)
    print(json.dumps({"per_s": round(live, 2), "bare_per_s": round(bare, 2), "share": share}))


def _prepare(home: Path) -> None:
    workspace = open_workspace(home, "fruit")
    context = Context(workspace, open_catalog(workspace), Settings(home))
    for work in (bring_in(context, {"way": "sample"}), train_quick(context), make_kit(context, 1)):
        for _ in work:
            pass
    context.catalog.close()


def _round(page: Page, address: str, seconds: float) -> tuple[float, float]:
    """Answers a second on the page, and by the runtime alone."""
    page.set_default_timeout(120_000)
    with page.expect_response("**/network/**") as network:
        page.goto(f"{address}/try_it")
    page.locator(".camera:enabled").click()
    page.locator(".root[data-answers]").wait_for()
    live = _live(page, seconds)
    model, runtime = network.value.url, page.evaluate(RUNTIME)
    page.goto(f"{address}/_stcore/health")  # of the same origin, and nothing else runs there
    bare = float(page.evaluate(BARE, [runtime, model, seconds]))
    page.close()
    print(f"{live:6.2f} frames a second on the page, {bare:6.2f} by ONNX Runtime Web alone")
    return live, bare


def _live(page: Page, seconds: float) -> float:
    page.wait_for_timeout(WARMING_MS)
    first, from_ms = _answers(page)
    page.wait_for_timeout(1000 * seconds)
    last, to_ms = _answers(page)
    return 1000 * (last - first) / (to_ms - from_ms)


def _answers(page: Page) -> tuple[int, float]:
    """How many there were so far, and the time of the browser, in ms."""
    count, now_ms = page.locator(".root[data-answers]").evaluate(
        "root => [Number(root.dataset.answers), performance.now()]"
    )
    return count, now_ms


if __name__ == "__main__":
    main()
