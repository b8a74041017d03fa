"""Pictures of a run's shelf: the route that serves them, and a sheet on which they can be zoomed.

Contract with the browser: `data.figures` holds, in order, each picture's address, a caption, a
note under it (may be empty) and whether its pixels should stay visible when it is enlarged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from core.interpretation.shelf import Shelf, picture_file
from core.workspace import Workspace
from ui.pictures import FOREVER
from ui.routes import address_of, own_file, row_number, workspace_of

TYPES = {".jpg": "image/jpeg", ".png": "image/png"}
_HERE = Path(__file__).parent
_mount = st.components.v2.component(
    "shelf_pictures",
    html='<div class="root"></div>',
    css=(_HERE / "shelf_pictures.css").read_text(encoding="utf-8"),
    js=(_HERE / "shelf_pictures.js").read_text(encoding="utf-8"),
)


def shelf_url(workspace: Workspace, shelf: Shelf, name: str) -> str:
    """Address of a picture, relative to any page; it names the state of the weights, so what it
    leads to never changes.
    """
    return f"seen/{address_of(workspace)}/{shelf.run_id}/{shelf.folder.name}/{name}"


def figure(src: str, caption: str, note: str = "", pixels: bool = False) -> dict[str, Any]:
    return {"src": src, "caption": caption, "note": note, "pixels": pixels}


def show_figures(key: str, figures: Sequence[Mapping[str, Any]], width_px: int = 150) -> None:
    """Pictures, as many in a row as fit at that width; a click shows one large."""
    _mount(key=key, data={"figures": list(figures), "width": width_px})


def shelf_routes() -> list[Route]:
    return [Route("/seen/{workspace}/{run}/{path:path}", _serve)]


async def _serve(request: Request) -> Response:
    workspace = workspace_of(request)
    file = _file(workspace, request.path_params) if workspace else None
    if file is None:
        return Response(status_code=404)
    return FileResponse(file, media_type=TYPES[file.suffix], headers=FOREVER)


def _file(workspace: Workspace, params: Mapping[str, str]) -> Path | None:
    run = row_number(params["run"])
    file = None if run is None else picture_file(workspace, run, params["path"])
    return own_file(workspace, file) if file else None
