"""Spaces: complete, no more than is needed, and they run without torch."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml

from core.bundle.web_folder import (
    folder_of,
    forget_web,
    is_current,
    web_of,
    zip_folder,
    zipped,
)
from core.errors import StudioError
from core.owned import MARK, Mark, mark
from core.serving.layout import GRAPH
from core.serving.manifest import write_manifest
from core.web.closure import ROOT, closure, imports_of, pinned
from core.web.space import PROGRAM, TORCH, a_recording, space_requirements, space_task
from core.web.space_trial import Trial, difference, failure, last_trial, result_of, try_space
from tests.browser import _wait_until_it_answers, free_port, served_classifier
from tests.web_bundle import a_bundle

WITHOUT_TORCH = """
import sys, runpy
for name in ("torch", "torchvision", "timm", "onnx", "onnxscript", "streamlit"):
    sys.modules[name] = None
sys.argv = ["app.py", *sys.argv[1:]]
sys.path.insert(0, ".")
runpy.run_path("app.py", run_name="__main__")
"""


@pytest.fixture
def mine(context):
    return a_bundle(context.workspace.exports / "quick-1")


@pytest.fixture
def space(context, mine):
    list(space_task(context, {"bundle": "quick-1", "kind": "gradio"}))
    return folder_of(context.workspace, "quick-1", "gradio")


def front_matter(folder: Path) -> dict:
    return yaml.safe_load((folder / "README.md").read_text(encoding="utf-8").split("---")[1])


def test_every_import_of_the_space_is_in_it_or_in_a_library(space):
    files = {path.relative_to(space).as_posix() for path in space.rglob("*.py")}
    assert {"app.py", "gradio_app.py", "core/serving/http.py"} <= files
    assert '"TOPLOSS_HOSTS", "*.hf.space"' in (space / "app.py").read_text(encoding="utf-8")
    assert not {f for f in files if "catalog" in f or "training" in f or "torch" in f}
    for file in space.rglob("*.py"):
        for module in imports_of(file).at_once:
            if module.startswith("core"):
                path = module.replace(".", "/")
                assert {f"{path}.py", f"{path}/__init__.py"} & files, (file, module)
            assert module.partition(".")[0] not in (*TORCH, "streamlit"), (file, module)


def test_requirements_are_the_pins_of_the_studio_without_torch(space):
    lines = (space / "requirements.txt").read_text().splitlines()
    ours = (ROOT / "requirements.txt").read_text()
    assert all(f"{line} " in ours for line in lines)
    names = {line.partition("==")[0] for line in lines}
    assert {"gradio", "onnxruntime", "numpy", "pillow"} <= names
    assert not names & {*TORCH, "streamlit"}


def test_without_a_graph_torch_comes_for_cpus(context, mine):
    (mine / GRAPH).unlink()
    list(space_task(context, {"bundle": "quick-1", "kind": "gradio"}))
    folder = folder_of(context.workspace, "quick-1", "gradio")
    lines = (folder / "requirements.txt").read_text().splitlines()
    assert lines[0] == "--extra-index-url https://download.pytorch.org/whl/cpu"
    assert any(re.fullmatch(r"torch==[\d.]+\+cpu", line) for line in lines)
    assert any(line.startswith("timm==") for line in lines)
    assert (folder / "core/serving/torch_network.py").is_file()
    assert (folder / "core/models/architectures.csv").is_file()


def test_the_front_matter_is_what_the_hub_wants(space):
    head = front_matter(space)
    assert head["title"] == "Colours & <more>"
    assert (head["sdk"], head["sdk_version"]) == ("gradio", version("gradio"))
    assert head["python_version"] == "3.12"  # a string: 3.10 would be 3.1 as a number
    assert (space / head["app_file"]).is_file()
    assert f"gradio=={head['sdk_version']}" in (space / "requirements.txt").read_text()


def test_names_cannot_break_out_of_the_front_matter(context, mine):
    config = json.loads((mine / "config.json").read_text(encoding="utf-8"))
    config["toploss"]["name"] = 'a"\n---\nsdk: docker'
    (mine / "config.json").write_text(json.dumps(config))
    list(space_task(context, {"bundle": "quick-1", "kind": "gradio"}))
    text = (folder_of(context.workspace, "quick-1", "gradio") / "README.md").read_text()
    assert yaml.safe_load(text.split("\n---\n")[0])["sdk"] == "gradio"


def test_it_answers_as_recorded_where_there_is_no_torch(space):
    port = free_port()
    command = [sys.executable, "-B", "-c", WITHOUT_TORCH, "--host", "127.0.0.1", "--no-page"]
    log = space.with_name("log")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--port", str(port)], cwd=space, stdout=output, stderr=output
        )
    try:
        _wait_until_it_answers(f"http://127.0.0.1:{port}/health", process, log)
        picture, expected = a_recording(space / "bundle")
        address = f"http://127.0.0.1:{port}/classify"
        with urllib.request.urlopen(address, picture.read_bytes(), timeout=30) as answer:
            assert difference(json.load(answer), expected) < 1e-3
    finally:
        process.terminate()
        process.wait(20)


def test_the_studio_in_docker_holds_no_pictures(context, mine):
    list(space_task(context, {"bundle": "quick-1", "kind": "docker"}))
    folder = folder_of(context.workspace, "quick-1", "docker")
    head = front_matter(folder)
    assert (head["sdk"], head["app_port"]) == ("docker", 7860)
    for name in ("Dockerfile", "requirements.txt", "streamlit_app.py", "ui/studio.py"):
        assert (folder / name).is_file()
    assert not list(folder.rglob("*.jpg")) and not list(folder.rglob("__pycache__"))


def test_what_is_not_asked_for_rightly_is_refused(context, mine):
    with pytest.raises(StudioError, match="no Space of kind 'static'"):
        list(space_task(context, {"bundle": "quick-1", "kind": "static"}))
    with pytest.raises(StudioError, match=r"no bundle '\.\.'"):
        list(space_task(context, {"bundle": "..", "kind": "gradio"}))


def test_what_was_written_before_the_bundle_is_not_current(space, mine):
    assert is_current(space, mine)
    later = space.stat().st_mtime + 10

    os.utime(mine / "config.json", (later, later))
    assert not is_current(space, mine)


def test_the_mark_of_the_studio_leaves_with_nothing(context, mine, tmp_path):
    mark(mine, Mark("bundle", "1"))
    write_manifest(mine)
    assert MARK not in (mine / "manifest.json").read_text()
    with zipfile.ZipFile(zip_folder(mine, tmp_path / "a.zip")) as archive:
        assert not any(MARK in name for name in archive.namelist())
    for kind in ("gradio", "docker"):
        list(space_task(context, {"bundle": "quick-1", "kind": kind}))
        folder = folder_of(context.workspace, "quick-1", kind)
        assert any(folder.iterdir()) and not list(folder.rglob(MARK))


def test_what_was_made_of_an_earlier_export_goes_with_it(context, space):
    workspace = context.workspace
    zipped(workspace, "quick-1", space)
    stranger = web_of(workspace, "thesis")
    stranger.mkdir()
    for name in ("quick-1", "thesis"):
        forget_web(workspace, name)
    assert list(stranger.parent.iterdir()) == [stranger]


@pytest.mark.parametrize("name", ["a?b", "x" * 200, "C:", "a\\b"])
def test_bundles_of_earlier_versions_have_a_place_for_what_is_made_of_them(name, context):
    folder = folder_of(context.workspace, name, "static")
    assert folder.is_relative_to(context.workspace.folder / "web")
    assert folder != folder_of(context.workspace, name[:-1], "static")


def test_a_zip_holds_the_whole_folder_and_is_made_once(space, tmp_path):

    file = zip_folder(space, tmp_path / "space.zip")
    with zipfile.ZipFile(file) as archive:
        names = set(archive.namelist())
    expected = {p.relative_to(space.parent).as_posix() for p in space.rglob("*") if p.is_file()}
    assert names == expected
    before = file.stat().st_mtime_ns
    assert zip_folder(space, file).stat().st_mtime_ns == before


def test_a_module_that_needs_torch_is_left_out_only_when_it_is_imported_late():
    everything, some = closure(PROGRAM), closure(PROGRAM, TORCH)
    assert ROOT / "core/serving/torch_network.py" in everything.files
    assert ROOT / "core/serving/torch_network.py" not in some.files
    assert set(some.files) < set(everything.files)
    assert "torch" in everything.libraries and not some.libraries & set(TORCH)


def test_pins_are_found_by_the_names_of_imports():
    text = "pillow==1.0  # pictures\nscikit-learn==2\nnumpy==3\n# numpy"
    assert pinned(text, ["PIL", "numpy"]) == ["pillow==1.0", "numpy==3"]
    assert "torchvision==" in space_requirements(["timm", "torch"])


def test_an_answer_that_differs_is_said():
    assert difference({"a": 0.5, "b": 0.5}, {"a": 0.5004, "b": 0.4996}) == pytest.approx(4e-4)
    for answer in ({"a": 0.6, "b": 0.4}, {"a": 1.0}, {"a": float("nan"), "b": 0.5}):
        with pytest.raises(StudioError, match="answers otherwise"):
            difference(answer, {"a": 0.5, "b": 0.5})


@pytest.mark.parametrize(
    ("status", "ending"), [(1, "exit status 1"), (2, "exit status 2"), (None, "no end in 30 min")]
)
def test_a_program_that_failed_is_told_by_its_exit_status(status, ending, tmp_path):
    log = tmp_path / "log"
    assert failure("It failed", status, log).message == f"It failed ({ending})"
    log.write_text("first\nno such package\n\n")
    error = failure("It failed", status, log)
    assert error.message == f"It failed ({ending}): no such package"
    assert "no network" in error.hint


@pytest.mark.slow
def test_requirements_that_cannot_be_installed_end_the_trial(space, context):
    (space / "requirements.txt").write_text("./no-such-folder\n")
    with pytest.raises(
        StudioError, match=r"could not install .*\(exit status 1\): .*no-such-folder"
    ):
        list(try_space(context, space))
    assert last_trial(space) is None


def test_a_trial_counts_for_the_space_that_was_tried(space):
    assert last_trial(space) is None
    result_of(space).write_text('{"difference": 0.0001, "install_s": 20, "answer_s": 3}')
    assert last_trial(space) == Trial(0.0001, 20, 3)

    later = result_of(space).stat().st_mtime + 10
    os.utime(space, (later, later))
    assert last_trial(space) is None


@pytest.mark.slow
def test_a_served_bundle_that_is_exported_again_keeps_its_examples(mine, context):
    with served_classifier(mine, context.settings.home) as address:
        with urllib.request.urlopen(f"{address}/config") as answer:
            example_paths = sorted(
                set(re.findall(r'"path": ?"([^"]+\.jpg)"', answer.read().decode()))
            )
        shutil.rmtree(mine)  # as another export does, with other pictures
        for path in example_paths:
            with urllib.request.urlopen(f"{address}/gradio_api/file={path}") as answer:
                assert answer.read(2) == b"\xff\xd8"
    assert len(example_paths) == 3
