"""Playground: the loss of one's own head along its gradient, and a slice of it."""

import streamlit as st

from core.playground.my_classifier import MY_CLASSIFIER, lesson_on
from core.playground.own_points import own_points
from ui import state
from ui.playground.lesson_page import show_lesson
from ui.playground.panels import Contour, Figure, Lines, Path, Series
from ui.playground.stage import Scene

points = own_points(state.workspace(), state.catalog())
show_lesson(
    lesson_on(points) if points else MY_CLASSIFIER,
    Scene(
        panels=(
            Lines(
                "The loss along the gradient, from where the head stands",
                series=(
                    Series("along_tk", "size_k", "after one step of that length"),
                    Series("next_t1", "rate_t1", "your learning rate", "dots", 1),
                ),
                x_label="learning rate, as a power of 10",
                y_label="loss",
                y_range=(0, 6),
                height_px=320,
            ),
            Contour(
                "A slice of the loss, and the way",
                surface="surface_rc",
                x="x_c",
                y="y_r",
                paths=(Path("path_t2", "the head"),),
                x_label="along most of the way",
                y_label="across",
                height_px=320,
            ),
            Lines(
                "The loss",
                series=(Series("loss_t", label="cross-entropy"),),
                x_label="step",
                log_y=True,
            ),
            Lines(
                "The error rate on these pictures",
                series=(Series("error_t", label="share that is wrong"),),
                x_label="step",
                y_range=(0, 1),
            ),
        ),
        figures=(Figure("Loss", "loss_t"), Figure("Error rate", "error_t")),
    ),
)
if points:
    st.caption(
        f"{len(points.y_n)} training pictures of this workspace, as the quick model sees them. The "
        "code above uses made-up points in their place."
    )
else:
    st.caption("Made-up points: train the quick model, and this shows your own pictures.")
