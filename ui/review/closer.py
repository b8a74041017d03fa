"""The routes behind the zoom of the grid: details as JSON, the heat map as a picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core.catalog import Catalog
from core.errors import StudioError
from core.images.sound import ABOUT
from core.review.closer import CloserLook, closer_look, heat_map
from core.review.live import live_scores
from core.settings import load_settings
from core.workspace import IMAGE_ID, Workspace
from ui.pictures import picture_url
from ui.routes import address_of, context_of, own_file
from ui.sounds import sound_url

Respond = Callable[[Request, Workspace, Catalog, str], Response]


def closer_routes() -> list[Route]:
    return [
        Route("/detail/{workspace}/{image_id}.json", _detail),
        Route("/heatmap/{workspace}/{image_id}.jpg", _heat_map),
    ]


async def _detail(request: Request) -> Response:
    return await run_in_threadpool(_answer, request, _detail_of)


async def _heat_map(request: Request) -> Response:
    return await run_in_threadpool(_answer, request, _heat_map_of)


def _answer(request: Request, respond: Respond) -> Response:
    try:
        image_id = request.path_params["image_id"]
        with context_of(request) as context:
            if not IMAGE_ID.fullmatch(image_id):
                return Response(status_code=404)
            return respond(request, context.workspace, context.catalog, image_id)
    except StudioError as error:
        return JSONResponse({"message": error.message, "hint": error.hint}, status_code=404)


def _detail_of(request: Request, workspace: Workspace, catalog: Catalog, image_id: str) -> Response:
    look = closer_look(catalog, live_scores(workspace), image_id)
    return JSONResponse(_as_json(workspace, look), headers={"Cache-Control": "no-store"})


def _as_json(workspace: Workspace, look: CloserLook) -> dict[str, Any]:
    image = look.image
    return {
        "file": image.source_path,
        "source": look.source,
        "width": image.width_px,
        "height": image.height_px,
        "sound": sound_url(workspace, image),
        "about_sounds": ABOUT,
        "probabilities": [{"label": name, "value": p} for name, p in look.probabilities],
        "neighbours": [
            {
                "id": other.id,
                "label": other.label,
                "similarity": similarity,
                "src": picture_url(workspace, other.id),
                "reviewed": other.reviewed,
            }
            for other, similarity in look.neighbours
        ],
        "heatmap": _heat_map_url(workspace, look),
    }


def _heat_map_url(workspace: Workspace, look: CloserLook) -> str | None:
    """For the most probable class; what speaks for a wrong label is seldom to be seen."""
    if not look.probabilities:
        return None
    label = quote(look.probabilities[0][0], safe="")
    return f"heatmap/{address_of(workspace)}/{look.image.id}.jpg?class={label}"


def _heat_map_of(
    request: Request, workspace: Workspace, catalog: Catalog, image_id: str
) -> Response:
    if own_file(workspace, workspace.copy(image_id)) is None:
        return Response(status_code=404)
    label = request.query_params.get("class", "")
    picture = heat_map(workspace, catalog, load_settings().cache, image_id, label)
    return Response(picture, media_type="image/jpeg", headers={"Cache-Control": "no-store"})
