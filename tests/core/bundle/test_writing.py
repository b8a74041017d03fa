"""The bundle: what comes out answers as the studio does, and says so when it does not."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from core.bundle.evaluation import evaluate
from core.bundle.replay import check_bundle
from core.bundle.writing import export_bundle
from core.calibration import LEAST, with_temperature
from core.errors import StudioError
from core.events import Progressed
from core.images.working_copy import open_copy
from core.markdown import plain
from core.models.weights import FILE
from core.owned import MARK
from core.serving.classifier import load_classifier
from core.serving.manifest import write_manifest
from core.training.config import TrainConfig
from core.training.fine_tune import fine_tune
from core.training.quick import train_quick
from tests.builders import fill, run_import, tints


def export(context, run_id: int = 1):
    events = list(export_bundle(context, run_id))
    assert all(isinstance(event, Progressed) for event in events)
    assert events[-1].done == events[-1].total
    (folder,) = context.workspace.exports.glob("1-quick-*")
    return folder


@pytest.fixture
def mine(bundle, tmp_path):
    """A copy of the bundle, to be damaged."""
    return shutil.copytree(bundle, tmp_path / "bundle")


def test_a_bundle_is_plain_files(bundle):
    names = {path.name for path in bundle.iterdir()}
    assert names - {"model-int8.onnx"} == {
        "model.safetensors",
        "model.onnx",
        "figures.json",
        "off_topic.safetensors",
        "config.json",
        "examples",
        "recorded.json",
        "manifest.json",
        "README.md",
        MARK,
    }
    for path in bundle.rglob("*"):
        if path.is_file():
            head = path.read_bytes()[:2]
            assert head not in (b"PK", b"\x80\x02", b"\x80\x04"), f"{path} may be a pickle"


def test_it_answers_as_recorded(bundle, trained):
    recorded = json.loads((bundle / "recorded.json").read_text(encoding="utf-8"))
    assert len(recorded) == 12
    assert check_bundle(bundle, trained.settings) < 1e-3
    classifier = load_classifier(bundle)
    for name, expected in recorded.items():
        data = (bundle / "examples" / name).read_bytes()
        answer = classifier.probabilities(data, trained.settings)
        assert answer == pytest.approx(expected, abs=1e-3)
        assert list(answer.values()) == sorted(answer.values(), reverse=True)
        assert sum(answer.values()) == pytest.approx(1, abs=1e-5)


def test_what_is_recorded_is_what_the_run_said(bundle, trained):
    recorded = json.loads((bundle / "recorded.json").read_text(encoding="utf-8"))
    final = trained.catalog.runs.predictions(1, "final")
    temperature = load_classifier(bundle).config.temperature
    probs_nc = with_temperature(final.probs_nc, temperature).astype(np.float32)
    rows = {tuple(np.round(row, 5)) for row in probs_nc}
    for probs in recorded.values():
        assert tuple(probs) == final.classes
        assert tuple(np.round(np.array(list(probs.values()), np.float32), 5)) in rows


def test_an_original_file_gets_the_answer_of_the_studio(bundle, trained):
    final = trained.catalog.runs.predictions(1, "final")
    classifier = load_classifier(bundle)
    for k in (0, 7):
        image = trained.catalog.images.get(final.image_ids[k])
        data = trained.workspace.original(image.id, image.suffix).read_bytes()
        answer = classifier.probabilities(data, trained.settings)
        probs_c = with_temperature(final.probs_nc[k][None], classifier.config.temperature)[0]
        expected = dict(zip(final.classes, probs_c.tolist()))
        assert answer == pytest.approx(expected, abs=1e-3)


def test_timm_opens_it_and_gives_the_same_logits(bundle, trained):
    import timm

    classifier = load_classifier(bundle)
    network = timm.create_model(f"local-dir:{bundle}", pretrained=True).eval()
    assert network.pretrained_cfg["label_names"] == list(trained.catalog.runs.get(1).classes)
    transform = timm.data.create_transform(**timm.data.resolve_model_data_config(network))
    for path in classifier.examples[:3]:
        picture = open_copy(path.read_bytes())
        crop = classifier.preprocessing.crop(picture)
        with torch.no_grad():
            images = torch.from_numpy(classifier.preprocessing.normalise(crop[None]))
            logits = network(images)
            ours = torch.from_numpy(classifier.network.run(images.numpy()).logits_nc)
            torch.testing.assert_close(logits, ours, atol=1e-3, rtol=0)
            timms = network(transform(picture)[None]).softmax(1)
        torch.testing.assert_close(timms, logits.softmax(1), atol=0.01, rtol=0)


def test_the_names_of_classes_survive(bundle, trained):
    classes = trained.catalog.runs.get(1).classes
    assert load_classifier(bundle).labels == classes
    config = json.loads((bundle / "config.json").read_text(encoding="utf-8"))
    assert tuple(config["label_names"]) == classes
    assert config["num_classes"] == 6
    assert all(path.parent.name == "examples" for path in bundle.rglob("*.jpg"))


def test_the_card_holds_the_numbers_of_the_evaluation(bundle, trained):
    card = (bundle / "README.md").read_text(encoding="utf-8")
    share = evaluate(trained, trained.catalog.runs.get(1)).valid.accuracy
    assert share.total == 12
    assert f"{share.hits} of {share.total} validation images: {share.value:.1%}" in card
    assert f"interval {share.low:.1%} to {share.high:.1%}" in card
    assert all(plain(label) in card for label in trained.catalog.runs.get(1).classes)
    assert "tf_efficientnet_lite0" in card


@pytest.mark.slow
def test_a_model_that_is_sure_of_noise_is_exported_too(fresh):
    """Its logits are 140 apart, its temperature is 20: what is stored of the first is not all."""
    fill(fresh, {"a": 30, "b": 30})
    for event in train_quick(fresh):
        if event.kind not in ("progressed", "run_started"):
            fresh.catalog.runs.record(1, event)
    probs_nc = fresh.catalog.runs.predictions(1, "final").probs_nc
    assert probs_nc.min() < LEAST  # or this shows nothing
    assert check_bundle(export(fresh), fresh.settings) < 1e-3


@pytest.mark.slow
def test_exporting_again_replaces_the_bundle(trained_copy):
    exports = trained_copy.workspace.exports
    (older,) = exports.iterdir()
    (older / "left over").write_text("x")
    before = {path.name for path in exports.iterdir()}
    again = export(trained_copy)
    assert again == older
    assert not (older / "left over").exists()
    assert {path.name for path in exports.iterdir()} == before
    assert check_bundle(older, trained_copy.settings) < 1e-3


def test_stopping_leaves_nothing_half_done(trained, bundle):
    before = {path: path.stat().st_mtime for path in trained.workspace.exports.rglob("*")}
    stopped = replace(trained, stop_requested=lambda: True)
    assert all(event.total == 0 for event in export_bundle(stopped, 1))
    after = {path: path.stat().st_mtime for path in trained.workspace.exports.rglob("*")}
    assert after == before


@pytest.mark.parametrize("licence", ["", "MIT License", "../x", "a\nb", "x" * 50])
def test_a_licence_that_the_hub_does_not_know_is_refused(licence, trained):
    with pytest.raises(StudioError, match="no licence"):
        list(export_bundle(trained, 1, licence))


def test_a_run_without_a_model_is_said_in_a_sentence(context):
    run = context.catalog.runs.create(
        "quick", {"architecture": "tf_efficientnet_lite0"}, ["a", "b"]
    )
    with pytest.raises(StudioError, match="quick 1 has no finished model"):
        list(export_bundle(context, run.id))
    with pytest.raises(StudioError, match="no run 7"):
        list(export_bundle(context, 7))
    assert not context.workspace.exports.exists()


def test_a_run_whose_weights_are_gone_leaves_nothing_half_done(fresh):
    train(fresh)
    (fresh.workspace.run(1) / FILE).unlink()
    with pytest.raises(StudioError, match="missing or damaged"):
        list(export_bundle(fresh, 1))
    assert list(fresh.workspace.exports.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize(("way", "mode"), [("pad", "border"), ("squish", "squash")])
def test_the_way_of_resizing_travels_with_the_model(way, mode, context):
    run_import(context, (tints({"a": "red", "b": "blue"}, train=3, valid=2), []))
    config = TrainConfig("test_resnet", "scratch", 64, way, epochs=1, frozen_epochs=0, rate=1e-2)
    list(fine_tune(context, config))
    list(export_bundle(context, 1))
    folder = context.workspace.exports / "1-fine-tune-1"
    pretrained = json.loads((folder / "config.json").read_text(encoding="utf-8"))["pretrained_cfg"]
    assert (pretrained["crop_mode"], pretrained["crop_pct"]) == (mode, 1.0)
    assert load_classifier(folder).preprocessing.resize == way
    assert check_bundle(folder, context.settings) < 1e-3


@pytest.mark.slow
def test_weights_that_answer_otherwise_are_not_exported(fresh):
    train(fresh)
    spoil(fresh.workspace.run(1) / FILE)
    with pytest.raises(StudioError, match="answers otherwise"):
        list(export_bundle(fresh, 1))
    assert list(fresh.workspace.exports.iterdir()) == []


def test_a_run_whose_validation_images_are_out_of_use_is_not_exported(fresh):
    train(fresh)
    for image in fresh.catalog.images.all(sides=["valid"]):
        fresh.catalog.journal.quarantine(image.id)
    with pytest.raises(StudioError, match="no validation images"):
        list(export_bundle(fresh, 1))


def train(context) -> None:
    from core.training.quick import train_quick

    run_import(context, (tints({"a": "red", "b": "blue"}, train=3, valid=2, test=0), []))
    list(train_quick(context))


def spoil(file) -> None:
    tensors = load_file(file)
    tensors["classifier.weight"] = tensors["classifier.weight"].flip(0)
    save_file(tensors, file)


def test_tampered_weights_are_noticed(mine, trained):
    spoil(mine / FILE)
    with pytest.raises(StudioError, match=r"safetensors of this bundle was changed"):
        check_bundle(mine, trained.settings)
    write_manifest(mine)
    with pytest.raises(StudioError, match="answers otherwise"):
        check_bundle(mine, trained.settings)


@pytest.mark.parametrize("factor", [-1.0, float("nan")])
def test_a_single_changed_channel_is_noticed(factor, mine, trained):
    tensors = load_file(mine / FILE)
    tensors["conv_stem.weight"][0] *= factor
    save_file(tensors, mine / FILE)
    write_manifest(mine)
    with pytest.raises(StudioError, match="answers otherwise"):
        check_bundle(mine, trained.settings)


@pytest.mark.parametrize("text", [None, "", "[]", "{}", '{"00-red.jpg": {"red": "x"}}', "[1"])
def test_damaged_recordings_are_said_in_a_sentence(text, mine, trained):
    (mine / "recorded.json").unlink()
    if text is not None:
        (mine / "recorded.json").write_text(text)
    write_manifest(mine)
    with pytest.raises(StudioError, match=r"recorded.json"):
        check_bundle(mine, trained.settings)


def test_recordings_of_other_classes_are_said_in_a_sentence(mine, trained):
    recorded = json.loads((mine / "recorded.json").read_text(encoding="utf-8"))
    text = json.dumps({name: {"no such class": 1.0} for name in recorded})
    (mine / "recorded.json").write_text(text)
    write_manifest(mine)
    with pytest.raises(StudioError, match=r"recorded.json"):
        check_bundle(mine, trained.settings)
