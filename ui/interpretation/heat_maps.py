"""Where did it look: heat maps of some pictures, side by side, by two methods that can disagree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.catalog import Catalog
from core.errors import StudioError
from core.interpretation.shelf import Shelf, shelf_of
from core.interpretation.stored_heat_maps import (
    ACTUAL,
    MOST,
    PREDICTED,
    HeatMap,
    crop_name,
    overlay_name,
    requested_labels,
    stored_heat_maps,
)
from core.jobs import start_job
from core.judged import Judged
from core.markdown import plain
from core.records import ImageRecord, Run
from ui import state
from ui.messages import show_error
from ui.shelf_pictures import figure, shelf_url, show_figures

FIRST = 4
BOTH = "predicted and actual"
QUESTION = "heat_question"


def offer_heat_maps(
    catalog: Catalog, answers: Judged, rows: Sequence[int], choice: Sequence[str], key: str
) -> None:
    """A button for the chosen pictures, or the first few, and the class that is asked about."""
    ids = list(choice)[:MOST] or [answers.images[row].id for row in rows[:FIRST]]
    what = f"the {len(ids)} chosen" if choice else f"the first {len(ids)}"
    label = st.selectbox(
        "Heat maps for the class",
        [BOTH, *answers.classes],
        key=f"{key}_heat_class",
        width=220,
        label_visibility="collapsed",
    )
    if st.button(f"Where did it look? ({what})", key=f"{key}_heat", disabled=not ids):
        classes = [PREDICTED, ACTUAL] if label == BOTH else [label]
        st.session_state[QUESTION] = {"key": key, "ids": ids, "classes": classes}
        _start_if_needed(catalog, answers, ids, classes)


def show_heat_maps(catalog: Catalog, answers: Judged, run: Run, key: str) -> None:
    """What was asked for last in this list of pictures, as far as it is there."""
    question = st.session_state.get(QUESTION)
    if not isinstance(question, Mapping) or question.get("key") != key:
        return
    try:
        shelf = shelf_of(state.workspace(), catalog, run.id)
    except StudioError as error:
        show_error(error)
        return
    predictions = _predictions(answers)
    images = [i for i in catalog.images.some(question["ids"]) if i.id in predictions]
    shown = [_show_picture(shelf, run, i, (predictions[i.id], question["classes"])) for i in images]
    if any(shown):
        _explain()


def _explain() -> None:
    st.caption(
        "Grad-CAM: the last maps of the network, weighted by how much each speaks for the class. "
        "Occlusion: by how much the class's probability falls when the place is covered in grey. "
        "The network sees the centre of the picture only. Bright is hot."
    )


def _start_if_needed(
    catalog: Catalog, answers: Judged, ids: Sequence[str], classes: Sequence[str]
) -> None:
    run = catalog.runs.get(st.session_state["look_at_run"])
    predictions = _predictions(answers)
    try:
        shelf = shelf_of(state.workspace(), catalog, run.id)
        missing = [
            image.id
            for image in catalog.images.some(ids)
            if set(requested_labels(run, image, predictions[image.id], classes))
            - set(stored_heat_maps(shelf, run, image.id))
        ]
        if missing:
            args = {"run_id": run.id, "image_ids": missing, "classes": list(classes)}
            start_job(state.workspace(), catalog, "heat-maps", args)
    except StudioError as error:
        show_error(error)
        return
    if missing:
        st.rerun()


def _predictions(answers: Judged) -> dict[str, str]:
    names = [answers.classes[number] for number in answers.predicted_n]
    return {image.id: name for image, name in zip(answers.images, names, strict=True)}


def _show_picture(
    shelf: Shelf, run: Run, image: ImageRecord, question: tuple[str, Sequence[str]]
) -> bool:
    """Whether there are maps of it to show."""
    predicted, classes = question
    by_label = stored_heat_maps(shelf, run, image.id)
    labels = requested_labels(run, image, predicted, classes)
    looks = [by_label[label] for label in labels if label in by_label]
    if not looks:
        return False
    with st.container(border=True):
        names = {predicted: "predicted", image.label: "actual"}
        if predicted == image.label:
            names = {predicted: "predicted and actual"}
        show_figures(f"heat_{image.id[:16]}", _figures(shelf, image, looks, names))
        for look in looks:
            st.markdown(f"**{plain(look.label)}**, {look.probability:.1%}. {plain(look.sentence)}")
        if image.label not in run.classes:
            st.caption(f"The run does not know the class {plain(image.label)}.")
    return True


def _figures(
    shelf: Shelf, image: ImageRecord, looks: Sequence[HeatMap], names: Mapping[str, str]
) -> list[dict[str, Any]]:
    workspace = state.workspace()
    figures = [figure(shelf_url(workspace, shelf, crop_name(image.id)), "picture", image.label)]
    for look in looks:
        methods = ("grad-cam", "occlusion") if look.has_grad_cam else ("occlusion",)
        for method in methods:
            src = shelf_url(workspace, shelf, overlay_name(image.id, method, look.number))
            title = "Grad-CAM" if method == "grad-cam" else "Occlusion"
            note = f"{look.label} ({names[look.label]})" if look.label in names else look.label
            figures.append(figure(src, title, note))
    return figures
