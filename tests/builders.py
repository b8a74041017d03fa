"""Small builders for tests: real files, real imports, nothing pretended."""

from __future__ import annotations

import hashlib
import io
import warnings
import zipfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import soundfile
from PIL import Image

from core.catalog import Catalog, open_catalog
from core.context import Context, never
from core.dataset.importing import import_pictures
from core.dataset.new_pictures import NewPicture
from core.records import ImageRecord, Predictions, Side, Skipped
from core.settings import Settings
from core.workspace import Workspace, open_workspace

ORIENTATION = 0x0112


def pattern(size: tuple[int, int] = (48, 32), seed: int = 0, mode: str = "RGB") -> Image.Image:
    """Soft patches of colour that follow from the seed; `size` is width, height in pixels."""
    patches_hwc_u8 = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    return Image.fromarray(patches_hwc_u8).resize(size, Image.Resampling.BICUBIC).convert(mode)


def encode(image: Image.Image, format: str = "JPEG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)  # type: ignore[arg-type]
    return buffer.getvalue()


def picture(
    format: str = "JPEG",
    mode: str = "RGB",
    size: tuple[int, int] = (48, 32),
    seed: int = 0,
    **options: object,
) -> bytes:
    """The bytes of a picture file."""
    return encode(pattern(size, seed, mode), format, **options)


def oriented(
    image: Image.Image, orientation: int, format: str = "JPEG", **options: object
) -> bytes:
    """A file of these stored pixels that says how to turn them."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return encode(image, format, exif=exif, **options)


def image_folder(root: Path, files: Mapping[str, bytes]) -> Path:
    """Write files below `root`; the keys are paths with "/"."""
    root.mkdir(parents=True, exist_ok=True)
    for path, data in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    return root


def image_zip(file: Path, files: Mapping[str, bytes]) -> Path:
    """Write a zip with these members, whatever their paths say."""
    with zipfile.ZipFile(file, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a member that is there twice is what some tests want
        for path, data in files.items():
            archive.writestr(path, data)
    return file


def pictures_of(counts: Mapping[str, int], seed: int = 0) -> dict[str, bytes]:
    """Distinct small JPEG pictures, as `class/number.jpg` -> bytes."""
    return {
        f"{label}/{number:03d}.jpg": picture(seed=seed + 1000 * k + number)
        for k, (label, count) in enumerate(counts.items())
        for number in range(count)
    }


def a_context(
    workspace: Workspace,
    catalog: Catalog,
    settings: Settings | None = None,
    stop_requested: Callable[[], bool] = never,
) -> Context:
    settings = settings or Settings(workspace.folder.parent)
    return Context(workspace, catalog, settings, stop_requested)


def run_import(
    context: Context, listed: tuple[Sequence[NewPicture], Sequence[Skipped]], source: str = "a test"
) -> None:
    """Import what a way in has listed, to its end."""
    for _ in import_pictures(context, source, *listed):
        pass


def fill(context: Context, counts: Mapping[str, int], seed: int = 0) -> list[ImageRecord]:
    """Import that many real pictures of each class; the images now in use, by id."""
    pictures = [
        NewPicture(path, path.split("/")[0], None, lambda data=data: data)
        for path, data in pictures_of(counts, seed).items()
    ]
    run_import(context, (pictures, []))
    return context.catalog.images.all()


def tinted(colour: str, seed: int = 0, size: tuple[int, int] = (64, 48)) -> bytes:
    """A picture that is mostly of that colour, with a pattern that follows from the seed."""
    plain = Image.new("RGB", size, colour)
    return encode(Image.blend(plain, pattern(size, seed), 0.3), quality=95)


def tints(
    colours: Mapping[str, str], train: int = 5, valid: int = 2, test: int = 1, seed: int = 0
) -> list[NewPicture]:
    """Classes that are easy to tell apart, by label -> colour, as if a folder said the sides."""
    sides: list[Side] = ["train"] * train + ["valid"] * valid + ["test"] * test
    pictures = []
    for k, (label, colour) in enumerate(colours.items()):
        for n, side in enumerate(sides):
            read = partial(tinted, colour, seed + 100 * k + n)
            pictures.append(NewPicture(f"{k}/{n:03d}.jpg", label, side, read))
    return pictures


def a_record(number: int, label: str = "apple", side: Side = "train") -> ImageRecord:
    """An image that only the catalog knows; its id is a hash, as ids are."""
    image_id = hashlib.sha256(str(number).encode()).hexdigest()
    path = f"{label}/{number:03d}.jpg"
    return ImageRecord(image_id, ".jpg", 48, 32, label, side, "hash", "in use", False, path)


def stored(catalog: Catalog, labels: Sequence[str]) -> list[str]:
    """Store one image per label (without files); their ids in the order of `labels`."""
    images = [a_record(number, label) for number, label in enumerate(labels)]
    catalog.images.add("a test", images, [], 0)
    return [image.id for image in images]


def blobs(
    counts: list[int], dims: int = 20, apart: float = 1.0, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Features (n, 2 views, dims) around one centre a class, and labels (n,)."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(counts)), counts)
    centres = rng.normal(0, apart, (len(counts), dims))
    images = centres[labels] + rng.normal(0, 1, (len(labels), dims))
    views = images[:, None] + rng.normal(0, 0.1, (len(labels), 2, dims))
    scales = rng.uniform(0.1, 10, dims)  # standardising takes them out again
    return (views * scales + 3).astype(np.float32), labels


def a_scored_workspace(home: Path, counts: Mapping[str, int], name: str = "insects") -> Context:
    """A workspace with pictures and one run that left predictions of all of them."""
    workspace = open_workspace(home, name)
    context = Context(workspace, open_catalog(workspace), Settings(home))
    ids = tuple(image.id for image in fill(context, counts))
    run = context.catalog.runs.create("quick", {"architecture": "none"}, sorted(counts))
    shares_nc = np.random.default_rng(0).dirichlet([0.5] * len(counts), len(ids))
    predictions = Predictions(ids, shares_nc.astype(np.float32), run.classes)
    context.catalog.runs.store_predictions(run.id, "out-of-fold", predictions)
    context.catalog.runs.store_predictions(run.id, "final", predictions)
    return context


def tone(hz: float, seconds: float = 1.0, rate: int = 16_000) -> np.ndarray:
    """Samples of a tone, float32 -0.5..0.5."""
    times = np.arange(round(seconds * rate)) / rate
    return (0.5 * np.sin(2 * np.pi * hz * times)).astype(np.float32)


def recording(
    samples: np.ndarray, rate: int = 16_000, kind: str = "WAV", subtype: str | None = None
) -> bytes:
    """The bytes of a sound file of these samples (n,) or (n, channels)."""
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format=kind, subtype=subtype)
    return buffer.getvalue()
