"""No name, label, path or argument of any job changes a file that is not its own.

What is sent to a job is anything; only what a network would compute is replaced by files made
before, never a path.
"""

from __future__ import annotations

import hashlib
import io
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core.bundle import writing as bundle
from core.bundle.figures import bundles_of
from core.catalog import open_catalog
from core.context import Context
from core.errors import StudioError
from core.events import RunEnded
from core.jobs import TASKS
from core.leftovers import tidy
from core.runs import delete_run
from core.settings import Settings
from core.web import static_page
from core.worker import task_of
from core.workspace import open_workspace, workspace_names
from tests.builders import a_context, a_scored_workspace, image_zip, pictures_of
from tests.web_bundle import a_bundle

RUNS = 3
MAY_CHANGE = ("exports", "web", "uploads", "downloads", "jobs", "runs", "dataset", "catalog")
"""What a job may write to in its own workspace; strangers' files are in these, too."""
WITHOUT_WORDS = {"check", "shortcuts", "lookalikes", "map", "learning-curve"}
"""Tasks whose arguments are numbers and choices, or none; they compute for long."""
HOSTILE = (
    "../originals", "../../other", "{home}/other", "{home}/../outside", "..", ".", "", "/", "~",
    "bears 2024/25", "quick-1", "1-quick-1", "quick 1", "a/../../b", "a\\..\\b", "x" * 60, "ü" * 60,
    "a\0b", "con", "C:", ".toploss", "catalog.sqlite", "dataset", "scratch-0", "originals", "日本",
    "../exports/quick-1", "{home}/own/originals", "{home}/own", "*", "static", "1-quick-1 (kept 0)",
)  # fmt: skip
KEYS = (
    "path", "upload", "table_upload", "list", "name", "label", "pattern", "table", "file_column",
    "label_column", "group", "bundle", "kind", "form", "repository", "run_id", "image_id",
    "license", "checkpoint", "architecture", "table_name", "weights", "resize", "stage",
)  # fmt: skip
LISTS = ("run_ids", "image_ids", "labels", "classes", "architectures", "sides")
texts = st.sampled_from(HOSTILE) | st.text(max_size=40)
values = texts | st.integers(1, RUNS + 1) | st.none() | st.lists(texts, max_size=2)
choices = st.fixed_dictionaries(
    {},
    optional={
        "way": st.sampled_from(["folder", "archive", "table", "files", "camera", "urls"]) | texts,
        "labels": st.sampled_from(["folder", "pattern", "table"]),
        "form": st.sampled_from(["zip", "folder"]),
        "kind": st.sampled_from(["static", "gradio", "model"]),
        "private": st.booleans(),
    },
)
arguments = st.builds(
    lambda *parts: {key: value for part in parts for key, value in part.items()},
    st.dictionaries(st.sampled_from(KEYS), values),
    st.dictionaries(st.sampled_from(LISTS), st.lists(values, max_size=3), max_size=2),
    choices,
)
hostile_networks = {
    "quick": lambda text: {"architecture": text},
    "fine-tune": lambda text: {"architecture": text},
    "rate": lambda text: {"config": {"architecture": text}},
    "architectures": lambda text: {"architectures": [text]},
}
"""Tasks that would train for long, asked for networks of any name."""
numbers = st.integers(1, RUNS)
kinds = st.sampled_from(sorted(TASKS.keys() - WITHOUT_WORDS - hostile_networks.keys()))
steps = st.one_of(
    st.tuples(st.just("rename"), numbers, texts),
    st.tuples(st.just("export"), numbers),
    st.tuples(st.just("page"), st.integers(0, 3)),
    st.tuples(st.just("take out"), st.sampled_from(["zip", "folder"])),
    st.tuples(st.just("delete"), numbers),
    st.tuples(st.just("open"), texts),
    st.tuples(st.just("rename class"), texts),
    st.tuples(st.just("job"), kinds, arguments),
    st.sampled_from(sorted(hostile_networks)).flatmap(
        lambda kind: st.tuples(
            st.just("job"), st.just(kind), st.sampled_from(HOSTILE).map(hostile_networks[kind])
        )
    ),
)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two workspaces, and files of somebody else in and around them."""
    root = tmp_path_factory.mktemp("template")
    for name in ("own", "other"):
        context = a_scored_workspace(root / "home", {"ant": 4, "bee": 4}, name)
        for _ in range(RUNS - 1):
            context.catalog.runs.create("quick", {"architecture": "none"}, ["ant", "bee"])
        for run in context.catalog.runs.all():
            context.catalog.runs.end(run.id, RunEnded("completed"))
        context.catalog.close()
    own = root / "home" / "own"
    a_bundle(own / "exports" / "quick-1")  # of an earlier version: without a mark
    image_zip(root / "pictures.zip", pictures_of({"cat": 2}, seed=500))
    for folder in (own / "exports" / "thesis", own / "dataset", own / "runs" / "2", own / "web"):
        _thesis(folder)
    for folder in (root / "outside", root / "home", own / "web" / "quick-1" / "static"):
        _thesis(folder)
    return root


def _thesis(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "thesis.txt").write_text(f"written in {folder.name} and nowhere else")


@pytest.fixture
def without_network(monkeypatch, tmp_path_factory):
    """Nothing is computed: the files of a bundle are there already."""
    made = a_bundle(tmp_path_factory.mktemp("made") / "bundle")
    runtime = made / "README.md"

    def write(context: Context, run: object, evaluation: object, folder: Path) -> Iterator[None]:
        yield from ()
        shutil.copytree(made, folder, dirs_exist_ok=True)
        return object()

    def fetched(*_: object) -> Iterator[None]:
        yield from ()
        return [runtime]

    monkeypatch.setattr(bundle, "_write", write)
    monkeypatch.setattr(bundle, "_figures", lambda _: SimpleNamespace(to_json=lambda: "{}"))
    monkeypatch.setattr(bundle, "evaluate", lambda *_: None)
    monkeypatch.setattr(bundle, "check_bundle", lambda *_: 0.0)
    monkeypatch.setattr(bundle, "model_card", lambda *_: "a card")
    monkeypatch.setattr(static_page, "fetch_runtime", fetched)
    monkeypatch.setattr("sys.stdin", io.StringIO(""))


@dataclass
class World:
    """A home of its own for one sequence of steps."""

    root: Path
    context: Context

    def text(self, value: Any) -> Any:
        """The value, with this home's own path in it."""
        if isinstance(value, str):
            return value.replace("{home}", str(self.root / "home"))
        if isinstance(value, list):
            return [self.text(item) for item in value]
        return value

    def do(self, step: tuple) -> None:
        """Do it; that it is refused, or fails on nonsense, is right as well."""
        kind, *values = step
        steps: Mapping[str, Callable[..., object]] = {
            "rename": lambda run, name: self.runs.describe(run, self.text(name), ""),
            "export": lambda run: self.job("export", {"run_id": run}),
            "page": self.page,
            "take out": lambda form: self.job("take-out", {"form": form}),
            "delete": lambda run: delete_run(self.context.workspace, self.context.catalog, run),
            "open": lambda name: open_workspace(self.root / "home", self.text(name)),
            "rename class": lambda name: self.context.catalog.classes.rename("ant", name),
            "job": self.job,
        }
        with suppress(Exception):  # the files are what is looked at
            steps[kind](*values)

    @property
    def runs(self) -> Any:
        return self.context.catalog.runs

    def page(self, number: int) -> None:
        listed = bundles_of(self.context.workspace.exports)
        self.job("static-page", {"bundle": listed[number % len(listed)].name})

    def job(self, kind: str, args: Mapping[str, Any]) -> None:
        args = {key: self.text(value) for key, value in args.items()}
        uploads = self.context.workspace.uploads
        uploads.mkdir(exist_ok=True)
        shutil.copyfile(self.root / "pictures.zip", uploads / "quick-1")
        try:
            list(task_of(kind)(self.context, args))
        finally:
            tidy(self.context.workspace, self.context.catalog.jobs.create(kind, args))


