"""The layers of a network as a tree, and the numbers inside the chosen one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from core.catalog import Catalog
from core.interpretation.shelf import Shelf
from core.jobs import start_job
from ui import state
from ui.plots import empty_plot, show_plot
from ui.shelf_pictures import figure, shelf_url, show_figures

NAME, FILTERS = "anatomy", "anatomy/first-layer.png"
EVERYTHING = "all"
Layer = Mapping[str, Any]


def show_layers(catalog: Catalog, shelf: Shelf, busy: bool) -> None:
    facts = shelf.read(NAME)
    if facts is None:
        st.markdown("The layers are listed and timed once for a network; it takes seconds.")
        if st.button("Take it apart", disabled=busy, type="primary", key="take_apart"):
            start_job(state.workspace(), catalog, "anatomy", {"run_id": shelf.run_id})
            st.rerun()
        return
    st.markdown(
        f"**{facts['architecture']}**: {facts['parameters']:,} parameters in "
        f"{len(facts['layers'])} layers; one picture of {facts['size_px']} × {facts['size_px']} px "
        f"takes {facts['ms']:.1f} ms ({facts['device']})."
    )
    layers = _tree(facts["layers"])
    _show_layer(shelf, facts, layers)


def _tree(layers: Sequence[Layer]) -> Sequence[Layer]:
    deepest = max(layer["path"].count(".") for layer in layers) + 1
    depths = [str(k) for k in range(1, deepest + 1)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        depth = st.segmented_control(
            "Levels", depths, default=depths[min(1, deepest - 1)], required=True, key="tree_levels"
        )
        inside = st.selectbox(
            "Inside",
            [EVERYTHING, *_insides(layers)],
            key="tree_inside",
            width=220,
        )
    visible = [layer for layer in layers if _is_shown(layer["path"], inside, int(depth or 1))]
    st.dataframe(
        [_row(layer) for layer in visible],
        hide_index=True,
        height=min(420, 40 + 35 * len(visible)),
        column_config={
            "milliseconds": st.column_config.NumberColumn(format="%.2f"),
            "parameters": st.column_config.NumberColumn(format="localized"),
        },
        key="layers_table",
    )
    st.caption("Times include what is inside. Shapes are those of the answer to one picture.")
    return layers


def _insides(layers: Sequence[Layer]) -> list[str]:
    parents = {layer["path"].rpartition(".")[0] for layer in layers} - {""}
    return [layer["path"] for layer in layers if layer["path"] in parents]


def _is_shown(path: str, inside: str, depth: int) -> bool:
    if inside == EVERYTHING:
        return path.count(".") < depth
    return path.startswith(f"{inside}.") and path[len(inside) + 1 :].count(".") < depth


def _row(layer: Layer) -> dict[str, Any]:
    indent = "\u2003" * layer["path"].count(".")
    return {
        "layer": indent + layer["path"],
        "kind": layer["kind"],
        "shape": _times(layer["shape"]) if layer["shape"] else "–",
        "parameters": layer["parameters"],
        "milliseconds": layer["ms"],
    }


def _times(shape: Sequence[int]) -> str:
    return " × ".join(map(str, shape))


def _show_layer(shelf: Shelf, facts: Mapping[str, Any], layers: Sequence[Layer]) -> None:
    st.subheader("One layer")
    with_numbers = [layer for layer in layers if layer["tensors"]]
    by_path = {layer["path"]: layer for layer in with_numbers}
    if not by_path:
        st.info("No layer of this network has numbers of its own.")
        return
    if st.session_state.get("layer_path") not in by_path:
        st.session_state.pop("layer_path", None)
    path = st.selectbox("Layer, by its name", list(by_path), key="layer_path")
    layer = by_path[path]
    st.markdown(f"`{path}` is a {layer['kind']} with {layer['parameters']:,} parameters.")
    columns = st.columns(max(2, len(layer["tensors"])))
    for column, tensor in zip(columns, layer["tensors"], strict=False):
        with column:
            _show_numbers(path, tensor)
    if path == facts["first"]:
        st.markdown("It sees the pixels, so each of its filters is a small picture in colour:")
        src = shelf_url(state.workspace(), shelf, FILTERS)
        show_figures("filters", [figure(src, "filters of the first layer", pixels=True)], 640)


def _show_numbers(path: str, tensor: Mapping[str, Any]) -> None:
    shape = _times(tensor["shape"]) or "1"
    st.markdown(
        f"**{tensor['name']}** {shape} · mean {tensor['mean']:.4g} · standard deviation "
        f"{tensor['std']:.4g} · {tensor['low']:.3g} to {tensor['high']:.3g}"
    )
    alt = f"Histogram of the {tensor['name']} of {path}"
    show_plot(_histogram(tensor), f"numbers_{tensor['name']}", alt, 220)


def _histogram(numbers: Mapping[str, Any]) -> go.Figure:
    """How often a tensor holds numbers of each size: `core.interpretation.anatomy.numbers_of`."""
    counts, low = numbers["counts"], numbers["low"]
    width = (numbers["high"] - low) / len(counts)
    plot = empty_plot(x="value", y="how many", bargap=0.1)
    plot.add_bar(
        x=[low + (k + 0.5) * width for k in range(len(counts))],
        y=list(counts),
        hovertemplate="%{y:,} near %{x:.3g}<extra></extra>",
    )
    return plot
