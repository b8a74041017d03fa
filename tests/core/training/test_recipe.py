"""A run as JSON, there and back."""

from __future__ import annotations

import json

import pytest

from core.errors import StudioError
from core.training.config import DEFAULT_ARCHITECTURE, TrainConfig
from core.training.recipe import MAX_SIGNS, parse_recipe, recipe


def test_a_fine_tuning_run_comes_back_as_it_was(catalog):
    config = TrainConfig(rate=3e-4, smaller_first=(64, 128), oversample=True, seed=7)
    run = catalog.runs.create("fine-tune", config.to_dict(), ["a", "b"])
    kind, args = parse_recipe(recipe(run))
    assert (kind, TrainConfig.from_dict(args)) == ("fine-tune", config)


def test_a_quick_model_comes_back_as_it_was(catalog):
    run = catalog.runs.create("quick", {"architecture": "tf_efficientnet_lite1"}, ["a", "b"])
    assert parse_recipe(recipe(run)) == ("quick", {"architecture": "tf_efficientnet_lite1"})


def test_what_is_left_out_has_its_default():
    assert parse_recipe('{"kind": "quick", "config": {}}')[1] == {
        "architecture": DEFAULT_ARCHITECTURE
    }
    _, args = parse_recipe('{"kind": "fine-tune", "config": {"epochs": 2}}')
    assert TrainConfig.from_dict(args) == TrainConfig(epochs=2)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no JSON",
        "[]",
        "null",
        "NaN",
        "[" * 9_000,
        '"' + "x" * MAX_SIGNS + '"',
        "{}",
        '{"kind": "quick"}',
        '{"kind": "quick", "config": []}',
        '{"kind": "quick", "config": {}, "more": 1}',
        '{"kind": "quick", "config": {"epochs": 3}}',
        '{"kind": "quick", "config": {"architecture": "../etc"}}',
        '{"kind": ["quick"], "config": {}}',
        '{"kind": "export", "config": {"run_id": 1}}',
        '{"kind": "fine-tune", "config": {"epochs": -1}}',
        '{"kind": "fine-tune", "config": {"epochs": "3"}}',
        '{"kind": "fine-tune", "config": {"rate": NaN}}',
        '{"kind": "fine-tune", "config": {"rate": null}}',
        '{"kind": "fine-tune", "config": {"evil": 1}}',
    ],
)
def test_what_is_no_run_is_refused_with_a_way_out(text):
    with pytest.raises(StudioError) as caught:
        parse_recipe(text)
    assert caught.value.message and caught.value.hint


def test_the_recipe_is_plain_json(catalog):
    run = catalog.runs.create("quick", {"architecture": DEFAULT_ARCHITECTURE}, ["a", "b"])
    assert json.loads(recipe(run))["kind"] == "quick"


@pytest.mark.parametrize("text", ['{"kind": ' + "9" * 5000 + "}", "[" * 5000], ids=["long", "deep"])
def test_what_python_cannot_read_is_said_without_its_advice(text: str) -> None:
    with pytest.raises(StudioError) as caught:
        parse_recipe(text)
    assert caught.value.message == "This is not JSON."
