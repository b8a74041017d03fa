"""Answering from a bundle: the same steps as in the studio, for the same file the same answer.

ONNX Runtime answers where the bundle has a graph; torch is imported only where it has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from core.calibration import tempered
from core.errors import StudioError
from core.images.allowance import ANYTHING, Allowance
from core.images.overlay import heat_overlay
from core.images.working_copy import copied_pixels
from core.models.preprocessing import Preprocessing
from core.serving.answer import Answer
from core.serving.bundle_part import MOST_BYTES, has_part, part_path
from core.serving.config_file import BundleConfig, read_config
from core.serving.layout import (
    CONFIG,
    EXAMPLES,
    EXPORT_AGAIN,
    GRAPH,
    GRAPH_INT8,
    MANIFEST,
    OFF_TOPIC,
    WEIGHTS,
)
from core.serving.manifest import check_manifest
from core.serving.onnx_network import OnnxNetwork
from core.serving.outputs import Network, Outputs
from core.serving.unpacking import unpack
from core.settings import MEGABYTE, Settings

MOST_EXAMPLES, MOST_EXAMPLE_BYTES = 200, 20 * MEGABYTE


@dataclass(frozen=True, eq=False)
class Classifier:
    """A bundle in memory; several threads may ask it at once.

    Attributes:
        config: what the bundle says of itself.
        network: what computes the answers.
        threshold: above this distance a picture is none of the classes; None when not known.
        examples: picture files that come with it.
        unpacked: keeps the folder of a bundle that came as a zip.
    """

    config: BundleConfig
    network: Network
    threshold: float | None
    examples: tuple[Path, ...]
    unpacked: TemporaryDirectory[str] | None = None

    @property
    def name(self) -> str:
        return self.config.name

    @property
    def labels(self) -> tuple[str, ...]:
        return self.config.labels

    @property
    def preprocessing(self) -> Preprocessing:
        return self.config.preprocessing

    @property
    def sounds(self) -> bool:
        """Whether it was trained on spectrograms of sounds, too."""
        return self.config.sounds

    @property
    def says_none_of_these(self) -> bool:
        """Whether it can tell that a picture is none of its classes."""
        return self.threshold is not None

    @property
    def has_heat(self) -> bool:
        """Whether `heat_map` works."""
        return self.network.has_heat

    def answer(self, data: bytes, settings: Settings, allowance: Allowance = ANYTHING) -> Answer:
        """The answer to the bytes of one file: a picture, or a sound.

        Args:
            allowance: what reading it may take.

        Raises:
            PictureError: it cannot be used as a picture.
        """
        return self.answers([self.crop(data, settings, allowance)])[0]

    def probabilities(self, data: bytes, settings: Settings) -> dict[str, float]:
        """Only the probabilities of that answer."""
        return self.answer(data, settings).probabilities

    def crop(self, data: bytes, settings: Settings, allowance: Allowance = ANYTHING) -> np.ndarray:
        """What the network sees of a file: uint8 (size, size, 3).

        Raises:
            PictureError: it cannot be used as a picture.
        """
        return self.preprocessing.crop(copied_pixels(data, settings, allowance))

    def answers(self, crops: Sequence[np.ndarray]) -> list[Answer]:
        """Answers to what `crop` made of several files, in one pass through the network."""
        if not crops:
            return []
        outputs = self.network.run(self.preprocessing.normalise(np.stack(crops)))
        return [self._answer(outputs, row) for row in range(len(crops))]

    def heat_map(
        self, data: bytes, settings: Settings, label: str, allowance: Allowance = ANYTHING
    ) -> bytes:
        """A JPEG of what the network sees of a file, with the places that speak for a class.

        Raises:
            PictureError: it cannot be used as a picture.
            StudioError: this architecture has no heat maps, or there is no such class.
        """
        if not self.has_heat:
            raise StudioError("This model has no heat maps.", "Export it again, or another one.")
        if label not in self.labels:
            raise StudioError(
                f"There is no class {label[:100]!r}.", "Ask for one of those in the answer."
            )
        crop = self.crop(data, settings, allowance)
        heat = self.network.run(self.preprocessing.normalise(crop[None]), heat=True).heat_nchw
        assert heat is not None  # asked for, and it has it
        speaks_hw = np.maximum(heat[0, self.labels.index(label)], 0.0)
        return heat_overlay(crop, speaks_hw / max(float(speaks_hw.max()), 1e-6))

    def _answer(self, outputs: Outputs, row: int) -> Answer:
        shares = tempered(outputs.logits_nc[row][None], self.config.temperature)[0].tolist()
        pairs = sorted(zip(self.labels, shares, strict=True), key=lambda pair: -pair[1])
        if self.threshold is None or outputs.off_topic_n is None:
            return Answer(dict(pairs), None, False)
        apart = float(outputs.off_topic_n[row])
        return Answer(dict(pairs), apart, apart > self.threshold)


def load_classifier(path: Path, int8: bool = False) -> Classifier:
    """Read a bundle: its folder, or a zip of it.

    Args:
        int8: answer from the graph in 8-bit integers.

    Raises:
        StudioError: a file is missing, damaged, or does not fit the others.
    """
    if path.is_file():
        unpacked, folder = unpack(path)
        return _load(folder, int8, unpacked)
    return _load(path, int8, None)


def _load(folder: Path, int8: bool, unpacked: TemporaryDirectory[str] | None) -> Classifier:
    config = read_config(folder)
    if config.format > 1 or has_part(folder, MANIFEST):
        check_manifest(folder)
    network = load_network(folder, config, int8)
    threshold = config.threshold_int8 if int8 else config.threshold
    return Classifier(config, network, threshold, _examples(folder), unpacked)


def _examples(folder: Path) -> tuple[Path, ...]:
    names = sorted(path.name for path in (folder / EXAMPLES).glob("*.jpg"))
    if len(names) > MOST_EXAMPLES:
        raise StudioError(f"There are too many {EXAMPLES} in this bundle.", EXPORT_AGAIN)
    return tuple(_own_file(folder, f"{EXAMPLES}/{name}", MOST_EXAMPLE_BYTES) for name in names)


def load_network(folder: Path, config: BundleConfig, int8: bool = False) -> Network:
    """What computes the answers of that bundle.

    Raises:
        StudioError: its file is missing, damaged, or of another network than config.json says.
    """
    name = GRAPH_INT8 if int8 else GRAPH
    if has_part(folder, name) or int8:
        network = OnnxNetwork(_own_file(folder, name))
        if network.facts != facts_of(config):
            raise StudioError(
                f"{CONFIG} of this bundle speaks of another network than {name} holds.",
                EXPORT_AGAIN,
            )
        return network
    for name in (WEIGHTS, OFF_TOPIC):
        if has_part(folder, name):
            _own_file(folder, name)
    return _in_torch(folder, config)


def _in_torch(folder: Path, config: BundleConfig) -> Network:
    from core.serving.torch_network import load_torch_network

    try:
        return load_torch_network(
            folder, config.architecture, len(config.labels), config.preprocessing
        )
    except StudioError:
        raise
    except Exception as error:  # a network is asked for what it cannot do: any library's errors
        raise StudioError(
            f"{CONFIG} of this bundle describes a network that cannot answer"
            f" ({config.architecture} at {config.preprocessing.size_px} px).",
            EXPORT_AGAIN,
        ) from error


def _own_file(folder: Path, name: str, most_bytes: int = MOST_BYTES) -> Path:
    """The path of a file that is there.

    Raises:
        StudioError: it is missing, or is no file of the bundle.
    """
    try:
        return part_path(folder, name, most_bytes)
    except OSError as error:
        raise StudioError(f"{name} of this bundle is missing or damaged.", EXPORT_AGAIN) from error


def facts_of(config: BundleConfig) -> dict[str, object]:
    """What a graph says of itself, as JSON gives it back."""
    preprocessing = config.preprocessing.to_dict()
    preprocessing.update(mean=list(preprocessing["mean"]), std=list(preprocessing["std"]))
    return {
        "architecture": config.architecture,
        "label_names": list(config.labels),
        "preprocessing": preprocessing,
    }
