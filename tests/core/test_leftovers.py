"""What a worker leaves when it is killed in the middle of its work: nothing of its own."""

from __future__ import annotations

import gzip
import os
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import pytest

from core import jobs
from core.catalog import Catalog, open_catalog
from core.dataset.url_list import keep_list
from core.dataset.ways_in import bring_in
from core.files import made_by, temporary, write_atomically
from core.leftovers import OLD_S, attributed, scratch, sweep_uploads, tidy
from core.owned import Mark, mark, whole_folder
from core.records import Job
from core.workspace import Workspace, open_workspace
from tests.builders import a_scored_workspace, fill, image_zip, picture, pictures_of
from tests.picture_web import Web, serve

WAIT_S = 60.0
ZEROS = gzip.compress(bytes(8_000_000))  # packed files may follow each other in one


@pytest.fixture
def web() -> Iterator[Web]:
    with serve() as server:
        yield server


def until(condition: Callable[[], object], timeout_s: float = WAIT_S) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.02)


def files_of(workspace: Workspace) -> set[str]:
    """All but the catalog and what the workers say."""
    paths = {path.relative_to(workspace.folder) for path in workspace.folder.rglob("*")}
    own = {"catalog.sqlite", "catalog.sqlite-wal", "catalog.sqlite-shm", "jobs", "uploads"}
    suffixes = (".log", ".lock", ".alive", ".stop")
    logs = {p for p in paths if p.parts[0] == "jobs" and p.suffix in suffixes}
    return {str(path) for path in paths - logs} - own


def held_at_its_first_event(workspace: Workspace, catalog: Catalog, kind: str, **args) -> Job:
    """A real worker that has begun, and waits."""
    job = catalog.jobs.create(kind, args)
    catalog.jobs.pause(job.id, True)
    jobs._spawn(workspace, job, "")
    return job


def killed(workspace: Workspace, catalog: Catalog, job: Job) -> Job:
    process = jobs._children[jobs.log_of(workspace, job.id)]
    assert process.poll() is None
    os.kill(process.pid, signal.SIGKILL)
    return jobs.wait_for(workspace, catalog, job.id, WAIT_S)


def sent(workspace: Workspace, name: str, data: bytes) -> Path:
    workspace.uploads.mkdir(exist_ok=True)
    (workspace.uploads / name).write_bytes(data)
    return workspace.uploads / name


def test_a_killed_import_of_a_packed_tar_leaves_neither_upload_nor_tar(context):
    fill(context, {"cat": 3})
    workspace, catalog = context.workspace, context.catalog
    before = files_of(workspace)
    name, other = "0" * 32, sent(workspace, "1" * 32, b"of another tab")
    sent(workspace, name, ZEROS * 2)
    job = held_at_its_first_event(
        workspace, catalog, "import", way="archive", upload=name, name="pets.tar.gz"
    )
    until((workspace.uploads / f"scratch-{job.id}" / "plain.tar").exists)
    assert "process is gone" in killed(workspace, catalog, job).message
    assert other.read_bytes() == b"of another tab"
    assert files_of(workspace) == {*before, str(other.relative_to(workspace.folder))}


@pytest.mark.parametrize("form", ["folder", "zip"])
def test_a_killed_take_out_leaves_what_was_taken_out_before(form, context):
    fill(context, {"cat": 3})
    workspace, catalog = context.workspace, context.catalog
    done = jobs.start_job(workspace, catalog, "take-out", {"form": form})
    assert jobs.wait_for(workspace, catalog, done.id, WAIT_S).state == "done"
    before = files_of(workspace)
    job = held_at_its_first_event(workspace, catalog, "take-out", form=form)
    until(lambda: any(workspace.folder.glob(".dataset*.part")))
    assert files_of(workspace) > before
    assert killed(workspace, catalog, job).state == "failed"
    assert files_of(workspace) == before


