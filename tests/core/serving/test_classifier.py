"""Reading a bundle: whatever is wrong with it is one sentence."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.errors import PictureError, StudioError
from core.images.reading import read_picture
from core.images.working_copy import open_copy, read_file
from core.serving.classifier import load_classifier
from core.serving.config_file import MAX_SIZE_PX
from core.serving.layout import FORMAT
from core.serving.manifest import write_manifest
from tests.builders import encode, oriented, pattern, picture
from tests.web_bundle import a_bundle

ROOT = Path(__file__).parents[3]


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
    write_manifest(folder)


def test_a_folder_that_is_no_bundle_is_said_in_a_sentence(tmp_path):
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(StudioError, match=r"no config.json"):
            load_classifier(folder)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "7", "\x00"])
def test_a_damaged_config_is_said_in_a_sentence(text, mine):
    (mine / "config.json").write_text(text)
    write_manifest(mine)
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
        {"input_size": [3, 4096, 4096]},
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


@pytest.mark.parametrize("size_px", [MAX_SIZE_PX + 1, 4096, 10**6])
@pytest.mark.parametrize("with_graph", [True, False])
def test_a_size_beyond_the_limit_is_refused_before_any_network_is_made(size_px, with_graph, mine):
    if not with_graph:
        (mine / "model.onnx").unlink()
    change(mine, input_size=[3, size_px, size_px])
    with pytest.raises(StudioError, match=f"lacks an input_size of at most {MAX_SIZE_PX} px"):
        load_classifier(mine)


def test_a_network_that_cannot_answer_at_its_size_is_said_in_a_sentence(mine, monkeypatch):
    def fail(*of: object) -> None:
        raise RuntimeError("the sizes of tensors must match")

    (mine / "model.onnx").unlink()
    change(mine, input_size=[3, 999, 999])
    monkeypatch.setattr("core.serving.torch_network.Answering", fail)
    with pytest.raises(StudioError, match=r"cannot answer \(\w+ at 999 px\)"):
        load_classifier(mine)


@pytest.mark.parametrize("keep", [0, 100, 10**6])
@pytest.mark.parametrize("name", ["model.safetensors", "model.onnx"])
def test_truncated_files_are_said_in_a_sentence(name, keep, mine):
    file = mine / name
    file.write_bytes(file.read_bytes()[:keep])
    with pytest.raises(StudioError, match=f"{name} of this bundle is truncated"):
        load_classifier(mine)


@pytest.mark.parametrize("name", ["model.safetensors", "model.onnx", "manifest.json"])
def test_missing_files_are_said_in_a_sentence(name, mine):
    (mine / name).unlink()
    with pytest.raises(StudioError, match=f"{name} of this bundle is missing"):
        load_classifier(mine)


@pytest.mark.parametrize("name", ["model.onnx", "config.json", "recorded.json"])
def test_edited_files_are_said_in_a_sentence(name, mine):
    file = mine / name
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    with pytest.raises(StudioError, match=f"{name} of this bundle (was changed|is damaged)"):
        load_classifier(mine)


def test_the_card_may_be_edited(mine, settings):
    (mine / "README.md").write_text("license: mit")
    assert load_classifier(mine).labels
    (mine / "README.md").unlink()
    assert load_classifier(mine).labels


def test_a_graph_that_is_none_is_said_in_a_sentence(mine):
    (mine / "model.onnx").write_bytes(b"no graph")
    write_manifest(mine)
    with pytest.raises(StudioError, match=r"model.onnx of this bundle is missing or damaged"):
        load_classifier(mine)


def test_another_architecture_than_that_of_the_graph_is_noticed(mine):
    change(mine, architecture="resnet18")
    with pytest.raises(StudioError, match="speaks of another network"):
        load_classifier(mine)


def test_a_bundle_of_a_newer_version_is_said_in_a_sentence(mine):
    change(mine, toploss={"format": FORMAT + 1})
    with pytest.raises(StudioError, match="newer version"):
        load_classifier(mine)


def test_it_answers_without_torch(bundle, tmp_path):
    """In a process of its own, where importing torch is an error."""
    script = f"""
