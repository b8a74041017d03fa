"""Every file of a bundle is opened as what it should be: a regular file within its limit."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from core.bundle.replay import check_bundle
from core.errors import StudioError
from core.owned import MARK
from core.serving import bundle_part
from core.serving.bundle_part import open_part, part_path, read_part
from core.serving.classifier import load_classifier
from core.serving.layout import CARD, CONFIG
from core.serving.manifest import write_manifest
from core.serving.source import card_of

OLD = Path(__file__).with_name("bundle_of_format_1")


def make_fifo(path: Path) -> None:
    os.mkfifo(path)


def make_folder(path: Path) -> None:
    path.mkdir()


def make_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def make_huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(bundle_part.MOST_BYTES + 1)  # a sparse one takes no space


def make_loop(path: Path) -> None:
    path.symlink_to(path)


KINDS = [make_fifo, make_folder, make_device, make_huge, make_loop]


def files_of(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


@pytest.mark.parametrize("make", KINDS)
@pytest.mark.parametrize("with_graph", [True, False])
def test_no_file_of_a_bundle_may_be_anything_else(with_graph, make, bundle, tmp_path, settings):
    source = bundle if with_graph else OLD
    extra = ["model.onnx", "off_topic.safetensors", "manifest.json", "examples/more.jpg"]
    for number, name in enumerate({*files_of(source), *extra} - {CARD, MARK, "recorded.json"}):
        folder = shutil.copytree(source, tmp_path / str(number))
        (folder / name).unlink(missing_ok=True)
        make(folder / name)
        with pytest.raises(StudioError) as caught:
            load_classifier(folder)
        assert caught.value.hint
        shutil.rmtree(folder)


@pytest.mark.parametrize("make", KINDS)
def test_the_recordings_and_the_card_are_no_exception(make, tmp_path, settings):
    folder = shutil.copytree(OLD, tmp_path / "bundle")
    (folder / "recorded.json").unlink()
    make(folder / "recorded.json")
    with pytest.raises(StudioError):
        check_bundle(folder, settings)
    (folder / CARD).unlink(missing_ok=True)
    make(folder / CARD)
    assert card_of(folder) == ""


def test_a_link_may_lead_to_the_bundle_or_to_what_the_hub_keeps(tmp_path):
    blobs, snapshot = tmp_path / "blobs", tmp_path / "snapshots" / "1"
    for folder in (blobs, snapshot):
        folder.mkdir(parents=True)
    (blobs / "content").write_bytes(b"{}")
    (tmp_path / "secret").write_bytes(b"secret")
    (snapshot / CONFIG).symlink_to(blobs / "content")
    (snapshot / "again").symlink_to(snapshot / CONFIG)
    (snapshot / CARD).symlink_to(tmp_path / "secret")
    assert read_part(snapshot, CONFIG) == read_part(snapshot, "again") == b"{}"
    assert card_of(snapshot) == ""
    for name in (CARD, "../../secret"):
        with pytest.raises(StudioError, match="link to elsewhere"):
            open_part(snapshot, name)
    with pytest.raises(FileNotFoundError):
        part_path(snapshot, "gone")
    plain = shutil.copytree(snapshot, tmp_path / "plain", symlinks=True)
    with pytest.raises(StudioError, match="link to elsewhere"):
        read_part(plain, CONFIG)


def test_a_text_has_a_smaller_limit(tmp_path, monkeypatch):
    folder = shutil.copytree(OLD, tmp_path / "bundle")
    with (folder / CONFIG).open("ab") as file:
        file.write(b" " * bundle_part.MOST_TEXT_BYTES)
    with pytest.raises(StudioError, match=r"config.json of this bundle is too large"):
        load_classifier(folder)


def test_a_manifest_speaks_of_whole_files_only(tmp_path):
    folder = shutil.copytree(OLD, tmp_path / "bundle")
    write_manifest(folder)
    weights = folder / "model.safetensors"
    weights.rename(tmp_path / "elsewhere")
    weights.symlink_to(tmp_path / "elsewhere")  # the very same content
    with pytest.raises(StudioError, match="link to elsewhere"):
        load_classifier(folder)
