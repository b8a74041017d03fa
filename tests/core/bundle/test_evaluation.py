"""The temperature of a bundle: only where it lowers the loss."""

from __future__ import annotations

import numpy as np
import pytest

from core.bundle.evaluation import evaluate
from core.context import Context
from core.records import Predictions
from tests.builders import run_import, tints


def with_answers(context: Context, sure: float, wrong: int) -> tuple[float, float, float]:
    """The temperature, and the mean losses without and with it, of 40 answers as sure as that."""
    run_import(context, (tints({"a": "red", "b": "blue"}, train=1, valid=20, test=0), []))
    images = context.catalog.images.all(sides=["valid"])
    rows = [[sure, 1 - sure] if image.label == "a" else [1 - sure, sure] for image in images]
    rows = [row[::-1] if k < wrong else row for k, row in enumerate(rows)]
    run = context.catalog.runs.create("quick", {}, ["a", "b"])
    answers = Predictions(tuple(i.id for i in images), np.array(rows, np.float32), ("a", "b"))
    context.catalog.runs.store_predictions(run.id, "final", answers)
    evaluation = evaluate(context, run)
    valid, temperature = evaluation.valid, evaluation.temperature
    return temperature, valid.mean_loss(), valid.mean_loss(temperature)


@pytest.mark.parametrize(("sure", "wrong"), [(0.999, 0), (0.6, 0), (0.999, 8), (0.8, 8)])
def test_a_temperature_lowers_the_loss_or_is_none(fresh, sure, wrong):
    temperature, before, after = with_answers(fresh, sure, wrong)
    assert after < before if temperature != 1 else after == before


def test_a_model_that_made_no_mistake_answers_as_the_studio_shows(fresh):
    assert with_answers(fresh, 0.999, 0)[0] == 1


def test_one_that_is_too_sure_is_tempered(fresh):
    assert with_answers(fresh, 0.999, 8)[0] > 1.5
