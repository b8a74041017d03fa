"""The dataset as files for other tools, and the route that hands the zip to the browser."""

from __future__ import annotations

import streamlit as st
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from core.dataset.take_out import dataset_path
from core.jobs import start_job
from core.workspace import Workspace
from ui import state
from ui.routes import address_of, own_file, workspace_of


def show_take_out(busy: bool) -> None:
    workspace, catalog = state.workspace(), state.catalog()
    st.markdown(
        "Copies the pictures in use: `train/`, `validation/` and `test/` with a folder per class, "
        "and `metadata.csv` with the exact labels, what was reviewed and where each came from. "
        "Hugging Face, torchvision, Keras and fastai read it, and so does **Add pictures**: "
        "the same pictures come back with the same labels on the same sides."
    )
    nothing = not any(any(sides.values()) for sides in catalog.images.counts().values())
    with st.container(horizontal=True):
        forms = {"zip": "Make a zip", "folder": "Write a folder"}
        if state.settings().demo:
            del forms["folder"]  # of a server
        for form, name in forms.items():
            if st.button(name, key=f"take_out_{form}", disabled=busy or nothing):
                start_job(workspace, catalog, "take-out", {"form": form})
                st.rerun()
    _show_taken_out(workspace)


def _show_taken_out(workspace: Workspace) -> None:
    file, folder = dataset_path(workspace, "zip"), dataset_path(workspace, "folder")
    if file.is_file():
        size_mb = file.stat().st_size / 1e6
        name = f"Download {workspace.name}.zip ({size_mb:,.1f} MB)"
        st.link_button(name, f"taken-out/{address_of(workspace)}.zip", icon=":material/download:")
    if folder.is_dir():
        st.markdown("The folder:")
        st.code(str(folder), language=None)


def take_out_routes() -> list[Route]:
    return [Route("/taken-out/{workspace}.zip", _serve)]


async def _serve(request: Request) -> Response:
    workspace = workspace_of(request)
    file = own_file(workspace, dataset_path(workspace, "zip")) if workspace else None
    if workspace is None or file is None:
        return Response(status_code=404)
    name = f"{workspace.name}.zip"
    headers = {"Cache-Control": "no-store"}  # the next one has the same address
    return FileResponse(file, media_type="application/zip", filename=name, headers=headers)
