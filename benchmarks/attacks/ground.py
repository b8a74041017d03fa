"""The ground that is attacked: a home with workspaces of generated pictures, and a canary outside.

    ground/home/target     two classes, two quick runs, the first exported: by the real jobs
    ground/home/sibling    another workspace of the same home
    ground/canary          a folder beside the home; its picture and its text carry `CANARY`

What an attack changes is put back after it, from a copy elsewhere.
"""

from __future__ import annotations

import io
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.attacks.attack import Broken, demand
from benchmarks.attacks.guard import Guard
from benchmarks.attacks.servers import kill_all, processes_of
from core.catalog import Catalog, open_catalog
from core.context import Context
from core.dataset.folder import find_in_folder
from core.dataset.importing import import_pictures
from core.jobs import start_job, wait_for
from core.records import Job
from core.settings import Settings
from core.workspace import Workspace, open_workspace

CANARY = b"CANARY-2b5c1f9e4d"
COLOURS = {"red": (200, 60, 50), "blue": (50, 60, 200)}
WORK: tuple[tuple[str, dict[str, Any]], ...] = (
    ("quick", {}),
    ("quick", {}),
    ("export", {"run_id": 1}),
)
PER_CLASS, JOB_S = 20, 500.0


@dataclass(frozen=True)
class Options:
    """How long and how wide floods are; how many kills; `seed` of the moments of kills."""

    seconds: float = 60.0
    clients: int = 200
    workers: int = 30
    studios: int = 5
    marks: int = 10
    seed: int = 0


@dataclass
class Ground:
    folder: Path
    options: Options
    guard: Guard

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def canary(self) -> Path:
        return self.folder / "canary"

    @property
    def secret(self) -> Path:
        return self.canary / "secret.jpg"

    @property
    def target(self) -> Workspace:
        return Workspace(self.home / "target")

    @property
    def bundle(self) -> Path:
        return bundles_of(self.target)[0]

    @contextmanager
    def borrowed(self, name: str = "borrowed") -> Iterator[Workspace]:
        """A copy of the target as it was; at the end its workers are gone, and the copy, too.

        Raises:
            Broken: something outside of it was changed meanwhile.
        """
        workspace = Workspace(self.home / name)
        shutil.copytree(self.target.folder, workspace.folder, symlinks=True)
        try:
            yield workspace
        finally:
            kill_all(workspace.folder)
            changes = self.guard.changes(workspace.folder)
            shutil.rmtree(workspace.folder, ignore_errors=True)
            if changes:
                self.guard.restore()
        demand(not changes, f"{len(changes)} paths outside changed, first {changes[:1]}")


def picture(
    colour: tuple[int, int, int], seed: int, size: tuple[int, int] = (96, 64), comment: bytes = b""
) -> bytes:
    """A JPEG of noise around a colour."""
    width, height = size
    noise_hwc = np.random.default_rng(seed).integers(-40, 40, (height, width, 3))
    pixels_hwc_u8 = (noise_hwc + np.array(colour)).clip(0, 255).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels_hwc_u8).save(buffer, "JPEG", quality=90, comment=comment)
    return buffer.getvalue()


def write_pictures(folder: Path, per_class: int, seed: int = 0, comment: bytes = b"") -> Path:
    for k, (label, colour) in enumerate(COLOURS.items()):
        (folder / label).mkdir(parents=True)
        for number in range(per_class):
            data = picture(colour, seed + 1000 * k + number, comment=comment)
            (folder / label / f"{number:03d}.jpg").write_bytes(data)
    return folder


def lay_out(folder: Path, spare: Path, options: Options, trained: bool = True) -> Ground:
    """Make the ground, its target trained and exported or only filled.

    Raises:
        Broken: the studio cannot do its own work.
    """
    home = folder / "home"
    canary = write_pictures(folder / "canary", 2, 7000, CANARY)
    (canary / "secret.jpg").write_bytes(picture((250, 240, 20), 1, (320, 240), CANARY))
    (canary / "notes.txt").write_bytes(CANARY)
    for name, per_class, seed in (("target", PER_CLASS, 0), ("sibling", 4, 9000)):
        pictures = write_pictures(folder / f"pictures of {name}", per_class, seed)
        fill(open_workspace(home, name), pictures)
    target = Workspace(home / "target")
    for kind, args in WORK if trained else ():
        job = do(target, kind, args)
        demand(job.state == "done", f"the ground cannot be laid: {kind}: {job.message}")
    return Ground(folder, options, Guard(folder, spare))


def fill(workspace: Workspace, pictures: Path) -> None:
    with opened(workspace) as catalog:
        context = Context(workspace, catalog, Settings(workspace.folder.parent))
        for _ in import_pictures(context, "an attack", *find_in_folder(pictures, context.settings)):
            pass


@contextmanager
def opened(workspace: Workspace) -> Iterator[Catalog]:
    catalog = open_catalog(workspace)
    try:
        yield catalog
    finally:
        catalog.close()


def do(workspace: Workspace, kind: str, args: Mapping[str, Any], patience_s: float = JOB_S) -> Job:
    """A real job in a process of its own, to its end."""
    with opened(workspace) as catalog:
        job = start_job(workspace, catalog, kind, args)
        try:
            ended = wait_for(workspace, catalog, job.id, patience_s)
        except Exception as error:
            raise Broken(f"the job {kind} did not end: {error}") from error
    while processes_of(f"core.worker\0{workspace.folder}\0"):  # it says so before it is gone
        time.sleep(0.02)
    return ended


def in_words(job: Job) -> None:
    """Raises Broken when a job ended otherwise than well or in a sentence."""
    demand(job.state in ("done", "stopped", "failed"), f"the job is {job.state}")
    demand(job.state != "failed" or bool(job.message), "it failed without a word")
    demand("Something unexpected" not in job.message, f"the job said: {job.message}")


def bundles_of(workspace: Workspace) -> list[Path]:
    """The bundles that the studio lists."""
    return sorted(p.parent for p in workspace.exports.glob("[!.]*/config.json"))


def left_over(workspace: Workspace) -> list[str]:
    """What a finished workspace has no use for: parts, unpacked archives, uploads."""
    names = [
        str(path.relative_to(workspace.folder))
        for path in workspace.folder.rglob("*")
        if path.name.endswith((".part", ".old", ".gone")) or path.parent == workspace.uploads
    ]
    return sorted(names)


def nobody_works(workspace: Workspace) -> bool:
    return not processes_of(f"core.worker\0{workspace.folder}\0")
