"""Reading a bundle: whatever is wrong with it is one sentence."""

from __future__ import annotations

import json
import shutil

import pytest
from PIL import Image

from core.errors import PictureError, StudioError
from core.export.classifier import load_classifier
from core.images.reading import read_picture
from tests.builders import encode, oriented, pattern


@pytest.fixture
def mine(bundle, tmp_path):
    """A copy of the bundle, to be damaged."""
    return shutil.copytree(bundle, tmp_path / "bundle")


def change(folder, **parts: object) -> None:
    """Put these values into config.json; a value of ... takes the key out."""
    file = folder / "config.json"
    config = json.loads(file.read_text(encoding="utf-8"))
    for name, value in parts.items():
        inner = config["pretrained_cfg"] if name in config["pretrained_cfg"] else config
        inner[name] = value
        if value is ...:
            del inner[name]
    file.write_text(json.dumps(config))


def test_a_folder_that_is_no_bundle_is_said_in_a_sentence(tmp_path):
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(StudioError, match=r"no config.json"):
            load_classifier(folder)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "7", "\x00"])
def test_a_damaged_config_is_said_in_a_sentence(text, mine):
    (mine / "config.json").write_text(text)
    with pytest.raises(StudioError, match=r"config.json of this bundle is damaged"):
        load_classifier(mine)


@pytest.mark.parametrize(
    "parts",
    [
        {"label_names": ...},
        {"label_names": None},
        {"label_names": []},
        {"label_names": "abcdef"},
        {"label_names": ["a", "b"]},
        {"label_names": ["a", "a", "b", "c", "d", "e"]},
        {"architecture": ...},
        {"architecture": "resnet1001"},
        {"architecture": "resnet18"},
        {"architecture": 5},
        {"pretrained_cfg": []},
        {"pretrained_cfg": None},
        {"mean": ...},
        {"mean": [0.5]},
        {"mean": ["a", "b", "c"]},
        {"std": [0, 0, 0]},
        {"input_size": 224},
        {"input_size": []},
        {"input_size": [3, 0, 0]},
        {"input_size": [3, 10**6, 10**6]},
        {"crop_pct": 0},
        {"crop_pct": -1},
        {"crop_pct": float("nan")},
        {"crop_pct": None},
        {"interpolation": "guess"},
        {"interpolation": ...},
    ],
    ids=str,
)
def test_a_config_that_does_not_fit_is_said_in_a_sentence(parts, mine):
    change(mine, **parts)
    with pytest.raises(StudioError) as caught:
        load_classifier(mine)
    assert caught.value.message and caught.value.hint


@pytest.mark.parametrize("keep", [0, 100, 10**6])
def test_truncated_weights_are_said_in_a_sentence(keep, mine):
    file = mine / "model.safetensors"
    file.write_bytes(file.read_bytes()[:keep])
    with pytest.raises(StudioError, match="missing or damaged"):
        load_classifier(mine)


def test_missing_weights_are_said_in_a_sentence(mine):
    (mine / "model.safetensors").unlink()
    with pytest.raises(StudioError, match="missing or damaged"):
        load_classifier(mine)


def test_a_bundle_needs_no_examples_and_no_recordings_to_answer(mine, settings):
    shutil.rmtree(mine / "examples")
    (mine / "recorded.json").unlink()
    classifier = load_classifier(mine)
    assert classifier.examples == ()
    assert len(classifier.probabilities(encode(pattern()), settings)) == 6


def test_what_is_no_picture_is_said_in_a_sentence(bundle, settings):
    classifier = load_classifier(bundle)
    for data in (b"", b"hello", b"<svg/>", encode(pattern())[:200]):
        with pytest.raises(PictureError):
            classifier.probabilities(data, settings)


def test_a_turned_picture_gets_the_answer_of_the_upright_one(bundle, settings):
    classifier = load_classifier(bundle)
    upright = pattern((400, 320), seed=5)
    stored = upright.transpose(Image.Transpose.ROTATE_90)  # orientation 6 turns it back
    data = oriented(stored, 6, "PNG")
    assert read_picture(data, settings).pixels.size == (400, 320)
    expected = classifier.probabilities(encode(upright, "PNG"), settings)
    turned = classifier.probabilities(data, settings)
    assert turned == pytest.approx(expected, abs=1e-4)
