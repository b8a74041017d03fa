"""A few validation pictures with the answers that the bundle has to give to them."""

from __future__ import annotations

import json
from pathlib import Path

from core.bundle.evaluation import Evaluation
from core.bundle.network_pass import evenly
from core.calibration import with_temperature
from core.context import Context
from core.images.working_copy import whole_copy
from core.serving.layout import EXAMPLES, RECORDED

PER_BUNDLE = 12


def write_examples(context: Context, evaluation: Evaluation, folder: Path) -> None:
    """Up to 12 pictures, each class once before any class twice, and what the studio's model said.

    Raises:
        OSError: they cannot be written.
        WorkspaceError: the working copy of one is gone or damaged; which.
    """
    (folder / EXAMPLES).mkdir()
    valid = evaluation.valid
    row = {image.id: k for k, image in enumerate(valid.images)}
    recorded: dict[str, dict[str, float]] = {}
    for image in evenly(valid.images, PER_BUNDLE):
        name = f"{len(recorded):02d}-{_file_name(image.label)}.jpg"
        (folder / EXAMPLES / name).write_bytes(whole_copy(context.workspace, image.id))
        probs_1c = valid.probs_nc[row[image.id]][None]
        shares = with_temperature(probs_1c, evaluation.temperature)[0].tolist()
        recorded[name] = dict(zip(valid.classes, shares, strict=True))
    text = json.dumps(recorded, indent=2, ensure_ascii=False)
    (folder / RECORDED).write_text(text, encoding="utf-8")


def _file_name(label: str) -> str:
    return "".join(c if c.isalnum() or c in "-_" else "-" for c in label)[:40] or "picture"
