"""Writing a bundle: timm's hub layout, no pickle, checked by reading it back.

model.safetensors  weights
config.json        architecture, label_names, preprocessing (timm and the hub read it)
examples/          a few validation pictures (working copies: no metadata)
recorded.json      the studio's probabilities for them
README.md          what it is, how good, how to use it
"""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from core.context import Context
from core.errors import StudioError, from_os_error
from core.events import Event, Progressed
from core.export.classifier import load_classifier
from core.export.layout import RECORDED
from core.export.model_card import model_card
from core.images.sound import SUFFIXES
from core.metrics import Share
from core.models.architectures import preprocessing_of
from core.models.hub_layout import write_hub_folder
from core.models.weights import load_weights
from core.records import ImageRecord, Predictions, Run
from core.settings import Settings

EXAMPLES_PER_BUNDLE = 12
TOLERANCE = 1e-3
FORMAT = 1
SOUNDS = frozenset(SUFFIXES.values())


def export_task(context: Context, args: Mapping[str, Any]) -> Iterator[Event]:
    """The task "export"."""
    return export_bundle(context, args["run_id"])


def export_bundle(context: Context, run_id: int) -> Iterator[Event]:
    """Write the bundle of a run into the workspace's exports, under the run's name.

    An older export of the same run is replaced when the new one is whole.

    Raises:
        StudioError: the run left no model, no picture is left to check it on, or the bundle
            answers otherwise than the studio.
        WorkspaceError: it cannot be written.
    """
    run = context.catalog.runs.get(run_id)
    predictions = context.catalog.runs.predictions(run_id, "final")
    if not predictions.image_ids:
        raise StudioError(f"{run.name} has no finished model.", "Choose another run.")
    yield Progressed(0, 3, "Writing the bundle")
    images = {image.id: image for image in context.catalog.images.all(sides=["valid"])}
    accuracy = accuracy_of(predictions, images)
    if not accuracy.total:
        raise StudioError(
            f"{run.name} has no validation images in use, so its answers cannot be checked.",
            "Restore some of them on the Review page, or train again and export that run.",
        )
    target = context.workspace.exports / run.name.replace(" ", "-")
    folder = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        folder.mkdir(parents=True)
        _write_model(context, run, folder)
        _write_examples(context, predictions, images, folder)
        card = model_card(context.workspace.name, run, accuracy, date.today())
        (folder / "README.md").write_text(card, encoding="utf-8")
        yield Progressed(1, 3, "Checking the bundle")
        check_bundle(folder, context.settings)
        shutil.rmtree(target, ignore_errors=True)
        folder.rename(target)
    except OSError as error:
        raise from_os_error(error, "writing the bundle") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    yield Progressed(3, 3, "Done")


def check_bundle(folder: Path, settings: Settings) -> float:
    """Replay the recorded pictures; the largest difference of a probability, 0..1.

    Raises:
        StudioError: it is beyond 0.001, or the recordings are not usable.
    """
    classifier = load_classifier(folder)
    try:
        recorded = json.loads((folder / RECORDED).read_text(encoding="utf-8"))
        apart = []
        for name, expected in recorded.items():
            answer = classifier.probabilities((folder / "examples" / name).read_bytes(), settings)
            apart += [abs(answer[label] - probability) for label, probability in expected.items()]
        worst = float(np.max(apart))  # no recordings are a ValueError; one NaN is the largest
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StudioError(
            f"{RECORDED} of this bundle or its examples are missing or damaged.",
            "Export it again from the studio's Export page.",
        ) from error
    if not worst <= TOLERANCE:
        raise StudioError(
            f"The exported model answers otherwise than the studio (by {worst:.4f}).",
            "Train again and export that run; please report this.",
        )
    return worst


def accuracy_of(predictions: Predictions, images: Mapping[str, ImageRecord]) -> Share:
    """How many of these images the run gets right, by today's labels."""
    rows = [(k, images[i].label) for k, i in enumerate(predictions.image_ids) if i in images]
    answers = predictions.probs_nc.argmax(1)
    hits = sum(predictions.classes[answers[k]] == label for k, label in rows)
    return Share(hits, len(rows))


def _write_model(context: Context, run: Run, folder: Path) -> None:
    architecture = str(run.config["architecture"])
    weights = context.workspace.run(run.id)
    network = load_weights(architecture, len(run.classes), weights)
    preprocessing = preprocessing_of(
        network, run.config.get("size_px"), run.config.get("resize", "crop")
    )
    sounds = any(image.suffix in SOUNDS for image in context.catalog.images.all(sides=["valid"]))
    extra = {
        "format": FORMAT,
        "name": context.workspace.name,
        "run": run.name,
        "sounds": sounds,
    }
    write_hub_folder(network, run.classes, preprocessing, extra, folder)


def _write_examples(
    context: Context, predictions: Predictions, images: Mapping[str, ImageRecord], folder: Path
) -> None:
    (folder / "examples").mkdir()
    recorded: dict[str, dict[str, float]] = {}
    for k in _one_a_class(predictions.image_ids, images):
        image = images[predictions.image_ids[k]]
        name = f"{len(recorded):02d}-{_file_name(image.label)}.jpg"
        shutil.copyfile(context.workspace.copy(image.id), folder / "examples" / name)
        probs = predictions.probs_nc[k].tolist()
        recorded[name] = dict(zip(predictions.classes, probs, strict=True))
    text = json.dumps(recorded, indent=2, ensure_ascii=False)
    (folder / RECORDED).write_text(text, encoding="utf-8")


def _one_a_class(image_ids: Sequence[str], images: Mapping[str, ImageRecord]) -> list[int]:
    """Rows of up to 12 images, each class once before any class twice."""
    seen: dict[str, int] = {}
    rows = []
    for k, image_id in enumerate(image_ids):
        if image_id in images:
            label = images[image_id].label
            seen[label] = seen.get(label, 0) + 1
            rows.append((seen[label], label, k))
    return [k for _, _, k in sorted(rows)[:EXAMPLES_PER_BUNDLE]]


def _file_name(label: str) -> str:
    return "".join(c if c.isalnum() or c in "-_" else "-" for c in label)[:40] or "picture"
