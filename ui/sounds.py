"""Sounds beside their pictures: the original file, for the player of the browser."""

from __future__ import annotations

from pathlib import PurePosixPath
from urllib.parse import quote

import streamlit as st
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from core.errors import StudioError
from core.images.sound import ABOUT
from core.records import ImageRecord
from core.settings import load_settings
from core.workspace import IMAGE_ID, Workspace, valid_name
from ui.pictures import FOREVER

MEDIA_TYPES = {".wav": "audio/wav", ".flac": "audio/flac", ".mp3": "audio/mpeg"}


def sound_url(workspace: Workspace, image: ImageRecord) -> str | None:
    """Address of the sound that a picture was made of, relative to any page; None if of none."""
    if image.suffix not in MEDIA_TYPES:
        return None
    return f"sound/{quote(workspace.name)}/{image.id}{image.suffix}"


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
    name = PurePosixPath(request.path_params["name"])
    try:
        workspace = Workspace(load_settings().home / valid_name(request.path_params["workspace"]))
    except StudioError:
        return Response(status_code=404)
    if name.suffix not in MEDIA_TYPES or not IMAGE_ID.fullmatch(name.stem):
        return Response(status_code=404)
    file = workspace.original(name.stem, name.suffix)
    if not file.is_file():
        return Response(status_code=404)
    headers = {**FOREVER, "X-Content-Type-Options": "nosniff"}
    return FileResponse(file, media_type=MEDIA_TYPES[name.suffix], headers=headers)
