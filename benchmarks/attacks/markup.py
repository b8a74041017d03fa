"""Names with markup on ten pages and on the served page, in a browser: text stays text."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from playwright.sync_api import Page

from benchmarks.attacks.attack import Attack, demand
from benchmarks.attacks.ground import Ground, bundles_of, do, in_words, opened, picture
from benchmarks.attacks.servers import Server, running, served, studio, wait_for_page
from benchmarks.review_browser import chromium_browser, open_tab
from core.workspace import Workspace

DOES = "window.injected=1"
LABELS = (
    f'<img src=x onerror="{DOES}" class="injected">',
    f"<script class=injected>{DOES}</script>",
    f'"><svg onload="{DOES}" class=injected>',
    f"[press](javascript:{DOES})",
    f"![x](x){{onerror={DOES}}}<b class='injected'>b</b>",
    "$\\href{javascript:window.injected=1}{x}$ :red[x] **bold** `x`",
    f"</style></title></textarea><iframe class='injected' srcdoc='<script>parent.{DOES}</script>'>",
    f"{{{{constructor.constructor('{DOES}')()}}}}' onmouseover='{DOES}' class='injected",
)
PAGES = ("", "dataset", "training", "review", "export", "interpretation", "anatomy", "runs",
         "learning_curve", "architectures")  # fmt: skip
LOOK = """() => {
  const rooms = [document], seen = [];
  for (const room of rooms) {
    for (const element of room.querySelectorAll('*')) {
      if (element.shadowRoot) rooms.push(element.shadowRoot);
      const classes = element.getAttribute('class') ?? '';
      const handlers = [...element.attributes].filter(
        a => a.name.startsWith('on') && a.value.includes('injected'));
      const href = element.getAttribute('href') ?? '';
      if (classes.split(' ').includes('injected') || handlers.length
          || href.toLowerCase().startsWith('javascript:')) {
        seen.push(element.outerHTML.slice(0, 120));
      }
    }
  }
  return { ran: window.injected ?? 0, seen };
}"""
PER_CLASS = 8


def attacks(ground: Ground) -> Iterator[Attack]:
    home = ground.folder.parent / "markup" / "home"
    workspace = _workspace(ground, home)
    with running(studio(home)) as server, chromium_browser() as browser:
        page = open_tab(browser)
        for address in PAGES:
            yield Attack(
                f"the page {address or 'home'}", partial(_looked, page, server, address), 90
            )
        yield Attack("a picture in full", partial(_zoomed, page, server), 90)
    with running(served(bundles_of(workspace)[0], home)) as server, chromium_browser() as browser:
        wait_for_page(server)
        act = partial(_served, open_tab(browser), server)
        yield Attack("the page of the served app", act, 90)
    shutil.rmtree(home)


def _workspace(ground: Ground, home: Path) -> Workspace:
    """Eight classes, a run, a note, files and a source with markup in their names."""
    workspace = Workspace(home / "markup")
    with tempfile.TemporaryDirectory() as folder:
        rows = ["file\tlabel"]
        for k, label in enumerate(LABELS):
            for n in range(PER_CLASS):
                name = f"{LABELS[k % 3][:40].replace('/', '')}{k}-{n}.jpg"
                colour = (30 * k, 250 - 30 * k, 40 * (k % 5))
                (Path(folder) / name).write_bytes(picture(colour, 600 + 100 * k + n))
                quoted = [cell.replace('"', '""') for cell in (name, label)]
                rows.append("\t".join(f'"{cell}"' for cell in quoted))
        (Path(folder) / "table.tsv").write_text("\n".join(rows), encoding="utf-8")
        columns = {"table": "table.tsv", "file_column": "file", "label_column": "label"}
        workspace.folder.mkdir(parents=True)
        shutil.copytree(ground.home / ".cache", home / ".cache")
        args = {"way": "folder", "path": folder, "labels": "table", **columns}
        in_words(do(workspace, "import", args))
    in_words(do(workspace, "quick", {}))
    in_words(do(workspace, "check", {}))
    with opened(workspace) as catalog:
        catalog.runs.describe(1, LABELS[0][:60], "\n".join(LABELS))
        image = catalog.images.all()[0]
        catalog.journal.relabel([image.id], LABELS[1], "attack:1")
    in_words(do(workspace, "export", {"run_id": 1}))
    demand(bool(bundles_of(workspace)), "it cannot be exported")
    return workspace


def _looked(page: Page, server: Server, address: str) -> None:
    page.goto(f"http://127.0.0.1:{server.port}/{address}")
    page.locator("h1").first.wait_for()
    page.wait_for_timeout(4000)
    for summary in page.locator("details > summary").all()[:8]:  # what is folded is drawn, too
        if summary.is_visible():
            summary.click()
    page.wait_for_timeout(1000)
    _clean(page)


def _zoomed(page: Page, server: Server) -> None:
    page.goto(f"http://127.0.0.1:{server.port}/review")
    page.locator(".tile").first.wait_for()
    page.locator(".tile").first.click()
    page.keyboard.press("Space")
    page.wait_for_timeout(3000)
    _clean(page)


def _served(page: Page, server: Server) -> None:
    page.goto(f"http://127.0.0.1:{server.port}/")
    page.locator("input[type=file]").first.wait_for(state="attached")
    page.wait_for_timeout(2000)
    sent = {"name": "<img src=x onerror=window.injected=1>.jpg", "mimeType": "image/jpeg",
            "buffer": picture((90, 90, 90), 1)}  # fmt: skip
    page.locator("input[type=file]").first.set_input_files(sent)
    page.locator("#answer h2").wait_for()
    page.wait_for_timeout(1000)
    _clean(page)


def _clean(page: Page) -> None:
    look = page.evaluate(LOOK)
    demand(not look["ran"], "the script in a name ran")
    demand(not look["seen"], f"{len(look['seen'])} elements out of names, first {look['seen'][:1]}")
