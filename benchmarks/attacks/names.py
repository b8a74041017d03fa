"""Names of runs, workspaces, bundles, labels and files that would be paths, through real jobs."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from benchmarks.attacks.attack import Attack, Broken, demand
from benchmarks.attacks.ground import Ground, bundles_of, do, in_words, left_over, opened, picture
from benchmarks.attacks.guard import listing
from core.errors import StudioError
from core.runs import delete_run
from core.workspace import Workspace, open_workspace, workspace_names

RUNS = (
    "../originals", "../../sibling", "../catalog.sqlite", "..", ".", "bears 2024/25", "~", "con",
    ".hidden", "a\\..\\..\\b", "web", "a" * 60, "🐻" * 60, "x\u202etxt.exe", "new\nline", "-rf *",
    "$(touch x)", "%2e%2e%2foriginals", "/", "...", "\u2024\u2024/originals", "quick-2",
)  # fmt: skip
WORKSPACES = (
    "..", ".", "", " ", "a/b", "../x", "/etc", "a\\b", "~", ".cache", ".last", "con",
    "nul.txt", "\0", "a\0b", "a\nb", "x" * 41, "🐻", "a:b", "*", "-x", "．．", "a\u202eb", "ＣＯＮ",
    "con ", "\ud800",
)  # fmt: skip
LABELS = ("../../../canary", "..", ".", "/etc", "a/../../b", "\\\\host\\share", "con", "a:b", "~",
          "x" * 300, " ", "\u202e", "train", "metadata.csv", "-", "a\tb")  # fmt: skip
BUNDLES: tuple[Any, ...] = (
    "..", ".", "../quick-1", "/etc", "", "*", "../../sibling", ".hidden", None, 7, ["quick-1"],
    "a\0b",     "x" * 5000, "../originals",
)  # fmt: skip
OF_BUNDLES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("static-page", {}),
    ("space", {"kind": "gradio"}),
    ("try-space", {}),
    ("push", {"kind": "model", "repository": "a/b", "private": True}),
)


def attacks(ground: Ground) -> Iterator[Attack]:
    for name in (*RUNS, str(ground.canary), str(ground.canary / "red")):
        yield Attack(f"a run called {ascii(name)[-40:]}", partial(_run, ground, name), 400)
    yield Attack("a run called as another's folder", partial(_as_another, ground), 400)
    for name in WORKSPACES:
        yield Attack(f"a workspace called {ascii(name)[:40]}", partial(_workspace, ground, name))
    for kind, args in OF_BUNDLES:
        for bundle in BUNDLES:
            act = partial(_bundle, ground, kind, {**args, "bundle": bundle})
            yield Attack(f"{kind} of a bundle called {ascii(bundle)[:40]}", act, 120)
    yield Attack("labels that are paths, taken out", partial(_labels, ground), 200)
    yield Attack("a folder in the way of an export", partial(_in_the_way, ground, False), 200)
    yield Attack("a link in the way of an export", partial(_in_the_way, ground, True), 200)
    for name in ("dataset", "dataset.zip", "web"):
        yield Attack(f"a link in place of {name}", partial(_linked, ground, name), 200)


def _run(ground: Ground, name: str) -> None:
    """Rename, export, write for the web, take out, delete: only new files appear."""
    with ground.borrowed() as workspace:
        with opened(workspace) as catalog:
            try:
                catalog.runs.describe(1, name, name)
            except StudioError:
                return
        before, old = _kept(workspace), bundles_of(workspace)
        in_words(_done(workspace, "export", {"run_id": 1}))
        new = bundles_of(workspace)
        demand(len(new) >= len(old), "a bundle is not listed any more")
        demand(any(b not in old for b in new) or _is_newer(new[0]), "the export is not listed")
        for bundle in (b.name for b in new if b not in old):
            in_words(do(workspace, "space", {"bundle": bundle, "kind": "gradio"}))
        in_words(_done(workspace, "take-out", {"form": "folder"}))
        _delete(workspace)
        _nothing_lost(workspace, before)
        demand(not left_over(workspace), f"left behind: {left_over(workspace)[:2]}")


def _done(workspace: Workspace, kind: str, args: Mapping[str, Any]) -> Any:
    job = do(workspace, kind, args)
    demand(job.state == "done", f"{kind} failed: {job.message}")
    return job


def _is_newer(bundle: Path) -> bool:
    config = (bundle / "config.json").stat().st_mtime
    return config > (bundle.parents[1] / "runs" / "2").stat().st_mtime


def _delete(workspace: Workspace) -> None:
    with opened(workspace) as catalog:
        delete_run(workspace, catalog, 1)
        demand([run.id for run in catalog.runs.all()] == [2], "the run is still there")


def _kept(workspace: Workspace) -> dict[str, str]:
    """What no export may change: pictures, the other run."""
    folders = ("originals", "copies", "runs/2")
    return {
        f"{folder}/{path}": said
        for folder in folders
        for path, said in listing(workspace.folder / folder).items()
    }


def _nothing_lost(workspace: Workspace, before: Mapping[str, str]) -> None:
    try:
        now = _kept(workspace)
    except FileNotFoundError as error:
        raise Broken(f"{Path(error.filename).name} is gone") from error
    lost = [path for path in before if now.get(path) != before[path]]
    demand(not lost, f"{len(lost)} of {len(before)} files are gone or changed, first {lost[:1]}")


def _as_another(ground: Ground) -> None:
    """Two runs whose names are the same as names of folders: both bundles stay."""
    with ground.borrowed() as workspace:
        (first,) = bundles_of(workspace)
        before = listing(first)
        with opened(workspace) as catalog:
            catalog.runs.describe(2, catalog.runs.get(1).name.replace(" ", "-"), "")
        in_words(_done(workspace, "export", {"run_id": 2}))
        demand(len(bundles_of(workspace)) == 2, "one export took the place of the other")
        demand(listing(first) == before, "the export of the other run is another one")


def _workspace(ground: Ground, name: str) -> None:
    try:
        workspace = open_workspace(ground.home, name)
    except StudioError:
        return
    demand(workspace.folder.parent == ground.home, f"it lies at {workspace.folder}")
    demand(workspace.name in workspace_names(ground.home), "it is never listed")
    workspace.folder.rmdir()


def _bundle(ground: Ground, kind: str, args: Mapping[str, Any]) -> None:
    with ground.borrowed() as workspace:
        before = _kept(workspace)
        job = do(workspace, kind, args, 100)
        in_words(job)
        demand(job.state == "failed", f"the job is {job.state}")
        _nothing_lost(workspace, before)


def _labels(ground: Ground) -> None:
    """Classes called like paths, by a table; files, too. Taken out, each lies where it should."""
    with ground.borrowed() as workspace:
        rows = ["file\tlabel"]
        workspace.uploads.mkdir(exist_ok=True)
        with zipfile.ZipFile(workspace.uploads / "sent", "w") as archive:
            for n, label in enumerate(LABELS):
                archive.writestr(f"{n}.jpg", picture((9 * n, 99, 9), 400 + n))
                quoted = label.replace('"', '""')
                rows.append(f'{n}.jpg\t"{quoted}"')
            archive.writestr("table.tsv", "\n".join(rows).encode(errors="replace"))
        args = {"way": "archive", "upload": "sent", "name": "sent.zip", "labels": "table",
                "table": "table.tsv", "file_column": "file", "label_column": "label"}  # fmt: skip
        in_words(_done(workspace, "import", args))
        for form in ("folder", "zip"):
            in_words(_done(workspace, "take-out", {"form": form}))
        (packed,) = workspace.folder.glob("dataset*.zip")
        with zipfile.ZipFile(packed) as archive:
            paths = [PurePosixPath(name) for name in archive.namelist()]
        odd = [p for p in paths if p.is_absolute() or ".." in p.parts or "\\" in str(p)]
        demand(not odd, f"the zip holds {odd[:1]}")
        demand(len(paths) >= 41 + len(LABELS) - 2, f"the zip holds {len(paths)} files")


def _in_the_way(ground: Ground, link: bool) -> None:
    """Somebody's own folder stands where the export goes: it is not removed."""
    with ground.borrowed() as workspace:
        (bundle,) = bundles_of(workspace)
        mine = workspace.folder / "mine"
        mine.mkdir()
        (mine / "diary.txt").write_text("mine", encoding="utf-8")
        bundle.rename(workspace.folder / "old")
        if link:
            bundle.symlink_to(mine)
        else:
            mine.rename(bundle)
        in_words(do(workspace, "export", {"run_id": 1}))
        diaries = [p for p in workspace.folder.rglob("diary.txt") if p.read_text() == "mine"]
        demand(bool(diaries), "a folder that the studio did not make is gone")


def _linked(ground: Ground, name: str) -> None:
    """What a link leads to is not written over, nor removed."""
    with ground.borrowed() as workspace:
        (bundle,) = bundles_of(workspace)
        (workspace.folder / name).symlink_to(ground.canary)
        for form in ("folder", "zip"):
            in_words(do(workspace, "take-out", {"form": form}))
        in_words(do(workspace, "space", {"bundle": bundle.name, "kind": "gradio"}))