@pytest.mark.slow
def test_a_killed_export_leaves_nothing(tmp_path):
    context = a_scored_workspace(tmp_path / "home", {"ant": 10, "bee": 10})
    workspace, catalog = context.workspace, context.catalog
    before = files_of(workspace)
    job = held_at_its_first_event(workspace, catalog, "export", run_id=1)
    until(lambda: any(workspace.exports.glob(".1-quick-1.*.part/*")))
    assert killed(workspace, catalog, job).state == "failed"
    assert files_of(workspace) == {*before, "exports"}
    catalog.close()


def test_a_killed_download_keeps_what_is_whole_and_no_part(context, web, monkeypatch):
    monkeypatch.setenv("TOPLOSS_OPEN_HOSTS", "127.0.0.1")
    workspace, catalog, go_on = context.workspace, context.catalog, threading.Event()

    def late(out, number):
        out.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + bytes([1]) * 90_000)
        out.flush()
        go_on.wait(WAIT_S)

    addresses = [web.at("/a.jpg", picture()), web.at("/late.jpg", late)]
    name = keep_list(workspace, "\n".join(addresses).encode())
    job = jobs.start_job(
        workspace, catalog, "import", {"way": "urls", "list": name, "label": "a", "name": "x"}
    )
    folder = workspace.downloads
    until(lambda: any(folder.glob(".*.part")) and any(folder.glob("*.bin")))
    assert killed(workspace, catalog, job).state == "failed"
    go_on.set()
    (whole,) = folder.glob("*.bin")
    assert whole.read_bytes() == picture()
    assert {path.name for path in folder.iterdir()} == {whole.name, name, ".toploss"}


def test_a_worker_that_ends_by_itself_leaves_nothing_either(context, tmp_path):
    workspace, catalog = context.workspace, context.catalog
    image_zip(sent(workspace, "2" * 32, b""), pictures_of({"cat": 3}))
    job = jobs.start_job(
        workspace, catalog, "import", {"way": "archive", "upload": "2" * 32, "name": "a.zip"}
    )
    assert jobs.wait_for(workspace, catalog, job.id, WAIT_S).state == "done"
    until(lambda: not any(workspace.jobs.glob("*.tmp")))
    assert list(workspace.uploads.iterdir()) == []


def test_what_the_libraries_write_elsewhere_is_the_jobs_too(context):
    job = context.catalog.jobs.create("export", {})
    elsewhere = tempfile.gettempdir()
    with attributed(context.workspace, job):
        folder = Path(tempfile.mkdtemp())
        (folder / "augmented.onnx").write_bytes(b"x")
        assert folder.is_relative_to(context.workspace.folder)
    assert not folder.exists() and tempfile.gettempdir() == elsewhere


@pytest.fixture
def leftover(context) -> Iterator[tuple[Workspace, Job]]:
    """A job, in whose name things can be left."""
    job = context.catalog.jobs.create("export", {})
    with attributed(context.workspace, job):
        yield context.workspace, job


def test_what_was_about_to_be_replaced_goes_back_to_its_place(leftover):
    workspace, job = leftover
    target, ours = workspace.exports / "1-bears", Mark("bundle", "1")
    mark(target, ours)
    (target / "config.json").write_text("the old one")
    target.rename(temporary(target, "old"))  # as `put_in_place` does, which was killed here
    mark(temporary(target), ours)
    tidy(workspace, job)
    assert [path.name for path in workspace.exports.iterdir()] == ["1-bears"]
    assert (target / "config.json").read_text() == "the old one"


def test_what_was_replaced_already_goes(leftover):
    workspace, job = leftover
    target, ours = workspace.exports / "1-bears", Mark("bundle", "1")
    for folder, text in ((temporary(target, "old"), "the old one"), (target, "the new one")):
        mark(folder, ours)
        (folder / "config.json").write_text(text)
    tidy(workspace, job)
    assert [path.name for path in workspace.exports.iterdir()] == ["1-bears"]
    assert (target / "config.json").read_text() == "the new one"


