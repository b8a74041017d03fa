"""The check as a whole: a planted flaw is found on real files, fair pictures are left alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PIL import Image

from core.dataset.new_pictures import NewPicture
from core.errors import StudioError
from core.interpretation.shortcut_check import check_shortcuts
from tests.builders import encode, fill, pattern, picture, run_import


def bright(seed: int) -> bytes:
    return encode(Image.blend(pattern((64, 48), seed), Image.new("RGB", (64, 48), "white"), 0.8))


def import_classes(context, bright_class: str) -> None:
    pictures = []
    for k, label in enumerate(("ant", "bee", "fly")):
        for n in range(40):
            seed = 100 * k + n
            data = bright(seed) if label == bright_class else picture(size=(64, 48), seed=seed)
            pictures.append(NewPicture(f"{label}/{n}.jpg", label, None, lambda data=data: data))
    run_import(context, (pictures, []))


def check(context) -> dict:
    for _ in check_shortcuts(context):
        pass
    return context.catalog.studies.latest("shortcuts").result


def correlations(result: dict) -> dict[str, float]:
    return {cue["title"]: cue["correlation"] for cue in result["cues"]}


def test_a_class_of_bright_pictures_is_found(context):
    import_classes(context, "bee")
    result = check(context)
    (brightness,) = (cue for cue in result["cues"] if cue["title"] == "Brightness")
    assert result["classes"][brightness["told"]] == "bee"
    assert brightness["correlation"] > 0.8
    assert brightness["where"].startswith("bright")


def test_fair_pictures_are_left_alone(context):
    import_classes(context, "none")
    result = check(context)
    assert max(correlations(result).values()) < 0.5
    assert all(test["area"] < 0.65 or test["p_value"] > 0.001 for test in result["sides"])


def test_cues_that_are_the_same_everywhere_are_left_out(context):
    import_classes(context, "none")
    assert not {"Camera", "File type", "Source"} & set(correlations(check(context)))


def test_an_unfair_split_is_found(context):
    pictures = [
        NewPicture(f"{label}/{n}.jpg", label, side, lambda data=data: data)
        for k, label in enumerate(("ant", "bee"))
        for n in range(60)
        for side in ["valid" if n < 25 else "train"]
        for data in [bright(100 * k + n) if side == "valid" else picture(seed=100 * k + n)]
    ]
    run_import(context, (pictures, []))
    (test,) = check(context)["sides"]
    assert test["area"] > 0.9 and test["p_value"] < 1e-6


def test_a_stop_stores_nothing(context):
    fill(context, {"ant": 25, "bee": 25})
    list(check_shortcuts(replace(context, stop_requested=lambda: True)))
    assert context.catalog.studies.latest("shortcuts") is None


def test_too_few_pictures_are_said_so(context):
    fill(context, {"ant": 25, "bee": 3})
    with pytest.raises(StudioError, match="not two classes"):
        list(check_shortcuts(context))
