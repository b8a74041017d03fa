"""What the page of a served classifier shows, from what was uploaded; without Gradio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from core.errors import StudioError
from core.images.allowance import Allowance
from core.images.working_copy import open_copy
from core.markdown import plain
from core.serving.answer import Answer
from core.serving.flagged import FlaggedPictures
from core.serving.service import Service
from core.serving.uploads import MOST_AT_ONCE, Uploads

NONE_OF_THESE = "None of these"
FURTHER_S = 1.0
"""How much later than the one before it each further picture of several may be answered."""


@dataclass(frozen=True)
class PageAnswers:
    """Answers to a visitor; every method raises `StudioError` when there is no usable picture."""

    service: Service
    uploads: Uploads

    def one(self, picture: str | None) -> Answer:
        """The answer to one file."""
        return self.several([picture] if picture else None)[0]

    def several(self, pictures: Sequence[str] | None) -> list[Answer]:
        """The answers to at most 100 files, in their order."""
        if not pictures:
            raise StudioError("There is no picture.", "Choose one first.")
        if len(pictures) > MOST_AT_ONCE:
            raise StudioError("These are too many.", f"Send {MOST_AT_ONCE} at a time.")
        paths = [self.uploads.path(picture) for picture in pictures]  # before any is read
        # Each is read by the thread that answers it, so that few are in memory at once.
        futures = [
            self.service.work(partial(self._answer, path), k * FURTHER_S)
            for k, path in enumerate(paths)
        ]
        return self.service.wait(futures, len(paths) * FURTHER_S)

    def classify(self, picture: str | None) -> dict[str, float]:
        """Probability of every class, most probable first."""
        return self.one(picture).probabilities

    def classify_batch(self, pictures: Sequence[str] | None) -> list[dict[str, float]]:
        """For each picture the probability of every class."""
        return [answer.probabilities for answer in self.several(pictures)]

    def table(self, pictures: Sequence[str] | None) -> list[list[str]]:
        """Rows of a picture's name, its class and the probability of that."""
        rows = []
        for picture, answer in zip(pictures or (), self.several(pictures) if pictures else ()):
            answer_text = NONE_OF_THESE if answer.none_of_these else answer.label
            rows.append(
                [Path(picture).name, answer_text, f"{answer.probabilities[answer.label]:.1%}"]
            )
        return rows

    def heat(self, picture: str | None) -> tuple[np.ndarray, str]:
        """The heat map for the most probable class, uint8 (h, w, 3), and that class."""
        label = self.one(picture).label
        service = self.service

        def draw(allowance: Allowance) -> bytes:
            data = self.uploads.read(picture)
            return service.classifier.heat_map(data, service.settings, label, allowance)

        return np.asarray(open_copy(service.wait([service.work(draw)])[0])), label

    def keep(self, flagged: FlaggedPictures, picture: str | None, label: str | None) -> str:
        """Keep a wrong answer under the right label; what was done, in Markdown."""
        answer = self.one(picture)
        if label not in self.service.classifier.labels:
            raise StudioError("There is no class.", "Choose what it is.")
        right, settings = label, self.service.settings

        def keep_picture(allowance: Allowance) -> Path:
            return flagged.keep(self.uploads.read(picture), right, answer, settings, allowance)

        (file,) = self.service.wait([self.service.work(keep_picture)])
        return f"Kept as {plain(label)}: {plain(file.name)}"

    def _answer(self, path: Path, allowance: Allowance) -> Answer:
        service = self.service
        return service.classifier.answer(self.uploads.read(str(path)), service.settings, allowance)
