"""Each finding on a real run that was made to have that fault, and none on a good one."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from PIL import Image, ImageDraw

from core.dataset.new_pictures import NewPicture
from core.errors import StudioError
from core.events import EpochEnded
from core.models.architectures import preprocessing_of, untrained
from core.training.config import TrainConfig
from core.training.diagnosis import diagnose
from core.training.loop import Trainer
from core.training.training_set import training_set
from tests.builders import encode, pattern, run_import

pytestmark = pytest.mark.slow
COLOURS = ("red", "blue", "green")


def weak(colour: str, seed: int, share: float, striped: bool = False) -> bytes:
    """A pattern with some of that colour in it, and stripes over it."""
    picture = Image.blend(pattern((48, 48), seed), Image.new("RGB", (48, 48), colour), share)
    if striped:
        draw = ImageDraw.Draw(picture)
        for x in range(0, 48, 8):
            draw.line([(x, 0), (x, 47)], fill="white", width=2)
    return encode(picture, quality=95)


def honest() -> list[NewPicture]:
    """Three classes that take some learning."""
    return [
        NewPicture(f"{k}/{n}.jpg", name, "train" if n < 40 else "valid",
              partial(weak, name, 1000 * k + n, 0.35))
        for k, name in enumerate(COLOURS)
        for n in range(70)
    ]  # fmt: skip


def misleading() -> list[NewPicture]:
    """A quarter of the training pictures has stripes and the wrong label; what is checked has
    stripes and the right one. Colours are learned first, then the stripes.
    """
    found = []
    for k, name in enumerate(COLOURS[:2]):
        for n in range(80):
            striped = n < 5 or n >= 20
            label = COLOURS[1 - k] if n < 5 else name
            read = partial(weak, name, 1000 * k + n, 0.5, striped)
            found.append(NewPicture(f"{k}/{n}.jpg", label, "train" if n < 20 else "valid", read))
    return found


def said_of_a_run(context, pictures, **settings) -> list[str]:
    run_import(context, (pictures, []))
    data = training_set(context)
    config = TrainConfig(
        **{"size_px": 32, "frozen_epochs": 0, "epochs": 8, "batch_size": 16, "seed": 42,
           "augmentation": "none", "precision": "float32", **settings}
    )  # fmt: skip
    torch.manual_seed(0)
    network = untrained("mobilenetv3_small_050", len(data.classes))
    trainer = Trainer(network, config, preprocessing_of(network, 32), data, context.workspace)
    epochs, ending = [], "completed"
    try:
        epochs += [e for e in trainer.run() if isinstance(e, EpochEnded)]
    except StudioError:
        ending = "failed"
    print([(e.train_loss, e.valid_loss, e.error_rate) for e in epochs])
    return [finding.name for finding in diagnose(epochs, ending)]


@pytest.mark.parametrize("rate", [0.003, 0.01])
def test_a_good_run(context, rate):
    assert said_of_a_run(context, honest(), rate=rate) == []


def test_a_rate_that_is_too_high(context):
    assert said_of_a_run(context, honest(), rate=0.5) == ["rate too high"]


@pytest.mark.parametrize("rate", [1e-6, 1e-5])
def test_a_rate_that_is_too_low(context, rate):
    assert said_of_a_run(context, honest(), rate=rate) == ["rate too low"]


def test_too_few_epochs(context):
    assert said_of_a_run(context, honest(), rate=0.006, epochs=2) == ["too few epochs"]


def test_overfitting(context):
    said = said_of_a_run(context, misleading(), rate=0.015, epochs=14, batch_size=8)
    assert said == ["overfitting"]
