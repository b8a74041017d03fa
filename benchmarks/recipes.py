"""Which settings of a fine-tuning run are good ones: error and loss, over datasets and seeds.

    python -m benchmarks.recipes --images DIR [--images DIR ...] [--seeds 3] [--only NAME ...]

Each folder holds a folder per class. Every recipe trains on the same training pictures and is asked
about the same validation pictures, and **nothing is chosen on them**: the figures are those of the
last epoch, whatever came before, so the validation side is a test side here. Seeds change the order
and the variation of the pictures, and the split as well. Prints a line for each run, a table of
means over datasets, and one JSON line:

    recipes   name -> {"accuracy", "loss", "seconds", "won"}: means over datasets and seeds, and in
              how many of the pairs (dataset, seed) its loss was below the default's
    datasets  dataset -> {recipe -> accuracy}
    best      the recipe with the lowest mean rank of its loss
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.allocator import keep_freed_memory
from benchmarks.workspace import import_folder, throw_away_context
from core.events import EpochEnded
from core.training.config import TrainConfig
from core.training.diagnosis import diagnose
from core.training.fine_tune import fine_tune

DEFAULT = "default"
RECIPES: dict[str, dict[str, Any]] = {
    DEFAULT: {},
    "rate 1e-4": {"rate": 1e-4},
    "rate 5e-4": {"rate": 5e-4},
    "rate 1e-3": {"rate": 1e-3},
    "rate 2e-3": {"rate": 2e-3},
    "rate 4e-3": {"rate": 4e-3},
    "rate 8e-3": {"rate": 8e-3},
    "not frozen, 2e-3": {"rate": 2e-3, "frozen_epochs": 0},
    "not frozen, 4e-3": {"rate": 4e-3, "frozen_epochs": 0},
    "not frozen, 4 epochs, 2e-3": {"rate": 2e-3, "frozen_epochs": 0, "epochs": 4},
    "not frozen, 4 epochs, 4e-3": {"rate": 4e-3, "frozen_epochs": 0, "epochs": 4},
    "not frozen, 8 epochs, 1e-3": {"rate": 1e-3, "frozen_epochs": 0, "epochs": 8},
    "not frozen, 8 epochs, 2e-3": {"rate": 2e-3, "frozen_epochs": 0, "epochs": 8},
    "not frozen, 8 epochs, 4e-3": {"rate": 4e-3, "frozen_epochs": 0, "epochs": 8},
    "not frozen, 8 epochs, 2e-4": {"rate": 2e-4, "frozen_epochs": 0, "epochs": 8},
    "not frozen, 4 epochs, 5e-4": {"rate": 5e-4, "frozen_epochs": 0, "epochs": 4},
    "squish, 2e-3": {"rate": 2e-3, "resize": "squish"},
    "pad, 2e-3": {"rate": 2e-3, "resize": "pad"},
    "light, 2e-3": {"rate": 2e-3, "augmentation": "light"},
    "large crops, 2e-3": {"rate": 2e-3, "min_crop_share": 0.6},
    "batch 16, 2e-3": {"rate": 2e-3, "batch_size": 16},
    "batch 64, 2e-3": {"rate": 2e-3, "batch_size": 64},
    "decay 0.1, 2e-3": {"rate": 2e-3, "weight_decay": 0.1},
    "128 px first, 2e-3": {"rate": 2e-3, "smaller_first": (128,), "frozen_epochs": 0, "epochs": 2},
}


@dataclass(frozen=True)
class Outcome:
    """A run's last epoch: share right 0..1, mean cross-entropy in nats, seconds from its start.

    Attributes:
        curve: training loss (None before training), validation loss and error rate by epoch.
        findings: what the studio would say of that curve.
    """

    recipe: str
    dataset: str
    seed: int
    accuracy: float
    loss: float
    seconds: float
    curve: tuple[tuple[float | None, float, float], ...]
    findings: tuple[str, ...]


def main(arguments: Sequence[str] | None = None) -> None:
    options = _options(arguments)
    outcomes = list(_outcomes(options.images, options.only or list(RECIPES), options.seeds))
    print(table(outcomes))
    print(json.dumps(figures(outcomes)))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recipes")
    parser.add_argument("--images", type=Path, action="append", required=True)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=list(RECIPES))
    return parser.parse_args(arguments)


def _outcomes(folders: Sequence[Path], recipes: Sequence[str], seeds: int) -> Iterator[Outcome]:
    """Seed by seed, so that what is there when it is interrupted compares everything."""
    keep_freed_memory()
    with TemporaryDirectory(prefix="toploss-bench-", ignore_cleanup_errors=True) as home:
        for seed in range(seeds):
            for folder in folders:
                for recipe in recipes:
                    outcome = _apart(Path(home) / folder.name / str(seed), folder, recipe, seed)
                    print(json.dumps(asdict(outcome)), flush=True)
                    yield outcome


def _apart(home: Path, folder: Path, recipe: str, seed: int) -> Outcome:
    """In a process of its own: memory is given back, and nothing before it counts."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(_run, home, folder, recipe, seed).result()


