"""What a kill and a power cut leave of an import: no row whose file is missing or short.

A real process imports and kills itself. What it had not waited for the disk to write is then taken
away, as a power cut may: such files are cut to nothing.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from core.catalog import open_catalog
from core.dataset.folder import find_in_folder
from tests.browser import ROOT
from tests.builders import a_context, image_folder, picture, pictures_of, run_import

FILES = {**pictures_of({"cat": 6, "dog": 6}), "cat/big.png": picture("PNG", size=(900, 700))}
IMPORT = """
import os, signal, sys
from pathlib import Path
from core import files
from core.catalog import images, open_catalog
from core.dataset import importing
from core.dataset.folder import find_in_folder
from core.workspace import open_workspace
from tests.builders import a_context, run_import

home, folder, noted, moment = sys.argv[1:]
workspace = open_workspace(Path(home), "fruits")

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def note(path):
    with open(noted, "a") as file:
        file.write(f"{path}\\n")

def noted_whole_disk(handle, wait=files._syncfs):
    for path in workspace.folder.rglob("*.*"):
        note(path)
    return wait(handle)

def noted_file(handle, wait=os.fsync):
    note(os.readlink(f"/proc/self/fd/{handle}"))
    return wait(handle)

def after(times, function):
    left = [times]
    def call(*args, **named):
        result = function(*args, **named)
        left[0] -= 1
        return result if left[0] else die()
    return call

files._syncfs, os.fsync = noted_whole_disk, noted_file
if moment == "while writing":
    importing.write_once = after(7, importing.write_once)
elif moment == "when written":
    importing._wait_for_disk = die
elif moment == "when on the disk":
    importing._wait_for_disk = after(1, importing._wait_for_disk)
elif moment == "in the transaction":
    images.Images.add = after(1, images.Images.add)
elif moment == "when stored":
    importing._store = after(1, importing._store)
context = a_context(workspace, open_catalog(workspace))
run_import(context, find_in_folder(Path(folder), context.settings))
"""
MOMENTS = {
    "while writing": 0,
    "when written": 0,
    "when on the disk": 0,
    "in the transaction": 0,
    "when stored": len(FILES),
}
"""When the process is killed, and how many rows there are then."""


def killed_import(context, folder: Path, noted: Path, moment: str) -> None:
    home = context.workspace.folder.parent
    command = [sys.executable, "-c", IMPORT, str(home), str(folder), str(noted), moment]
    ended = subprocess.run(command, cwd=ROOT, timeout=120, check=False, capture_output=True)
    assert ended.returncode == -9, ended.stderr.decode()


def cut_power(workspace_folder: Path, noted: Path) -> int:
    """Empty the pictures that were never waited for; how many they are."""
    safe = set(noted.read_text().splitlines()) if noted.exists() else set()
    lost = [
        path
        for top in ("originals", "copies")
        for path in workspace_folder.glob(f"{top}/*/*")
        if str(path) not in safe
    ]
    for path in lost:
        path.unlink()  # it may be a second name of one that is safe
        path.write_bytes(b"")
    return len(lost)


@pytest.mark.skipif(sys.platform != "linux", reason="its calls are noted")
@pytest.mark.parametrize("moment", MOMENTS)
def test_no_row_speaks_of_a_file_that_a_kill_and_a_power_cut_took(moment, context, tmp_path):
    folder, noted = image_folder(tmp_path / "in", FILES), tmp_path / "noted"
    context.catalog.close()
    killed_import(context, folder, noted, moment)
    lost = cut_power(context.workspace.folder, noted)
    assert bool(lost) == (moment in ("while writing", "when written"))
    again = a_context(context.workspace, open_catalog(context.workspace))
    assert len(again.catalog.images.all()) == MOMENTS[moment]
    assert_whole(again)
    run_import(again, find_in_folder(folder, again.settings))
    assert len(again.catalog.images.all()) == len(FILES)
    assert_whole(again)
    again.catalog.close()


def assert_whole(context) -> None:
    for image in context.catalog.images.all():
        original = context.workspace.original(image.id, image.suffix).read_bytes()
        assert hashlib.sha256(original).hexdigest() == image.id
        assert context.workspace.copy(image.id).stat().st_size
