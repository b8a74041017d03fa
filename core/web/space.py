"""A bundle as a Gradio Space, and the studio as a Docker Space: folders that the hub builds.

gradio/  app.py gradio_app.py core/ (what it imports, no more)  bundle/  requirements.txt
         README.md (front matter: sdk, sdk_version, python_version)
docker/  the studio's source, Dockerfile, README.md (front matter: sdk, app_port); no pictures
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from core.bundle.web_folder import (
    KINDS,
    Kind,
    bundle_of,
    front_matter,
    new_web_folder,
    read_json,
)
from core.context import Context
from core.errors import StudioError
from core.events import Event, Progressed
from core.owned import MARK
from core.serving.layout import CARD, CONFIG, EXAMPLES, GRAPH, RECORDED
from core.web.closure import ROOT, closure, pinned

PYTHON = "3.12"
"""Which the pinned packages accept; the hub's default, 3.10, is too old for them."""
PORT = 7860
PROGRAM = ROOT / "gradio_app.py"
TORCH = ("torch", "torchvision", "timm", "onnxscript", "onnx")
TORCH_ON_CPU = "--extra-index-url https://download.pytorch.org/whl/cpu"
APP = '''"""Serves the bundle beside it, as a Space runs it: `python app.py`."""

import os
import sys
from pathlib import Path

from gradio_app import main

os.environ.setdefault("TOPLOSS_HOSTS", "*.hf.space")  # by which names it is answered
bundle = str(Path(__file__).parent / "bundle")
main([bundle, "--host", "0.0.0.0", "--port", "7860", "--no-flagging", *sys.argv[1:]])
'''
STUDIO = ("core", "ui", "pages", ".streamlit")
STUDIO_FILES = ("streamlit_app.py", "gradio_app.py", "requirements.txt", "Dockerfile")
NOT_STUDIO = shutil.ignore_patterns("__pycache__", "*.pyc", ".*.part")


def space_task(context: Context, args: Mapping[str, Any]) -> Iterator[Event]:
    """The task "space"; `args["bundle"]` is the name of a bundle, `args["kind"]` "gradio" or
    "docker".

    Raises:
        StudioError: there is no such bundle or kind.
        WorkspaceError: it cannot be written.
    """
    bundle = bundle_of(context.workspace, args["bundle"])
    kind: Kind = args["kind"]
    if kind not in KINDS or kind == "static":
        raise StudioError(f"There is no Space of kind {kind!r}.", "Choose one on the Export page.")
    yield Progressed(0, 1, "Writing the Space")
    with new_web_folder(context.workspace, bundle.name, kind) as folder:
        write_gradio_space(bundle, folder) if kind == "gradio" else write_studio_space(folder)
    yield Progressed(1, 1, "Done")


def write_gradio_space(bundle: Path, folder: Path) -> None:
    """Write the Space of a bundle into an empty folder."""
    needed = closure(PROGRAM, TORCH if (bundle / GRAPH).is_file() else ())
    for file in needed.files:
        _copy(file, folder)
        source = file.read_text(encoding="utf-8")
        for beside in file.parent.glob("*.csv"):
            if f'"{beside.name}"' in source:
                _copy(beside, folder)
    (folder / "app.py").write_text(APP, encoding="utf-8")
    shutil.copytree(bundle, folder / "bundle", ignore=shutil.ignore_patterns(MARK))
    text = space_requirements(needed.libraries)
    (folder / "requirements.txt").write_text(text, encoding="utf-8")
    (folder / CARD).write_text(_readme(bundle), encoding="utf-8")


def space_requirements(libraries: Collection[str]) -> str:
    """A requirements.txt: the studio's own pins of these libraries; torch, where it is needed, as
    built for machines without a graphics card.
    """
    if "timm" in libraries:
        libraries = {*libraries, "torchvision"}
    lines = pinned((ROOT / "requirements.txt").read_text(encoding="utf-8"), libraries)
    if "torch" not in libraries:
        return "\n".join([*lines, ""])
    lines = [f"{n}+cpu" if n.startswith(("torch==", "torchvision==")) else n for n in lines]
    return "\n".join([TORCH_ON_CPU, *lines, ""])


def write_studio_space(folder: Path) -> None:
    """Write the studio itself, in its public-demo mode, into an empty folder."""
    for name in STUDIO:
        shutil.copytree(ROOT / name, folder / name, ignore=NOT_STUDIO)
    for name in STUDIO_FILES:
        _copy(ROOT / name, folder)
    head = {
        "title": "TopLoss",
        "emoji": "🔎",
        "colorFrom": "green",
        "colorTo": "blue",
        "sdk": "docker",
        "app_port": PORT,
        "tags": ["toploss"],
    }
    text = (
        "# TopLoss\n\nFrom pictures to a classifier you understand. In this public demo each "
        "visitor has a workspace of their own, which is deleted some hours after they leave.\n"
    )
    (folder / CARD).write_text(front_matter(head) + text, encoding="utf-8")


def _copy(file: Path, folder: Path) -> None:
    target = folder / file.relative_to(ROOT)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, target)


def _readme(bundle: Path) -> str:
    name = str(read_json(bundle / CONFIG).get("toploss", {}).get("name", bundle.name))
    head = {
        "title": name,
        "emoji": "🔎",
        "colorFrom": "green",
        "colorTo": "blue",
        "sdk": "gradio",
        "sdk_version": version("gradio"),
        "python_version": PYTHON,
        "app_file": "app.py",
        "tags": ["image-classification", "toploss"],
    }
    card = (bundle / CARD).read_text(encoding="utf-8").split("\n---\n", 1)[-1]
    return front_matter(head) + card


def a_recording(bundle: Path) -> tuple[Path, dict[str, float]]:
    """A picture of a bundle, and the answer that was recorded for it.

    Raises:
        StudioError: there is none.
    """
    for name, expected in read_json(bundle / RECORDED).items():
        file = bundle / EXAMPLES / Path(name).name
        if file.is_file():
            return file, expected
    raise StudioError("This bundle has no example with an answer.", "Export it again.")
