"""Archives taken in by the real import: nothing lands outside or stays behind, all in words."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from benchmarks.attacks.attack import Attack, demand
from benchmarks.attacks.ground import CANARY, Ground, do, in_words, left_over
from benchmarks.attacks.hostile_archives import Write, hostile_archives
from core.workspace import Workspace


def attacks(ground: Ground) -> Iterator[Attack]:
    for name, write in hostile_archives(ground.secret):
        yield Attack(name, partial(_taken_in, ground, write), 120)


def _taken_in(ground: Ground, write: Write) -> None:
    with ground.borrowed() as workspace:
        workspace.uploads.mkdir(exist_ok=True)
        write(workspace.uploads / "hostile")
        args = {"way": "archive", "upload": "hostile", "name": "hostile.zip"}
        in_words(do(workspace, "import", args, 100))
        demand(not left_over(workspace), f"left behind: {left_over(workspace)[:2]}")
        demand(not gives_away(workspace), "a file from outside is in the workspace")


def gives_away(workspace: Workspace) -> bool:
    """Whether a picture of the workspace is the canary's."""
    files = (workspace.folder / "originals").rglob("*.*")
    return any(CANARY in file.read_bytes() for file in files)
