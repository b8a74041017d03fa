"""Workers and studios killed at any moment, marks on their way, and a worker that stands still."""

from __future__ import annotations

import gzip
import os
import random
import signal
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from benchmarks.attacks.attack import Attack, Broken, demand
from benchmarks.attacks.ground import Ground, bundles_of, do, left_over, opened, write_pictures
from benchmarks.attacks.guard import listing
from benchmarks.attacks.hostile_archives import packed_tar
from benchmarks.attacks.servers import Server, running, studio, worker_of
from benchmarks.review_browser import READY, WATCH, chromium_browser, open_tab
from core.catalog import Catalog
from core.jobs import active_job, start_job
from core.workspace import Workspace

LONGEST_S = {
    "import": 3.0, "import a packed tar": 6.0, "check": 4.0, "quick": 8.0, "export": 16.0,
    "take-out": 1.5, "take-out a folder": 1.5, "space": 2.0, "lookalikes": 3.0, "score": 6.0,
    "shortcuts": 6.0, "map": 8.0, "anatomy": 8.0, "heat-maps": 6.0, "channels": 8.0,
}  # fmt: skip
"""Kinds of work, and within how many seconds after its start it is killed."""
STOP_S = 60.0
TILES = 24


def attacks(ground: Ground) -> Iterator[Attack]:
    chance = random.Random(ground.options.seed)
    kinds = list(LONGEST_S)
    for n in range(ground.options.workers):
        kind = kinds[n % len(kinds)]
        after_s = chance.uniform(0.0, LONGEST_S[kind])
        name = f"worker {n + 1}: {kind} after {after_s:.1f} s"
        yield Attack(name, partial(_worker, ground, kind, after_s), 200)
    for kind in ("import a packed tar", "quick", "export")[: max(1, ground.options.studios)]:
        yield Attack(f"{kind} stands still, then Stop", partial(_stands_still, ground, kind), 200)
    for n in range(ground.options.studios):
        after_s = chance.uniform(0.5, 6.0)
        act = partial(_studio, ground, after_s)
        yield Attack(f"studio {n + 1}, after {after_s:.1f} s of training", act, 200)
    if ground.options.marks:
        with chromium_browser() as browser:
            for n in range(ground.options.marks):
                act = partial(
                    _marks, ground, browser, chance.randint(1, TILES - 2), chance.random()
                )
                yield Attack(f"studio during marks {n + 1}", act, 200)


def _begin(workspace: Workspace, catalog: Catalog, kind: str) -> int:
    """Start a job of a kind; its number."""
    kind, _, form = kind.partition(" ")
    if kind == "import":
        return start_job(workspace, catalog, kind, _to_import(workspace, bool(form))).id
    images = [image.id for image in catalog.images.all()]
    args: dict[str, dict[str, Any]] = {
        "export": {"run_id": 1},
        "take-out": {"form": "folder" if form else "zip"},
        "space": {"bundle": bundles_of(workspace)[0].name, "kind": "docker"},
        "score": {"run_ids": [1, 2]},
        "anatomy": {"run_id": 1},
        "channels": {"run_id": 1},
        "heat-maps": {"run_id": 1, "image_ids": images},
    }
    return start_job(workspace, catalog, kind, args.get(kind, {})).id


def _to_import(workspace: Workspace, packed: bool) -> Mapping[str, Any]:
    if packed:
        workspace.uploads.mkdir(exist_ok=True)
        packed_tar(partial(gzip.compress, compresslevel=1), workspace.uploads / "sent")
        return {"way": "archive", "upload": "sent", "name": "sent.tar.gz"}
    folder = workspace.folder / "to import"
    if not folder.exists():
        write_pictures(folder, 150, 20_000)
    return {"way": "folder", "path": str(folder)}


def _worker(ground: Ground, kind: str, after_s: float) -> None:
    with ground.borrowed() as workspace:
        with opened(workspace) as catalog:
            before = _Stored(workspace, catalog)
            _begin(workspace, catalog, kind)
            process = worker_of(workspace)
            time.sleep(after_s)
            _kill(process)
            _closed(workspace, catalog, 15)
            before.must_be_there()
        demand(not left_over(workspace), f"left behind: {left_over(workspace)[:3]}")
        job = do(workspace, "check", {})
        demand(job.state == "done", f"the next job: {job.message}")


def _kill(process: int) -> None:
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        return  # it was done already


