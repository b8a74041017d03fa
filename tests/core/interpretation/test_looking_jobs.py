"""Jobs that look into a network, on small ones: what they store, and what they say."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from PIL import Image

from core.context import Context
from core.errors import StudioError
from core.interpretation.anatomy import FILTERS, take_apart
from core.interpretation.channels import TOP, find_channels, five_layers
from core.interpretation.heat_job import heat_maps_task, make_heat_maps
from core.interpretation.shelf import Shelf, shelf_of
from core.interpretation.stored_heat_maps import HeatMap, crop_name, overlay_name, stored_heat_maps
from core.interpretation.walk import strongest, walk_through
from core.models.architectures import preprocessing_of, untrained
from core.models.weights import save_weights
from tests.builders import fill

CLASSES = ("ant", "bee")
SMALL = "test_efficientnet"
CHANNEL_SIZES = {"a": (4, 8, 8), "b": (8, 8, 8), "c": (8, 4, 4)}


def a_run(context: Context, architecture: str = SMALL) -> Shelf:
    """A run of a small network that was never trained, on 12 pictures."""
    if not context.catalog.images.all():
        fill(context, dict.fromkeys(CLASSES, 6))
    torch.manual_seed(0)
    run = context.catalog.runs.create("quick", {"architecture": architecture}, CLASSES)
    save_weights(untrained(architecture, len(CLASSES)), context.workspace.run(run.id))
    return shelf_of(context.workspace, context.catalog, run.id)


def ids_of(context: Context) -> list[str]:
    return [image.id for image in context.catalog.images.all()]


def opens(shelf: Shelf, names: Sequence[str]) -> list[tuple[int, int]]:
    return [Image.open(shelf.folder / name).size for name in names]


@pytest.mark.parametrize("architecture", [SMALL, "test_vit"])
def test_heat_maps_of_both_classes_are_stored(context: Context, architecture: str) -> None:
    shelf = a_run(context, architecture)
    run = context.catalog.runs.get(shelf.run_id)
    image_ids = ids_of(context)[:2]
    list(make_heat_maps(context, run.id, image_ids, ["ant", "bee"]))
    for image_id in image_ids:
        heat_maps = stored_heat_maps(shelf, run, image_id)
        assert set(heat_maps) == set(CLASSES)
        assert sum(heat_map.probability for heat_map in heat_maps.values()) == pytest.approx(
            1, abs=1e-4
        )
        assert all(heat_map.has_grad_cam for heat_map in heat_maps.values())
        names = [overlay_name(image_id, m, k) for m in ("grad-cam", "occlusion") for k in (0, 1)]
        assert len(set(opens(shelf, [crop_name(image_id), *names]))) == 1


def test_asking_for_another_class_keeps_what_is_there(context: Context) -> None:
    shelf = a_run(context)
    run, (first, *_) = context.catalog.runs.get(shelf.run_id), ids_of(context)
    for name in CLASSES:
        list(heat_maps_task(context, {"run_id": run.id, "image_ids": [first], "classes": name}))
    assert set(stored_heat_maps(shelf, run, first)) == set(CLASSES)


@pytest.mark.slow
def test_an_architecture_without_maps_says_so_and_occlusion_works(context: Context) -> None:
    shelf = a_run(context, "crossvit_tiny_240")
    run, (first, *_) = context.catalog.runs.get(shelf.run_id), ids_of(context)
    list(make_heat_maps(context, run.id, [first], ["predicted"]))
    (heat_map,) = stored_heat_maps(shelf, run, first).values()
    assert not heat_map.has_grad_cam
    assert "no spatial maps" in heat_map.sentence
    assert opens(shelf, [overlay_name(first, "occlusion", heat_map.number)])


def test_what_is_gone_is_said(context: Context) -> None:
    shelf = a_run(context)
    with pytest.raises(StudioError, match="does not know the class 'wasp'"):
        list(make_heat_maps(context, shelf.run_id, ids_of(context)[:1], ["wasp"]))
    with pytest.raises(StudioError, match="pictures are gone"):
        list(make_heat_maps(context, shelf.run_id, ["0" * 64], ["predicted"]))
    (context.workspace.run(shelf.run_id) / "model.safetensors").unlink()
    for events in (
        make_heat_maps(context, shelf.run_id, ids_of(context)[:1], ["predicted"]),
        take_apart(context, shelf.run_id),
        walk_through(context, shelf.run_id, ids_of(context)[0]),
        find_channels(context, shelf.run_id),
    ):
        with pytest.raises(StudioError, match="model file of this run is missing"):
            list(events)


def test_taken_apart_a_network_shows_every_layer_and_number(context: Context) -> None:
    shelf = a_run(context)
    list(take_apart(context, shelf.run_id))
    facts, network = shelf.read("anatomy"), untrained(SMALL, len(CLASSES))
    modules = dict(network.named_modules())
    layers = {layer["path"]: layer for layer in facts["layers"]}
    assert set(layers) == set(modules) - {""}
    assert facts["parameters"] == sum(p.numel() for p in network.parameters())
    for path, layer in layers.items():
        own = dict(modules[path].named_parameters(recurse=False))
        assert {t["name"]: sum(t["counts"]) for t in layer["tensors"]} == {
            name: p.numel() for name, p in own.items()
        }
    side = preprocessing_of(network).size_px
    shape = network.conv_stem(torch.zeros(1, 3, side, side)).shape[1:]
    assert layers["conv_stem"]["shape"] == list(shape)
    assert layers["conv_stem"]["ms"] > 0
    assert facts["first"] == "conv_stem" and opens(shelf, [FILTERS])


def test_a_walk_ends_in_the_scores_of_the_network(context: Context) -> None:
    shelf, image_id = a_run(context), ids_of(context)[0]
    list(walk_through(context, shelf.run_id, image_id))
    facts = shelf.read(f"walk/{image_id}")
    assert next(layer["path"] for layer in facts["layers"]) == "conv_stem"
    assert opens(shelf, [layer["file"] for layer in facts["layers"]])
    run = context.catalog.runs.get(shelf.run_id)
    list(make_heat_maps(context, run.id, [image_id], CLASSES))
    heat_maps = stored_heat_maps(shelf, run, image_id)
    powers = np.exp(facts["logits"])
    for name, p in zip(CLASSES, powers / powers.sum(), strict=True):
        assert heat_maps[name].probability == pytest.approx(p, abs=1e-4)


def test_channels_have_the_nine_pictures_that_excite_them_most(context: Context) -> None:
    shelf = a_run(context)
    list(find_channels(context, shelf.run_id))
    facts = shelf.read("channels")
    assert (facts["images"], facts["of"]) == (12, 12)
    assert len(facts["layers"]) == 5
    fields = [layer["field_px"] for layer in facts["layers"]]
    assert fields == sorted(fields) and fields[0] < fields[-1] <= facts["size_px"]
    layer = facts["layers"][1]
    channel = layer["channels"][0]
    highest = {image_id: _highest(context, shelf, layer["path"], image_id) for image_id in
               ids_of(context)}  # fmt: skip
    assert channel["images"] == sorted(highest, key=lambda i: -highest[i])[:TOP]
    assert channel["highest"] == pytest.approx(max(highest.values()), rel=1e-4)
    width, height = opens(shelf, [channel["file"]])[0]
    assert width == height


def _highest(context: Context, shelf: Shelf, path: str, image_id: str) -> float:
    """Of channel 0 of a layer, computed by hand."""
    from core.interpretation.network_of_run import open_network

    events = open_network(context, shelf.run_id)
    try:
        while True:
            next(events)
    except StopIteration as stop:
        opened = stop.value
    copy = Image.open(io.BytesIO(context.workspace.copy(image_id).read_bytes()))
    x = opened.input_of(opened.preprocessing.crop(copy)[None])
    outputs = []
    layer = opened.network.get_submodule(path)
    layer.register_forward_hook(lambda module, inputs, answer: outputs.append(answer))
    with torch.no_grad():
        opened.network(x)
    return float(outputs[0][0, 0].max())


def test_five_depths_are_chosen_by_the_size_of_their_maps() -> None:
    sizes = {f"l{k}": (8, 64 >> (k // 2), 64 >> (k // 2)) for k in range(10)}
    assert list(five_layers(sizes)) == ["l1", "l3", "l5", "l7", "l9"]
    even = {f"b{k}": (8, 14, 14) for k in range(9)}
    assert list(five_layers(even)) == ["b0", "b2", "b4", "b6", "b8"]
    assert list(five_layers(CHANNEL_SIZES)) == ["a", "b", "c"]


def test_the_strongest_channels_come_first() -> None:
    maps = np.zeros((3, 2, 2))
    maps[1, 0, 0], maps[2, 1, 1] = 1, 5
    assert strongest(maps, 2) == [2, 1]


def test_results_of_earlier_weights_are_dropped(context: Context) -> None:
    old = a_run(context)
    old.write("anatomy", {})
    save_weights(untrained("test_resnet", 2), context.workspace.run(old.run_id))
    new = shelf_of(context.workspace, context.catalog, old.run_id)
    assert new != old and new.read("anatomy") is None
    new.drop_older()
    assert not old.folder.exists()


@pytest.mark.parametrize(
    ("fall", "agreed", "expected"),
    [
        (0.5, 0.7, "agree (correlation 0.70)"),
        (0.5, 0.3, "agree in part"),
        (0.5, -0.4, "do not agree"),
        (0.001, 0.9, "No single place matters"),
        (0.5, None, "finds nothing"),
    ],
)
def test_a_sentence_says_how_far_the_methods_agree(
    fall: float, agreed: float | None, expected: str
) -> None:
    assert expected in HeatMap("ant", 0, 0.9, fall, agreed, True).sentence


def test_of_a_class_at_next_to_nothing_no_place_is_said_not_to_matter() -> None:
    sentence = HeatMap("ant", 0, 0.001, 0.0009, 0.9, True).sentence
    assert "0.1%" in sentence and "says nothing" in sentence
    assert "No single place" not in sentence