def _run(home: Path, folder: Path, recipe: str, seed: int) -> Outcome:
    context = throw_away_context(home)
    try:
        if not context.catalog.images.all():
            import_folder(context, folder)
        config = replace(TrainConfig(**RECIPES[recipe]), seed=seed)
        started = time.perf_counter()
        epochs = [e for e in fine_tune(context, config) if isinstance(e, EpochEnded)]
        seconds = time.perf_counter() - started
        curve = tuple((e.train_loss, e.valid_loss, e.error_rate) for e in epochs)
        findings = tuple(finding.name for finding in diagnose(epochs, "completed"))
        _, loss, error = curve[-1]
        return Outcome(recipe, folder.name, seed, 1 - error, loss, seconds, curve, findings)
    finally:
        context.catalog.close()


def table(outcomes: Sequence[Outcome]) -> str:
    """Accuracy in percent by recipe and dataset, then the means."""
    datasets = list(dict.fromkeys(o.dataset for o in outcomes))
    lines = [f"{'recipe':28}" + "".join(f"{d[:9]:>10}" for d in datasets) + "      mean    loss"]
    for recipe in dict.fromkeys(o.recipe for o in outcomes):
        own = [o for o in outcomes if o.recipe == recipe]
        cells = [mean(o.accuracy for o in own if o.dataset == d) for d in datasets]
        shares = "".join(f"{share:10.1%}" for share in cells)
        lines.append(f"{recipe:28}{shares}{mean(cells):10.1%}{mean(o.loss for o in own):8.3f}")
    return "\n".join(lines)


def figures(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    recipes = list(dict.fromkeys(o.recipe for o in outcomes))
    losses = {(o.recipe, o.dataset, o.seed): o.loss for o in outcomes}
    pairs = list(dict.fromkeys((o.dataset, o.seed) for o in outcomes))

    def rank(recipe: str) -> float:
        return mean(sum(losses[r, *p] < losses[recipe, *p] for r in recipes) for p in pairs)

    def summary(recipe: str) -> dict[str, float]:
        own = [o for o in outcomes if o.recipe == recipe]
        return {
            "accuracy": round(mean(o.accuracy for o in own), 4),
            "loss": round(mean(o.loss for o in own), 4),
            "seconds": round(mean(o.seconds for o in own), 1),
            "won": sum(losses[recipe, *p] < losses.get((DEFAULT, *p), 0.0) for p in pairs),
        }

    by_dataset = {
        dataset: {
            r: round(mean(o.accuracy for o in outcomes if (o.dataset, o.recipe) == (dataset, r)), 4)
            for r in recipes
        }
        for dataset in dict.fromkeys(o.dataset for o in outcomes)
    }
    return {
        "recipes": {recipe: summary(recipe) for recipe in recipes},
        "datasets": by_dataset,
        "best": min(recipes, key=rank),
    }


if __name__ == "__main__":
    main()
