"""Working copies as pictures on a page: an address for the browser, a route for the server."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from urllib.parse import quote

import streamlit as st
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from core.errors import StudioError
from core.records import ImageRecord
from core.settings import load_settings
from core.workspace import IMAGE_ID, Workspace, valid_name

FOREVER = {"Cache-Control": "private, max-age=31536000, immutable"}


def picture_url(workspace: Workspace, image_id: str) -> str:
    """Address of the working copy, relative to any page of the studio."""
    return f"picture/{quote(workspace.name)}/{image_id}.jpg"


def picture_grid(workspace: Workspace, images: Sequence[ImageRecord]) -> None:
    """Pictures with their labels, as many in a row as fit."""
    tiles = "".join(
        f"""<figure style="margin:0">
        <img src="{picture_url(workspace, image.id)}" alt="{escape(image.label)}" loading="lazy"
          style="width:100%;aspect-ratio:1;object-fit:cover;border-radius:.4rem;display:block">
        <figcaption style="font-size:.85rem;overflow:hidden;text-overflow:ellipsis;
          white-space:nowrap" title="{escape(image.source_path)}">{escape(image.label)}</figcaption>
        </figure>"""
        for image in images
    )
    columns = "repeat(auto-fill,minmax(110px,1fr))"
    st.html(f'<div style="display:grid;gap:.75rem;grid-template-columns:{columns}">{tiles}</div>')


def picture_routes() -> list[Route]:
    return [Route("/picture/{workspace}/{image_id}.jpg", _serve)]


async def _serve(request: Request) -> Response:
    image_id = request.path_params["image_id"]
    try:
        name = valid_name(request.path_params["workspace"])
    except StudioError:
        return Response(status_code=404)
    if not IMAGE_ID.fullmatch(image_id):
        return Response(status_code=404)
    file = Workspace(load_settings().home / name).copy(image_id)
    if not file.is_file():
        return Response(status_code=404)
    return FileResponse(file, media_type="image/jpeg", headers=FOREVER)
