"""The routes of Try it: the network and the code that runs it, pictures like one, corrections.

The code is that of the static page, under addresses that name what is in it, so a browser keeps it
for ever. What comes back from the browser are features, or a picture with the label that a person
gave it; `core.web_guard` lets only the studio's own pages send them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from core.context import Context
from core.errors import Conflict, StudioError
from core.interpretation.shelf import is_shelf
from core.settings import load_settings
from core.try_it.alike import most_alike
from core.try_it.correction import Correction, correct_picture, relabel_picture, take_back
from core.try_it.kit import GRAPH, LOOKS, Kit
from core.web.static_page import STATIC
from core.web.web_runtime import VERSION, runtime_files
from core.workspace import IMAGE_ID, Workspace
from ui.pictures import FOREVER
from ui.routes import address_of, context_of, own_file, row_number, workspace_of

MODULES = ("classifier.js", "pictures.js", "probabilities.js")
TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm"}
MOST_FEATURES_BYTES = 4 * 65_536
MOST_PICTURE_BYTES = 20_000_000  # as in pictures.js
# Of the worker in which the network runs: it asks nobody but the studio.
ALONE = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"
AS_IT_IS = {
    **FOREVER,
    "Content-Security-Policy": ALONE,
    "Content-Encoding": "identity",  # or Streamlit would gzip it: slow, and little gained
}


def shared_routes() -> list[Route]:
    """What is the same in all workspaces."""
    return [
        Route("/browser/{stamp}/{name}", _module),
        Route("/browser/{stamp}/ort/{name}", _runtime),
    ]


def try_it_routes() -> list[Route]:
    return [
        Route("/network/{workspace}/{run}/{shelf}.onnx", _network),
        Route("/alike/{workspace}/{run}/{shelf}", _alike, methods=["POST"]),
        Route("/corrections/{workspace}", _correct, methods=["POST"]),
        Route("/corrections/{workspace}/{image_id}", _take_back, methods=["DELETE"]),
    ]


def addresses(workspace: Workspace, kit: Kit) -> dict[str, str]:
    """Of all that the page asks for, relative to any page of the studio."""
    of_run = f"{address_of(workspace)}/{kit.shelf.run_id}/{kit.shelf.folder.name}"
    return {
        "classifier": f"browser/{_stamp()}/classifier.js",
        "pictures_code": f"browser/{_stamp()}/pictures.js",
        "network": f"network/{of_run}.onnx",
        "alike": f"alike/{of_run}",
        "corrections": f"corrections/{address_of(workspace)}",
    }


@cache
def _stamp() -> str:
    """Names the very code that is served."""
    parts = [(STATIC / name).read_bytes() for name in MODULES]
    return hashlib.sha256(b"\0".join([VERSION.encode(), *parts])).hexdigest()[:16]


async def _module(request: Request) -> Response:
    name = request.path_params["name"]
    if request.path_params["stamp"] != _stamp() or name not in MODULES:
        return Response(status_code=404)
    return FileResponse(STATIC / name, media_type=TYPES[".js"], headers=AS_IT_IS)


async def _runtime(request: Request) -> Response:
    files = {file.name: file for file in runtime_files(load_settings().cache)}
    file = files.get(request.path_params["name"])
    if request.path_params["stamp"] != _stamp() or file is None or not file.is_file():
        return Response(status_code=404)
    return FileResponse(file, media_type=TYPES[file.suffix], headers=AS_IT_IS)


async def _network(request: Request) -> Response:
    workspace = workspace_of(request)
    file = _on_shelf(workspace, request, GRAPH) if workspace else None
    if file is None:
        return Response(status_code=404)
    return FileResponse(file, media_type="application/octet-stream", headers=AS_IT_IS)


async def _alike(request: Request) -> Response:
    body = await _body(request, MOST_FEATURES_BYTES)
    return await run_in_threadpool(_answered, request, lambda c: _alike_in(c, request, body))


async def _correct(request: Request) -> Response:
    body = await _body(request, MOST_PICTURE_BYTES)
    return await run_in_threadpool(_answered, request, lambda c: _correct_in(c, request, body))


async def _take_back(request: Request) -> Response:
    return await run_in_threadpool(_answered, request, lambda c: _take_back_in(c, request))


def _alike_in(context: Context, request: Request, body: bytes | None) -> Any:
    """JSON of the pictures most like one, whose features are the body: little-endian float32."""
    file = _on_shelf(context.workspace, request, LOOKS)
    if file is None or body is None or len(body) % 4:
        raise StudioError("This model is not here any more.", "Choose another run.")
    features = np.frombuffer(body, "<f4")
    images = most_alike(file, context.catalog, features, request.query_params.get("but", ""))
    return [{"id": image.id, "label": image.label} for image in images]


def _correct_in(context: Context, request: Request, body: bytes | None) -> Any:
    """The picture in the body, or the one of the dataset that `id` names, gets the label."""
    query = request.query_params
    label, image_id = query.get("label", ""), query.get("id", "")
    if IMAGE_ID.fullmatch(image_id):
        return _as_json(relabel_picture(context, image_id, label))
    if body is None:
        raise StudioError("This picture is larger than 20 MB.", "Make it smaller.")
    return _as_json(correct_picture(context, body, label, query.get("burst", "")))


def _take_back_in(context: Context, request: Request) -> Any:
    image_id, edit = request.path_params["image_id"], request.query_params.get("edit", "")
    if not IMAGE_ID.fullmatch(image_id):
        raise StudioError("There is no such picture.", "Reload the page.")
    take_back(context, image_id, row_number(edit))
    return {"id": image_id}


def _as_json(correction: Correction) -> dict[str, Any]:
    image = correction.image
    return {
        "kind": correction.kind,
        "id": image.id,
        "label": image.label,
        "side": image.side,
        "edit": correction.edit,
    }


def _answered(request: Request, act: Callable[[Context], Any]) -> Response:
    """JSON of what `act` returns, with the catalog of the workspace that the address names."""
    try:
        with context_of(request) as context:
            facts = act(context)
    except StudioError as error:
        status = 409 if isinstance(error, Conflict) else 404
        return JSONResponse({"message": error.message, "hint": error.hint}, status_code=status)
    return JSONResponse(facts, headers={"Cache-Control": "no-store"})


def _on_shelf(workspace: Workspace, request: Request, name: str) -> Path | None:
    run, shelf = row_number(request.path_params["run"]), request.path_params["shelf"]
    if run is None or not is_shelf(shelf):
        return None
    return own_file(workspace, workspace.run(run) / shelf / name)


async def _body(request: Request, most_bytes: int) -> bytes | None:
    """What was sent; None where that is more."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most_bytes:
            return None
    return bytes(body)
