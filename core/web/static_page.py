"""A bundle as a static page: the visitor's own browser runs the network, pictures stay there.

index.html app.js style.css classifier.js pictures.js probabilities.js   from `core/web/static`
ort/                ONNX Runtime Web (core.web.web_runtime)
model.onnx recorded.json examples/        out of the bundle
classifier.json     name, labels, temperature, threshold of "none of these", preprocessing
README.md           the hub's front matter (`sdk: static`) and the model card

A browser does not decode and code JPEGs bit by bit as Pillow does, so probabilities may differ
from the recorded ones by TOLERANCE; all else is repeated exactly (docs/decisions.md).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from core.bundle.web_folder import bundle_of, front_matter, new_web_folder, read_json
from core.context import Context
from core.errors import StudioError
from core.events import Event, Progressed
from core.models.preprocessing import Preprocessing
from core.serving.config_file import read_config
from core.serving.layout import CARD, EXAMPLES, EXPORT_AGAIN, GRAPH, RECORDED
from core.web.web_runtime import RUNTIME, Package, fetch_runtime

STATIC = Path(__file__).parent / "static"
TOLERANCE = 0.02
"""Largest difference of a probability from the recorded one."""
INTERPOLATIONS = ("bicubic", "bilinear", "lanczos")
"""What `static/pictures.js` repeats."""


def static_page_task(context: Context, args: Mapping[str, Any]) -> Iterator[Event]:
    """The task "static-page"; `args["bundle"]` is the name of a bundle."""
    return write_static_page(context, args["bundle"])


def write_static_page(context: Context, name: str, package: Package = RUNTIME) -> Iterator[Event]:
    """Write the page of a bundle; an older one is replaced when the new one is whole.

    Raises:
        StudioError: there is no such bundle, a browser cannot run it, or the runtime cannot be had.
        WorkspaceError: it cannot be written.
    """
    bundle = bundle_of(context.workspace, name)
    about = about_classifier(bundle)
    runtime = yield from fetch_runtime(context.settings.cache, package, context.stop_requested)
    if not runtime:
        return
    yield Progressed(0, 1, "Writing the page")
    with new_web_folder(context.workspace, bundle.name, "static") as folder:
        write_page(folder, bundle, about, runtime)
    yield Progressed(1, 1, "Done")


def write_page(
    folder: Path, bundle: Path, about: Mapping[str, Any], runtime: Sequence[Path]
) -> None:
    """Write the page's files into an empty folder."""
    for file in STATIC.iterdir():
        shutil.copyfile(file, folder / file.name)
    (folder / "ort").mkdir()
    for file in runtime:
        shutil.copyfile(file, folder / "ort" / file.name)
    for name in (GRAPH, RECORDED):
        shutil.copyfile(bundle / name, folder / name)
    (folder / EXAMPLES).mkdir()
    for name in about["examples"]:
        shutil.copyfile(bundle / EXAMPLES / name, folder / EXAMPLES / name)
    text = json.dumps(about, ensure_ascii=False, indent=1)
    (folder / "classifier.json").write_text(text, encoding="utf-8")
    (folder / CARD).write_text(_readme(bundle, about["name"]), encoding="utf-8")


def about_classifier(bundle: Path) -> dict[str, Any]:
    """What the page needs to know.

    Raises:
        StudioError: the bundle is damaged, or holds nothing that a browser can run.
    """
    if not (bundle / GRAPH).is_file():
        raise StudioError(
            "This bundle has no ONNX file, so a browser cannot run it.",
            "Export it again; if it says that this architecture has none, train another one.",
        )
    config = read_config(bundle)
    return {
        "name": config.name,
        "labels": config.labels,
        "temperature": config.temperature,
        "threshold": config.threshold,
        "preprocessing": in_a_browser(config.preprocessing),
        "examples": _examples(bundle),
        "tolerance": TOLERANCE,
    }


def in_a_browser(how: Preprocessing) -> dict[str, Any]:
    """What `static/pictures.js` needs to know.

    Raises:
        StudioError: it cannot do that.
    """
    if how.interpolation not in INTERPOLATIONS:
        raise StudioError(
            f"A browser cannot resize by {how.interpolation!r} as this network wants it.",
            "Use the Gradio Space, or train another architecture.",
        )
    return {
        "size": how.size_px,
        "crop_share": how.crop_share,
        "resize": how.resize,
        "interpolation": how.interpolation,
        "mean": how.mean,
        "std": how.std,
    }


def _examples(bundle: Path) -> list[str]:
    """Names of the recorded examples.

    Raises:
        StudioError: one cannot be, or is not there.
    """
    names = sorted(read_json(bundle / RECORDED))
    files = {path.name for path in (bundle / EXAMPLES).iterdir()}
    if not files.issuperset(names):
        raise StudioError("An example of this bundle is missing.", EXPORT_AGAIN)
    return names


def _readme(bundle: Path, name: str) -> str:
    card = (bundle / CARD).read_text(encoding="utf-8").split("\n---\n", 1)[-1]
    head = {
        "title": name,
        "emoji": "🔎",
        "colorFrom": "green",
        "colorTo": "blue",
        "sdk": "static",
        "app_file": "index.html",
        "tags": ["image-classification", "toploss"],
    }
    note = (
        "This page runs in the visitor's own browser: pictures are not sent anywhere. It needs a "
        "web server; to try it here: `python -m http.server` in this folder. It contains ONNX "
        "Runtime Web, (c) Microsoft Corporation, MIT licence.\n"
    )
    return front_matter(head) + note + card
