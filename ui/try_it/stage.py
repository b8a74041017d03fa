"""The stage of Try it: camera and pictures, answers, corrections; a component of the browser.

Contract with `stage.js`: `data.run` is what `core.try_it.kit.about` tells of the run, with its
number; `data.at` are the addresses of `ui.try_it.served`, `data.thumbnails` and `data.pictures`
those of `ui.pictures`; `data.classes` are those of today; `data.samples` are pictures of the
dataset, as [id, label]. It sends back `corrections`, how many were stored or taken back: the page
is drawn anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from core.records import ImageRecord
from core.try_it.kit import Kit
from core.workspace import Workspace
from ui.pictures import pictures_url, thumbnails_url
from ui.try_it.served import addresses

KEY = "try_it_stage"
SCRIPTS = ("bars.js", "heat.js", "camera.js", "correction.js", "stage.js")
_HERE = Path(__file__).parent
SCRIPT = "\n".join((_HERE / name).read_text(encoding="utf-8") for name in SCRIPTS)
_mount = st.components.v2.component(
    KEY,
    html=(_HERE / "stage.html").read_text(encoding="utf-8"),
    css=(_HERE / "stage.css").read_text(encoding="utf-8"),
    js=SCRIPT,
)


def show_stage(
    workspace: Workspace,
    kit: Kit,
    about: dict[str, Any],
    classes: Sequence[str],
    samples: Sequence[ImageRecord],
) -> None:
    """Let the person try a run.

    Args:
        about: what the browser is told of the run.
        samples: pictures of the dataset to press on.
    """
    data = {
        "run": {"id": kit.shelf.run_id, **about},
        "at": addresses(workspace, kit),
        "thumbnails": thumbnails_url(workspace),
        "pictures": pictures_url(workspace),
        "classes": list(classes),
        "samples": [[image.id, image.label] for image in samples],
    }
    _mount(key=KEY, data=data, default={"corrections": 0}, on_corrections_change=lambda: None)
