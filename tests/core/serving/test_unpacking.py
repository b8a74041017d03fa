"""A bundle as a zip, which anybody may have made; and bundles of older versions."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import pytest

from core.bundle.replay import check_bundle
from core.errors import StudioError
from core.serving.classifier import load_classifier
from core.serving.layout import CONFIG, RECORDED
from core.serving.unpacking import unpack
from tests.builders import image_zip, tinted

OLD = Path(__file__).with_name("bundle_of_format_1")
"""Made by the code as it was before there was a second format: random weights."""


def zipped(file: Path, top: str = "", folder: Path = OLD) -> Path:
    files = {path.relative_to(folder): path for path in folder.rglob("*") if path.is_file()}
    return image_zip(file, {f"{top}{name.as_posix()}": p.read_bytes() for name, p in files.items()})


def test_a_bundle_of_the_first_format_answers_as_it_did(settings):
    assert check_bundle(OLD, settings) < 1e-3
    classifier = load_classifier(OLD)
    assert classifier.labels == ("red", "blå <1>")
    assert (classifier.has_heat, classifier.says_none_of_these) == (True, False)
    answer = classifier.answer(tinted("red", 7), settings)
    assert (answer.off_topic, answer.none_of_these) == (None, False)
    assert classifier.heat_map(tinted("red", 7), settings, "red")[:2] == b"\xff\xd8"


@pytest.mark.parametrize("apart", [0.0, 0.0005, 0.002, 0.1, 0.4])
def test_a_recorded_answer_may_differ_by_a_thousandth(apart, tmp_path, settings):
    folder = shutil.copytree(OLD, tmp_path / "bundle")
    exact = check_bundle(folder, settings)
    recorded = json.loads((folder / RECORDED).read_text(encoding="utf-8"))
    name, answer = next(iter(recorded.items()))
    recorded[name] = {label: share + apart for label, share in answer.items()}
    (folder / RECORDED).write_text(json.dumps(recorded), encoding="utf-8")
    if apart <= 0.001:
        assert check_bundle(folder, settings) == pytest.approx(exact + apart, abs=1e-5)
        return
    with pytest.raises(StudioError, match="answers otherwise than the studio"):
        check_bundle(folder, settings)


@pytest.mark.parametrize("top", ["", "quick-1/", "./"])
def test_a_zip_answers_as_its_folder(top, tmp_path, settings):
    file = zipped(tmp_path / "bundle.zip", top)
    classifier = load_classifier(file)
    data = tinted("blue", 3)
    assert classifier.answer(data, settings) == load_classifier(OLD).answer(data, settings)
    assert len(classifier.examples) == 2 and all(path.exists() for path in classifier.examples)
    folder = classifier.examples[0].parent
    del classifier
    assert not folder.exists()


@pytest.mark.parametrize(
    "path",
    ["../config.json", "a/../../b", "/etc/passwd", "C:/x", "a\\..\\..\\b", "..", "x/.."],
)
def test_a_path_that_leads_elsewhere_is_refused(path, tmp_path):
    file = image_zip(tmp_path / "x.zip", {path: b"x"})
    with pytest.raises(StudioError, match="is no bundle"):
        load_classifier(file)
    assert [p.name for p in tmp_path.iterdir()] == ["x.zip"]


def test_a_link_is_refused(tmp_path):
    info = zipfile.ZipInfo(CONFIG)
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(StudioError, match="is no bundle"):
        load_classifier(tmp_path / "x.zip")


def test_a_path_that_is_there_twice_is_refused(tmp_path):
    with pytest.warns(UserWarning), zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr(CONFIG, "{}")
        archive.writestr(CONFIG, "[]")
    with pytest.raises(StudioError, match="is no bundle"):
        load_classifier(tmp_path / "x.zip")


def test_too_much_is_refused(tmp_path, monkeypatch):
    many = image_zip(tmp_path / "many.zip", {f"{k}.txt": b"" for k in range(201)})
    with pytest.raises(StudioError, match="too large"):
        unpack(many)
    monkeypatch.setattr("core.serving.unpacking.MAX_BYTES", 100_000)
    with pytest.raises(StudioError, match="too large"):
        unpack(zipped(tmp_path / "large.zip"))


@pytest.mark.parametrize("keep", [0, 10, 1000, -30])
def test_a_damaged_zip_is_said_in_a_sentence(keep, tmp_path):
    file = zipped(tmp_path / "x.zip")
    file.write_bytes(file.read_bytes()[:keep])
    with pytest.raises(StudioError, match="no zip, or is damaged"):
        load_classifier(file)


def test_a_changed_byte_inside_is_noticed(tmp_path):
    file = zipped(tmp_path / "x.zip")
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1  # in the weights: members are stored as they are
    file.write_bytes(data)
    with pytest.raises(StudioError, match="no zip, or is damaged"):
        load_classifier(file)


def test_a_zip_without_a_bundle_is_said_in_a_sentence(tmp_path):
    for files in ({"a.txt": b"x"}, {}, {"a/config.json": b"{}", "b/config.json": b"{}"}):
        file = image_zip(tmp_path / "x.zip", files)
        with pytest.raises(StudioError, match="holds no bundle"):
            load_classifier(file)


def test_old_weights_that_are_damaged_are_said_in_a_sentence(tmp_path):
    folder = shutil.copytree(OLD, tmp_path / "bundle")
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(StudioError, match="missing or damaged"):
        load_classifier(folder)
    weights.unlink()
    with pytest.raises(StudioError, match="missing or damaged"):
        load_classifier(folder)