def snapshot(root: Path) -> dict[str, str]:
    """Path -> hash, of what no step may change."""
    own = root / "home" / "own"
    files = {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file() and ".cache" not in path.parts
    }
    changing = tuple(f"{own.relative_to(root).as_posix()}/{name}" for name in MAY_CHANGE)
    other = "home/other/catalog"  # opened to be read, SQLite's own files come and go
    return {p: h for p, h in files.items() if not p.startswith((*changing, other))}


def theses(root: Path) -> list[str]:
    """What somebody else wrote, wherever it is now."""
    return sorted(path.read_text() for path in root.rglob("thesis.txt"))


def check(template: Path, sequence: list[tuple]) -> None:
    with TemporaryDirectory() as folder:
        root = Path(folder) / "root"
        shutil.copytree(template, root)
        own = open_workspace(root / "home", "own")
        world = World(root, a_context(own, open_catalog(own), Settings(root / "home")))
        before, written = snapshot(root), theses(root)
        older = {p: p.stat().st_mtime_ns for p in (own.exports / "quick-1").rglob("*")}
        for step in sequence:
            world.do(step)
        after = snapshot(root)
        assert {path: after.get(path) for path in before} == before
        assert theses(root) == written
        assert {p: p.stat().st_mtime_ns for p in (own.exports / "quick-1").rglob("*")} == older
        new = {path for path in after.keys() - before.keys() if not path.startswith("home/own/")}
        assert new == set()
        home = {p.name for p in (root / "home").iterdir() if p.is_dir() and p.name[0] != "."}
        assert home == set(workspace_names(root / "home"))
        assert {p.name for p in root.iterdir()} == {p.name for p in template.iterdir()}
        world.context.catalog.close()


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(sequence=st.lists(steps, min_size=1, max_size=6))
@example([("rename", 1, "../originals"), ("export", 1)])
@example([("rename", 1, "../../other"), ("export", 1), ("export", 1)])
@example([("rename", 1, "{home}/other"), ("export", 1)])
@example([("rename", 1, "thesis"), ("export", 1), ("rename", 1, "b"), ("export", 1)])
@example([("export", 1), ("page", 0), ("page", 1), ("rename", 1, ".."), ("export", 1)])
@example([("take out", "folder"), ("take out", "folder"), ("take out", "zip"), ("delete", 2)])
@example([("job", "import", {"way": "archive", "upload": "../catalog.sqlite", "name": "a"})])
@example([("job", "import", {"way": "archive", "upload": "{home}/thesis.txt", "name": "a"})])
def test_no_sequence_of_steps_changes_what_is_not_its_own(without_network, template, sequence):
    check(template, sequence)


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(sequence=st.lists(steps, min_size=1, max_size=12))
def test_no_long_sequence_does_either(without_network, template, sequence):
    check(template, sequence)


