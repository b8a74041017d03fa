"""How good a run is on the pictures that it did not learn from: what the card tells."""

from __future__ import annotations

from dataclasses import dataclass

from core.calibration import fit_temperature
from core.context import Context
from core.errors import StudioError
from core.judged import Judged, joined
from core.leaks import Leak, find_leak
from core.records import Run, Side

SIDES_CHECKED: tuple[Side, Side] = ("valid", "test")


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Validation and test pictures, what is known of copies of them in training, and the
    temperature that the validation pictures ask for.
    """

    valid: Judged
    test: Judged
    valid_leak: Leak
    test_leak: Leak
    temperature: float


def evaluate(context: Context, run: Run) -> Evaluation:
    """Raises StudioError when the run left no model, or no picture is left to check it on."""
    answers = context.catalog.runs.predictions(run.id, "final")
    if not answers.image_ids:
        raise StudioError(f"{run.name} has no finished model.", "Choose another run.")
    images = context.catalog.images
    valid, test = (joined(images.all(sides=[side]), answers) for side in SIDES_CHECKED)
    if not len(valid):
        raise StudioError(
            f"{run.name} has no validation images in use, so its answers cannot be checked.",
            "Restore some of them on the Review page, or train again and export that run.",
        )
    leaks = _leak(context, "valid", valid), _leak(context, "test", test)
    return Evaluation(valid, test, *leaks, _temperature(valid))


def _leak(context: Context, side: Side, answers: Judged) -> Leak:
    ids = [image.id for image in answers.images]
    return find_leak(context.catalog, side, ids, answers.right_n)


def _temperature(valid: Judged) -> float:
    """1 where none lowers the loss: then what is served is what the studio shows."""
    temperature = round(fit_temperature(valid.probs_nc, valid.labels_n, wrong=1.0), 4)
    return temperature if valid.mean_loss(temperature) < valid.mean_loss() else 1.0
