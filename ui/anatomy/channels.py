"""What each channel looks for: the nine pictures that excite it most, by layer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.catalog import Catalog
from core.interpretation.shelf import Shelf
from core.jobs import start_job
from ui import state
from ui.messages import empty_state
from ui.shelf_pictures import figure, shelf_url, show_figures

NAME = "channels"
PAGE = 12


def show_channels(catalog: Catalog, shelf: Shelf, busy: bool) -> None:
    if not catalog.images.classes():
        empty_state("There are no pictures in this workspace yet.", "Bring them", "dataset")
        return
    st.markdown(
        "Each channel is a detector. Its nine patches are the parts of your pictures that excite "
        "it most (after Zeiler and Fergus, 2013): edges and colours first, then textures, then "
        "parts of things."
    )
    facts = shelf.read(NAME)
    if facts is None:
        if st.button("Find the patches", type="primary", disabled=busy, key="find_channels"):
            start_job(state.workspace(), catalog, "channels", {"run_id": shelf.run_id})
            st.rerun()
        return
    layers = facts["layers"]
    names = [f"{k} · {layer['path']}" for k, layer in enumerate(layers, 1)]
    name = st.segmented_control(
        "Layer", names, default=names[0], required=True, key=f"channel_layer_{shelf.run_id}"
    )
    layer = layers[names.index(name)] if name in names else layers[0]
    _say_what(facts, layer)
    _show_page(catalog, shelf, layer)


def _say_what(facts: Mapping[str, Any], layer: Mapping[str, Any]) -> None:
    channels, rows, columns = layer["shape"]
    count = len(layer["channels"])
    of = f"{count} of {channels}" if count < channels else f"{channels}"
    side = facts["size_px"]
    pictures = f"{facts['images']:,} of {facts['of']:,} pictures"
    if facts["images"] == facts["of"]:
        pictures = f"all {facts['of']:,} pictures"
    st.caption(
        f"{of} channels, {rows} × {columns} places each; a place sees about {layer['field_px']} "
        f"of {side} px. The patches are the best of {pictures}."
    )


def _show_page(catalog: Catalog, shelf: Shelf, layer: Mapping[str, Any]) -> None:
    channels = layer["channels"]
    pages = -(-len(channels) // PAGE)
    page = 1
    if pages > 1:
        page = st.pagination(pages, key=f"channel_page_{layer['path']}")
    part = channels[(page - 1) * PAGE : page * PAGE]
    labels = _labels(catalog, part)
    figures = [_figure(shelf, channel, labels) for channel in part]
    show_figures("channels", figures, 190)


def _labels(catalog: Catalog, channels: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    ids = sorted({image_id for channel in channels for image_id in channel["images"]})
    return {image.id: image.label for image in catalog.images.some(ids)}


def _figure(shelf: Shelf, channel: Mapping[str, Any], labels: Mapping[str, str]) -> dict[str, Any]:
    own_labels = [labels[image_id] for image_id in channel["images"] if image_id in labels]
    label, count = Counter(own_labels).most_common(1)[0] if own_labels else ("", 0)
    note = f"{count} of {len(channel['images'])} are {label}" if count > 4 else "of mixed classes"
    src = shelf_url(state.workspace(), shelf, channel["file"])
    return figure(src, f"channel {channel['number']}", note)