import sys
sys.modules["torch"] = sys.modules["timm"] = None
from pathlib import Path
from core.serving.classifier import load_classifier
from core.settings import Settings
classifier = load_classifier(Path({str(bundle)!r}))
data = classifier.examples[0].read_bytes()
answer = classifier.answer(data, Settings(Path({str(tmp_path)!r})))
heat = classifier.heat_map(data, Settings(Path({str(tmp_path)!r})), answer.label)
print(len(answer.probabilities), answer.off_topic > 0, heat[:2] == bytes([255, 216]))
"""
    command = [sys.executable, "-c", script]
    process = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert process.stdout.split() == ["6", "True", "True"], process.stderr


def test_a_batch_gets_the_answers_of_its_pictures(bundle, settings):
    classifier = load_classifier(bundle)
    crops = [classifier.crop(path.read_bytes(), settings) for path in classifier.examples[:5]]
    together = classifier.answers(crops)
    assert classifier.answers([]) == []
    for crop, answer in zip(crops, together, strict=True):
        alone = classifier.answers([crop])[0]
        assert answer.probabilities == pytest.approx(alone.probabilities, abs=1e-4)
        assert answer.off_topic == pytest.approx(alone.off_topic, rel=1e-3)
        assert answer.label == next(iter(answer.probabilities))


def test_several_threads_get_the_answers_of_one(bundle, settings):
    classifier = load_classifier(bundle)
    files = [path.read_bytes() for path in classifier.examples[:4]] * 4
    expected = [classifier.answer(data, settings) for data in files]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda data: classifier.answer(data, settings), files))
    for one, other in zip(expected, answers, strict=True):
        assert one.probabilities == pytest.approx(other.probabilities, abs=1e-5)


def test_what_is_unlike_everything_learned_is_none_of_these(bundle, settings):
    classifier = load_classifier(bundle)
    assert classifier.says_none_of_these
    own = [classifier.answer(path.read_bytes(), settings) for path in classifier.examples]
    assert not any(answer.none_of_these for answer in own)
    board = Image.fromarray(np.kron(np.eye(2), np.full((40, 40), 255)).astype(np.uint8))
    strange = classifier.answer(encode(board.resize((320, 320)), "PNG"), settings)
    assert strange.none_of_these
    assert strange.off_topic > max(answer.off_topic for answer in own)


def test_a_heat_map_is_that_of_the_class(bundle, settings):
    """Its mean over the picture is what the logit says for the class rather than the others."""
    classifier = load_classifier(bundle)
    crops = [classifier.crop(path.read_bytes(), settings) for path in classifier.examples[:3]]
    outputs = classifier.network.run(classifier.preprocessing.normalise(np.stack(crops)), heat=True)
    between = np.diff(outputs.heat_nchw.mean((2, 3)), axis=0)  # the biases cancel
    logits = outputs.logits_nc - outputs.logits_nc.mean(1, keepdims=True)
    np.testing.assert_allclose(between, np.diff(logits, axis=0), atol=1e-3)
    with pytest.raises(StudioError, match="no class"):
        classifier.heat_map(classifier.examples[0].read_bytes(), settings, "no such class")


def test_a_bundle_needs_no_examples_and_no_recordings_to_answer(mine, settings):
    shutil.rmtree(mine / "examples")
    (mine / "recorded.json").unlink()
    write_manifest(mine)
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


SIDES_PX = (8, 9, 15, 32, 33, 48, 63, 64, 65, 100)


@pytest.mark.parametrize("format", ["JPEG", "PNG"])
@pytest.mark.parametrize("way", ["center", "border", "squash"])
def test_small_and_odd_pictures_are_served_the_very_pixels_of_the_studio(
    format, way, tmp_path, settings
):
    classifier = load_classifier(a_bundle(tmp_path / "bundle", way))
    for size in itertools.product(SIDES_PX, SIDES_PX):
        original = picture(format, size=size, seed=size[0])
        _, copy = read_file(original, settings)  # as an import stores it
        studio = classifier.preprocessing.crop(open_copy(copy))
        for content in (original, copy):
            assert np.array_equal(classifier.crop(content, settings), studio), size
