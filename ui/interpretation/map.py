"""A map of the pictures: groups can be lassoed and opened.

Contract with the browser: `data.places` are uint16 pairs, `data.colours` a uint8 for each picture,
`data.ids` 32 bytes each, all in base64. The state `chosen` is `{"of": name of the map, "rows":
numbers of pictures}`; rows of another map are not chosen.
"""

from __future__ import annotations

import colorsys
import hashlib
from base64 import b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import streamlit as st

from core.appearance import SERIES
from core.catalog import Catalog
from core.interpretation.picture_map import PictureMap, stored_map
from core.jobs import start_job
from core.records import SIDE_NAMES, SIDES, ImageRecord
from core.review.live import live_scores
from ui import state
from ui.dataset.choice import card, show_choice
from ui.pictures import pictures_url
from ui.review.filters import review_these

KEY = "picture_map"
SHOWN = 24
MOST_CLASSES = 60
LIMITS = (0.02, 0.1, 0.3, 0.6)
SUSPICION = ("below 2 %", "2 to 10 %", "10 to 30 %", "30 to 60 %", "60 % and more")
WARMER = ("#9aa5b1", "#f2c14e", "#ee9b3a", "#e0641f", "#b3240b")
_HERE = Path(__file__).parent
_mount = st.components.v2.component(
    "picture_map",
    html='<div class="root"></div>',
    css=(_HERE / "map.css").read_text(encoding="utf-8"),
    js=(_HERE / "map.js").read_text(encoding="utf-8"),
)


class Colouring(NamedTuple):
    """A number for each picture, and the name and colour of each number."""

    numbers_n: np.ndarray
    names: tuple[str, ...]
    palette: tuple[str, ...]


def show_map(catalog: Catalog, busy: bool) -> None:
    workspace = state.workspace()
    st.markdown(
        "Pictures that look alike to the pretrained network lie together. A picture of one class "
        "in the middle of another is worth a look. Only neighbourhoods mean something; distances "
        "between far groups do not."
    )
    layout = stored_map(workspace)
    if st.button("Make it again" if layout else "Make the map", disabled=busy, key="make_map"):
        start_job(workspace, catalog, "map", {})
        st.rerun()
    if layout is None:
        return
    images = {image.id: image for image in catalog.images.all()}
    in_use = np.array([image_id in images for image_id in layout.image_ids], bool)
    ids = tuple(i for i, keep in zip(layout.image_ids, in_use, strict=True) if keep)
    _show_points(catalog, PictureMap(ids, layout.places_n2[in_use]), [images[i] for i in ids])


def _show_points(catalog: Catalog, layout: PictureMap, images: Sequence[ImageRecord]) -> None:
    by = st.segmented_control(
        "Coloured by",
        ["label", "prediction", "suspicion", "side"],
        default="label",
        required=True,
        key="map_colour",
    )
    colours = _colouring(catalog, images, by)
    workspace = state.workspace()
    points = hashlib.sha256("".join(layout.image_ids).encode()).hexdigest()[:16]
    map_name = points + hashlib.sha256(layout.places_n2.tobytes()).hexdigest()[:16]
    data = {
        "points": map_name,
        "places": _base64((layout.places_n2 * 65535).round().astype("<u2")),
        "ids": b64encode(bytes.fromhex("".join(layout.image_ids))).decode(),
        "colours": _base64(colours.numbers_n.astype(np.uint8)),
        "palette": list(colours.palette),
        "names": list(colours.names),
        "by": by,
        "pictures": pictures_url(workspace),
    }
    _mount(key=KEY, data=data, default={"chosen": {}}, on_chosen_change=lambda: None)
    _show_chosen([images[row] for row in _chosen_rows(map_name, len(images))])


def _show_chosen(images: Sequence[ImageRecord]) -> None:
    if not images:
        st.caption("Draw around a group to see its pictures. The wheel zooms.")
        return
    names, counts = np.unique([image.label for image in images], return_counts=True)
    most = sorted(zip(counts.tolist(), names.tolist(), strict=True), reverse=True)[:4]
    labels = ", ".join(f"{count:,} {name}" for count, name in most)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{len(images):,} pictures**: {labels}", width="content")
        if st.button("Open them in Review", key="map_review"):
            review_these(image.id for image in images)
            st.switch_page("../pages/review.py")
    workspace = state.workspace()
    show_choice("map_pictures", [[card(workspace, i, i.source_path)] for i in images[:SHOWN]])
    if len(images) > SHOWN:
        st.caption(f"The first {SHOWN} of {len(images):,}.")


def _chosen_rows(points: str, count: int) -> list[int]:
    value = st.session_state.get(KEY)
    choice = value.get("chosen") if isinstance(value, Mapping) else getattr(value, "chosen", None)
    if not isinstance(choice, Mapping) or choice.get("of") != points:
        return []
    rows = choice.get("rows")
    return [k for k in rows if isinstance(k, int) and 0 <= k < count] if rows else []


def _colouring(catalog: Catalog, images: Sequence[ImageRecord], by: str) -> Colouring:
    if by == "side":
        numbers = [SIDES.index(image.side) for image in images]
        names = tuple(SIDE_NAMES[side] for side in SIDES)
        return Colouring(np.array(numbers), names, SERIES)
    if by == "label":
        return _by_name([image.label for image in images])
    scores = live_scores(state.workspace()).newest(catalog)
    tiles = {tile.image.id: tile for tile in scores.of(images)} if scores else {}
    if by == "prediction":
        return _by_name([tiles[i.id].predicted if i.id in tiles else "–" for i in images])
    wrong = np.array([tiles[i.id].wrong if i.id in tiles else 0.0 for i in images])
    return Colouring(np.searchsorted(LIMITS, wrong, side="right"), SUSPICION, WARMER)


def _by_name(values: Sequence[str]) -> Colouring:
    """One colour a name; beyond 60 names the rarer ones share the last."""
    names, numbers, counts = np.unique(list(values), return_inverse=True, return_counts=True)
    frequent = np.sort(np.argsort(-counts, kind="stable")[:MOST_CLASSES])
    colour_of = np.full(len(names), len(frequent))
    colour_of[frequent] = np.arange(len(frequent))
    palette_names = [*names[frequent].tolist(), *(["others"] if len(frequent) < len(names) else [])]
    return Colouring(colour_of[numbers], tuple(palette_names), tuple(_palette(len(palette_names))))


def _palette(count: int) -> list[str]:
    """Hues a golden angle apart, in three lightnesses, so that neighbours differ."""
    colours = []
    for k in range(count):
        red, green, blue = colorsys.hls_to_rgb(k * 0.618034 % 1, (0.45, 0.6, 0.35)[k % 3], 0.65)
        colours.append(f"#{round(255 * red):02x}{round(255 * green):02x}{round(255 * blue):02x}")
    return colours


def _base64(values: np.ndarray) -> str:
    return b64encode(np.ascontiguousarray(values).tobytes()).decode()