def test_the_steps_of_the_property_do_what_they_say(without_network, template, tmp_path):
    """Else it would hold because everything was refused."""
    root = tmp_path / "root"
    shutil.copytree(template, root)
    own = open_workspace(root / "home", "own")
    world = World(root, a_context(own, open_catalog(own), Settings(root / "home")))
    for step in [("rename", 1, "bears 2024/25"), ("export", 1), ("page", 0), ("export", 2)]:
        world.do(step)
    names = {path.name for path in bundles_of(own.exports)}
    assert names == {"1-bears-2024-25", "2-quick-2", "quick-1"}
    page = own.folder / "web/1-bears-2024-25/static/1-bears-2024-25-static/index.html"
    assert page.is_file()
    world.do(("rename", 1, "quick 1"))
    world.do(("export", 1))
    names = {path.name for path in bundles_of(own.exports)}
    assert names == {"1-quick-1", "2-quick-2", "quick-1"}
    assert not page.exists()
    for step in [("take out", "zip"), ("take out", "folder"), ("delete", 3)]:
        world.do(step)
    assert (own.folder / "dataset.zip").is_file() and (own.folder / "dataset" / "train").is_dir()
    world.do(("job", "import", {"way": "archive", "upload": "quick-1", "name": "a.zip"}))
    assert len(world.context.catalog.images.all()) == 10
    with pytest.raises(StudioError):
        world.runs.get(3)
    world.context.catalog.close()
