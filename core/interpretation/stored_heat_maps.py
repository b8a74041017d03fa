"""Heat maps of pictures as a job stored them, read without torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.interpretation.shelf import Shelf
from core.records import ImageRecord, Run

PREDICTED, ACTUAL = "predicted", "actual"
MOST = 12
"""Pictures at a time."""
AGREE, PARTLY = 0.5, 0.2
LITTLE = 0.05  # a probability that no place can lower by much, whatever the network looks at


@dataclass(frozen=True)
class HeatMap:
    """One picture and one class.

    Attributes:
        label: the class, one of those of the run.
        number: its number among them.
        probability: of the class, 0..1.
        fall: by how much covering the most important place lowers it.
        agreement: correlation of the two methods, None where there is nothing to compare.
        has_grad_cam: whether the architecture has spatial maps.
    """

    label: str
    number: int
    probability: float
    fall: float
    agreement: float | None
    has_grad_cam: bool

    @property
    def sentence(self) -> str:
        """What covering says, and how far the two methods agree."""
        fallen = f"Covering the most important place lowers it by {100 * self.fall:.0f} points"
        if not self.has_grad_cam:
            return f"{fallen}. This architecture has no spatial maps, so there is no Grad-CAM."
        if self.probability < LITTLE:
            return (
                f"The model gives this class {self.probability:.1%}, so there is next to nothing "
                "that covering a place could take away: occlusion says nothing here."
            )
        if self.fall < 0.02:
            return "No single place matters: covering any part hardly changes the probability."
        if self.agreement is None:
            return f"{fallen}. Grad-CAM finds nothing that speaks for this class."
        verdict = _verdict(self.agreement)
        return f"{fallen}. The two methods {verdict} (correlation {self.agreement:.2f})."


def _verdict(agreement: float) -> str:
    if agreement >= AGREE:
        return "agree"
    return "agree in part" if agreement >= PARTLY else "do not agree, so trust neither alone"


def stored_heat_maps(shelf: Shelf, run: Run, image_id: str) -> dict[str, HeatMap]:
    """Class -> heat map, of those that were made of a picture; {} when none was."""
    facts = shelf.read(f"heat/{image_id}") or {}
    heat_maps = [HeatMap(run.classes[int(number)], int(number), **f) for number, f in facts.items()]
    return {heat_map.label: heat_map for heat_map in heat_maps}


def requested_labels(
    run: Run, image: ImageRecord, predicted: str, class_names: Sequence[str]
) -> list[str]:
    """The classes that are asked for, of those that the run knows, each once."""
    stand_ins = {PREDICTED: predicted, ACTUAL: image.label}
    labels = dict.fromkeys(stand_ins.get(name, name) for name in class_names)
    return [label for label in labels if label in run.classes]


def overlay_name(image_id: str, method: str, number: int) -> str:
    """`method` is "grad-cam" or "occlusion"."""
    return f"heat/{image_id}/{method}-{number}.jpg"


def crop_name(image_id: str) -> str:
    """What the network is shown of a picture."""
    return f"heat/{image_id}/picture.jpg"
