"""Sounds beside their pictures: the original file, for the player of the browser."""

from __future__ import annotations

from pathlib import PurePosixPath

import streamlit as st
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from core.images.sound import ABOUT
from core.records import ImageRecord
from core.workspace import IMAGE_ID, Workspace
from ui.pictures import FOREVER
from ui.routes import address_of, own_file, workspace_of

MEDIA_TYPES = {".wav": "audio/wav", ".flac": "audio/flac", ".mp3": "audio/mpeg"}


def sound_url(workspace: Workspace, image: ImageRecord) -> str | None:
    """Address of the sound that a picture was made of, relative to any page; None if of none."""
    if image.suffix not in MEDIA_TYPES:
        return None
    return f"sound/{address_of(workspace)}/{image.id}{image.suffix}"


def show_player(workspace: Workspace, image: ImageRecord) -> None:
    """A player, and how the sound became a picture; nothing for other pictures."""
    file = workspace.original(image.id, image.suffix)
    if image.suffix in MEDIA_TYPES and file.is_file():
        st.audio(str(file), format=MEDIA_TYPES[image.suffix])
        st.caption(ABOUT)


def sound_routes() -> list[Route]:
    return [Route("/sound/{workspace}/{name}", _serve)]


async def _serve(request: Request) -> Response:
    """An original that is a sound, in parts if the player asks for them; nothing else."""
    workspace, name = workspace_of(request), PurePosixPath(request.path_params["name"])
    if workspace is None or name.suffix not in MEDIA_TYPES or not IMAGE_ID.fullmatch(name.stem):
        return Response(status_code=404)
    file = own_file(workspace, workspace.original(name.stem, name.suffix))
    if file is None:
        return Response(status_code=404)
    return FileResponse(file, media_type=MEDIA_TYPES[name.suffix], headers=FOREVER)