def _closed(workspace: Workspace, catalog: Catalog, patience_s: float) -> None:
    """Raises Broken unless somebody who looks finds that nothing goes on any more."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        if active_job(workspace, catalog) is None:
            return
        time.sleep(0.2)
    raise Broken(f"the job is still said to go on after {patience_s:.0f} s")


class _Stored:
    """What a workspace holds, and has to hold ever after."""

    def __init__(self, workspace: Workspace, catalog: Catalog) -> None:
        self._workspace, self._catalog = workspace, catalog
        self._files = self._listed()
        self._images = {image.id: image.label for image in catalog.images.all()}
        self._runs = {run.id for run in catalog.runs.all()}
        self._edits = catalog.journal.count()

    def _listed(self) -> dict[str, str]:
        folder = self._workspace.folder
        return {
            f"{name}/{path}": said
            for name in ("originals", "runs/1", "runs/2", "exports")
            for path, said in listing(folder / name).items()
            if "/seen-" not in f"/{path}"
        }

    def must_be_there(self) -> None:
        now, catalog = self._listed(), self._catalog
        lost = [path for path, said in self._files.items() if now.get(path) != said]
        replaced = [path for path in lost if path.startswith("exports/") and path in now]
        demand(lost == replaced, f"{len(lost)} files are gone or changed, first {lost[:1]}")
        images = {image.id: image for image in catalog.images.all()}
        gone = [
            i for i, label in self._images.items() if i not in images or images[i].label != label
        ]
        demand(not gone, f"{len(gone)} pictures are gone or have another label")
        demand(self._runs <= {run.id for run in catalog.runs.all()}, "a run is gone")
        demand(catalog.journal.count() >= self._edits, "edits are gone")
        for image in images.values():
            file = self._workspace.original(image.id, image.suffix)
            demand(file.is_file() and file.stat().st_size > 0, "a picture has no file")
        _is_whole(self._workspace.catalog_file)


def _is_whole(catalog: Path) -> None:
    with closing(sqlite3.connect(catalog, timeout=20)) as db:
        (said,) = db.execute("PRAGMA integrity_check").fetchone()
    demand(said == "ok", f"the catalog is damaged: {said}")


def _stands_still(ground: Ground, kind: str) -> None:
    """SIGSTOP, then what the Stop button does: it ends, and the next job starts."""
    with ground.borrowed() as workspace:
        with opened(workspace) as catalog:
            before = _Stored(workspace, catalog)
            job = _begin(workspace, catalog, kind)
            process = worker_of(workspace)
            time.sleep(1.0)
            os.kill(process, signal.SIGSTOP)
            _press_stop(workspace, catalog, job)
            _closed(workspace, catalog, STOP_S)
            before.must_be_there()
        demand(not left_over(workspace), f"left behind: {left_over(workspace)[:3]}")
        demand(do(workspace, "check", {}).state == "done", "the next job does not start")


def _press_stop(workspace: Workspace, catalog: Catalog, job: int) -> None:
    catalog.jobs.request_stop(job)


def _studio(ground: Ground, after_s: float) -> None:
    """The studio dies while a job goes on: the job does not, and another studio shows its end."""
    with ground.borrowed() as workspace, opened(workspace) as catalog:
        before = _Stored(workspace, catalog)
        server = studio(ground.home)
        with running(server):
            job = _begin(workspace, catalog, "quick")
            worker_of(workspace)
            time.sleep(after_s)
            assert server.process is not None
            server.process.kill()
            server.process.wait(10)
        with running(studio(ground.home)) as again:
            demand(again.ask("/").status == 200, "it does not start again")
            _closed(workspace, catalog, 100)
        demand(catalog.jobs.get(job).state == "done", f"the job: {catalog.jobs.get(job).message}")
        before.must_be_there()


def _marks(ground: Ground, browser: Browser, count: int, wait_s: float) -> None:
    """Keys on the Review page, and the studio killed among them: what was confirmed is stored, and
    the rest is when there is a studio again.
    """
    with ground.borrowed("Marked") as workspace, opened(workspace) as catalog:
        (ground.home / ".last").write_text(workspace.name, encoding="utf-8")
        before, edits = _Stored(workspace, catalog), catalog.journal.count()
        with running(studio(ground.home)) as server:
            page = _reviewing(browser, server)
            for n in range(count):
                page.keyboard.press("k1"[n % 2])
                page.wait_for_timeout(20 + 60 * wait_s)
            confirmed = page.evaluate("window.marks.filter(m => m.confirmed !== undefined).length")
            assert server.process is not None
            server.process.kill()
            server.process.wait(10)
            stored = catalog.journal.count() - edits
            demand(stored >= confirmed, f"{confirmed} marks were confirmed, {stored} are stored")
            server.start()
            _all_stored(page, catalog, edits + count)
        page.context.close()
        _is_whole(workspace.catalog_file)
        images = {image.id for image in catalog.images.all()}
        demand(len(images) == len(before._images), "pictures are gone")


def _all_stored(page: Page, catalog: Catalog, count: int) -> None:
    """Raises Broken unless so many edits are stored soon, and no more."""
    deadline = time.monotonic() + 40
    while catalog.journal.count() < count and time.monotonic() < deadline:
        page.wait_for_timeout(200)
    page.wait_for_timeout(1000)  # one that is stored twice would come now
    stored = catalog.journal.count()
    demand(stored == count, f"{stored} of {count} marks are stored after the studio came again")


def _reviewing(browser: Browser, server: Server) -> Page:
    page = open_tab(browser)
    page.goto(f"http://127.0.0.1:{server.port}/review?review_size={TILES}")
    page.evaluate(READY, TILES)
    page.evaluate(WATCH)
    return page