def test_a_removal_that_broke_off_is_ended(leftover):
    workspace, job = leftover
    mark(temporary(workspace.exports / "a", "gone"), Mark("bundle", "1"))
    temporary(workspace.exports / "b", "gone").mkdir()  # all but the folder itself was removed
    tidy(workspace, job)
    assert list(workspace.exports.iterdir()) == []


def test_a_folder_without_a_mark_is_left_whatever_it_is_called(leftover, tmp_path):
    workspace, job = leftover
    folder = temporary(workspace.folder / "mine")
    folder.mkdir()
    (folder / "thesis").write_text("x")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "thesis").write_text("x")
    temporary(workspace.folder / "link").symlink_to(outside)
    tidy(workspace, job)
    assert (folder / "thesis").exists() and (outside / "thesis").exists()


def test_only_the_jobs_own_things_go(context, settings):
    workspace = context.workspace
    other = open_workspace(settings.home, "vegetables")
    first, second = (context.catalog.jobs.create("export", {}) for _ in range(2))
    elsewhere = open_catalog(other).jobs.create("export", {})
    leftovers = []
    for owner, job in ((workspace, first), (workspace, second), (other, elsewhere)):
        with attributed(owner, job):
            leftovers.append([temporary(settings.cache / "a"), temporary(owner.folder / "b")])
    for file in chain(*leftovers):
        write_atomically(file, b"x")
    tidy(workspace, first)
    assert not any(file.exists() for file in leftovers[0])
    assert all(file.exists() for file in leftovers[1] + leftovers[2])


@pytest.mark.parametrize(
    "name", ["../catalog.sqlite", "", ".", "..", "/etc/passwd", "a\0b", ["x"], {"a": 1}, 3, None]
)
def test_an_import_cannot_name_what_is_not_among_the_uploads(name, context):
    fill(context, {"cat": 2})
    sent(context.workspace, "other", b"x")
    before = files_of(context.workspace)
    for kind in ("upload", "table_upload"):
        job = context.catalog.jobs.create("import", {kind: name})
        tidy(context.workspace, job)
    assert files_of(context.workspace) == before


def test_what_was_sent_and_never_imported_goes_after_a_day(context):
    ages = {"3" * 32: 1.5, f"{'4' * 32}.zip": 1.5, "5" * 32: 0.5, "6" * 32: 1.5, "notes.txt": 9}
    ages |= {f".{'7' * 32}.zip.0123abcd.part": 1.5}
    for name, days in ages.items():
        then = time.time() - days * OLD_S
        os.utime(sent(context.workspace, name, b"x"), (then, then))
    sweep_uploads(context.workspace, {"upload": "6" * 32, "labels": ["a"]})
    names = {path.name for path in context.workspace.uploads.iterdir()}
    assert names == {"5" * 32, "6" * 32, "notes.txt"}


def test_an_import_sweeps_what_older_ones_left(context):
    old = sent(context.workspace, "3" * 32, b"x")
    os.utime(old, (0, 0))
    image_zip(sent(context.workspace, "up", b""), pictures_of({"cat": 1}))
    list(bring_in(context, {"way": "archive", "upload": "up", "name": "a.zip"}))
    assert list(context.workspace.uploads.iterdir()) == []


def test_a_folder_for_scratch_that_somebody_else_made_is_kept(context):
    job = context.catalog.jobs.create("import", {})
    folder = context.workspace.uploads / f"scratch-{job.id}"
    folder.mkdir(parents=True)
    assert scratch(context.workspace, job.id) == folder
    tidy(context.workspace, job)
    assert folder.is_dir()


def test_names_of_any_length_have_temporary_ones(tmp_path):
    made_by("job1-0123abcd")
    try:
        for name in ("x" * 255, "ü" * 127, "日" * 85):
            write_atomically(tmp_path / name, b"x")
            with whole_folder(tmp_path / "folder" / name, Mark("job", "1")):
                assert len(list((tmp_path / "folder").glob(".*job1-0123abcd-*.part"))) == 1
            shutil.rmtree(tmp_path / "folder")
    finally:
        made_by("")
