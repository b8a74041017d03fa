"""One deed of the studio on a disk that takes nothing more; prints {"failure"} as JSON.

`python -m benchmarks.attacks.on_a_disk DISK WORKSPACE full|read-only DEED`, only ever started by
`benchmarks.attacks.disks` in a mount namespace of its own, where DISK is small.
"""

from __future__ import annotations

import errno
import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from benchmarks.attacks.attack import Broken, demand
from benchmarks.attacks.ground import JOB_S, bundles_of, left_over, opened, write_pictures
from benchmarks.attacks.guard import listing
from core.errors import StudioError
from core.jobs import start_job, wait_for
from core.review.marks import store_marks
from core.workspace import Workspace

LEFT_BYTES = 60_000


def main(disk: str, source: str, state: str, deed: str) -> None:
    workspace = Workspace(Path(disk) / "home" / "target")
    shutil.copytree(source, workspace.folder, symlinks=True)
    shutil.copytree(Path(source).parent / ".cache", workspace.folder.parent / ".cache")
    with opened(workspace):  # what SQLite needs beside it is there
        pass
    failure = ""
    try:
        _tried(workspace, Path(disk), state, DEEDS[deed])
    except Broken as broken:
        failure = str(broken)
    print(json.dumps({"failure": failure}))


def _tried(workspace: Workspace, disk: Path, state: str, deed: Callable[[Workspace], str]) -> None:
    pictures = disk / "pictures"
    write_pictures(pictures, 12, 5000)
    before, edits = _stored(workspace), _edits(workspace)
    if state == "full":
        _fill(disk / "ballast")
    else:
        _mount("ro", disk)
    try:
        said = deed(workspace)
        demand(bool(said), "it says that all is well")
        demand(
            said.count(". ") <= 2 and "Something unexpected" not in said, f"it says: {said[:150]}"
        )
    finally:
        if state == "full":
            (disk / "ballast").unlink()
        else:
            _mount("rw", disk)
    _nothing_lost(workspace, before, edits)
    said = deed(workspace)
    demand(not said, f"it does not work either when there is room again: {said[:150]}")


def _fill(ballast: Path) -> None:
    """Leave room for a few pages only."""
    with ballast.open("wb") as file, suppress(OSError):
        while True:
            file.write(bytes(1 << 16))
            file.flush()
    with ballast.open("r+b") as file:
        file.truncate(max(0, ballast.stat().st_size - LEFT_BYTES))


def _mount(mode: str, disk: Path) -> None:
    subprocess.run(["mount", "-o", f"remount,{mode}", str(disk)], check=True, timeout=20)


def _stored(workspace: Workspace) -> dict[str, str]:
    return {
        f"{folder}/{path}": said
        for folder in ("originals", "runs", "exports")
        for path, said in listing(workspace.folder / folder).items()
    }


def _edits(workspace: Workspace) -> int:
    with opened(workspace) as catalog:
        return catalog.journal.count()


def _nothing_lost(workspace: Workspace, before: dict[str, str], edits: int) -> None:
    now = _stored(workspace)
    lost = [path for path in before if now.get(path) != before[path]]
    demand(not lost, f"{len(lost)} files are gone or changed, first {lost[:1]}")
    with closing(sqlite3.connect(workspace.catalog_file)) as db:
        (said,) = db.execute("PRAGMA integrity_check").fetchone()
    demand(said == "ok", f"the catalog is damaged: {said}")
    demand(_edits(workspace) >= edits, "edits are gone")
    with opened(workspace) as catalog:
        for image in catalog.images.all():
            file = workspace.original(image.id, image.suffix)
            demand(file.is_file() and file.stat().st_size > 0, "a picture has no file")
    parts = [path for path in left_over(workspace) if not path.startswith("uploads")]
    demand(not parts, f"left behind: {parts[:2]}")


def _job(kind: str, args: dict[str, object], workspace: Workspace) -> str:
    """What was said instead of doing it; empty when it was done."""
    try:
        with opened(workspace) as catalog:
            job = start_job(workspace, catalog, kind, args)
            job = wait_for(workspace, catalog, job.id, JOB_S)
    except StudioError as error:
        return str(error)
    except OSError as error:
        raise Broken(f"a raw error: {errno.errorcode.get(error.errno or 0)} {error}") from error
    return "" if job.state == "done" else f"{job.message} {job.hint}"


def _import(workspace: Workspace) -> str:
    folder = workspace.folder.parents[1] / "pictures"
    return _job("import", {"way": "folder", "path": str(folder)}, workspace)


def _marks(workspace: Workspace) -> str:
    """Many marks: some may still find room; whatever is stored stays."""
    problems: list[StudioError] = []
    try:
        with opened(workspace) as catalog:
            ids = [image.id for image in catalog.images.all() if image.side != "test"]
            number = catalog.journal.count()
            for n in range(400):
                mark = {
                    "cid": "attack",
                    "seq": number + n,
                    "op": "keep",
                    "ids": [ids[n % len(ids)]],
                }
                problems += store_marks(catalog, [mark]).problems
                if problems:
                    break
    except StudioError as error:
        problems.append(error)
    except OSError as error:
        raise Broken(f"a raw error: {error}") from error
    return str(problems[0]) if problems else ""


DEEDS: dict[str, Callable[[Workspace], str]] = {
    "import": _import,
    "export": lambda workspace: _job("export", {"run_id": 1}, workspace),
    "training": lambda workspace: _job("quick", {}, workspace),
    "take-out": lambda workspace: _job("take-out", {"form": "folder"}, workspace),
    "web": lambda w: _job("space", {"bundle": bundles_of(w)[0].name, "kind": "gradio"}, w),
    "marks": _marks,
}

if __name__ == "__main__":
    main(*sys.argv[1:])
