"""Working copies as pictures on a page: addresses for the browser, routes for the server.

Each request costs about 8 ms, so a grid asks for many pictures at once. Working copies are halved
on the way, 0.6 ms each: the JPEG decoder does it, and the browser has a quarter to unpack.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from functools import lru_cache
from html import escape
from pathlib import Path

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from core.images.remade import present_copy
from core.images.working_copy import thumbnail
from core.records import ImageRecord
from core.settings import load_settings
from core.workspace import IMAGE_ID, Workspace
from ui.routes import address_of, own_file, workspace_of

FOREVER = {"Cache-Control": "private, max-age=31536000, immutable"}
MOST_THUMBNAILS = 100


def picture_url(workspace: Workspace, image_id: str) -> str:
    """Address of the working copy, relative to any page of the studio."""
    return f"{pictures_url(workspace)}{image_id}.jpg"


def pictures_url(workspace: Workspace) -> str:
    """What the addresses of all working copies begin with; an id and `.jpg` come after."""
    return f"picture/{address_of(workspace)}/"


def thumbnails_url(workspace: Workspace) -> str:
    """Address of many pictures at once; `?ids=` and the ids, with commas between, come after."""
    return f"thumbnails/{address_of(workspace)}"


def picture_grid(workspace: Workspace, images: Sequence[ImageRecord], least_px: int = 110) -> None:
    """Pictures with their labels, as many in a row as fit at that width."""
    tiles = "".join(
        f"""<figure style="margin:0">
        <img src="{picture_url(workspace, image.id)}" alt="{escape(image.label)}" loading="lazy"
          style="width:100%;aspect-ratio:1;object-fit:cover;border-radius:.4rem;display:block">
        <figcaption style="font-size:.85rem;overflow:hidden;text-overflow:ellipsis;
          white-space:nowrap" title="{escape(image.source_path)}">{escape(image.label)}</figcaption>
        </figure>"""
        for image in images
    )
    columns = f"repeat(auto-fill,minmax({least_px}px,1fr))"
    st.html(f'<div style="display:grid;gap:.75rem;grid-template-columns:{columns}">{tiles}</div>')


def picture_routes() -> list[Route]:
    return [
        Route("/picture/{workspace}/{image_id}.jpg", _serve),
        Route("/thumbnails/{workspace}", _serve_many),
    ]


async def _serve(request: Request) -> Response:
    workspace, image_id = workspace_of(request), request.path_params["image_id"]
    if workspace is None or not IMAGE_ID.fullmatch(image_id):
        return Response(status_code=404)
    file = await run_in_threadpool(_copy_of, workspace, image_id)
    if file is None:
        return Response(status_code=404)
    return FileResponse(file, media_type="image/jpeg", headers=FOREVER)


def _serve_many(request: Request) -> Response:
    """JSON of id -> JPEG in base64; ids that are unknown here are left out.

    `sharp=1` is for dense screens: working copies as they are.
    """
    workspace, ids = workspace_of(request), request.query_params.get("ids", "").split(",")
    if workspace is None:
        return Response(status_code=404)
    if len(ids) > MOST_THUMBNAILS:
        return Response(status_code=400)
    files = {i: _copy_of(workspace, i) for i in ids if IMAGE_ID.fullmatch(i)}
    read = Path.read_bytes if request.query_params.get("sharp") == "1" else _small
    pack = {i: b64encode(read(file)).decode() for i, file in files.items() if file is not None}
    complete = len(pack) == len(ids)  # what is missing may come later
    headers = {
        "Cache-Control": FOREVER["Cache-Control"] if complete else "no-store",
        "Content-Encoding": "identity",  # or Streamlit would gzip it: slow, and nothing gained
    }
    return JSONResponse(pack, headers=headers)


def _copy_of(workspace: Workspace, image_id: str) -> Path | None:
    """The working copy, made again where it is missing; None where it is not of the workspace."""
    file = present_copy(workspace, image_id, load_settings())
    return own_file(workspace, file) if file else None


@lru_cache(maxsize=2048)  # about 10 MB; a copy never changes
def _small(copy: Path) -> bytes:
    return thumbnail(copy.read_bytes())
