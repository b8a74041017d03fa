"""Playground: a kernel slides over a picture."""

from core.playground.convolution import CONVOLUTION, lesson_on
from core.playground.own_points import own_grey
from ui import state
from ui.playground.lesson_page import show_lesson
from ui.playground.panels import Figure, Images, Matrix
from ui.playground.stage import Scene

own_hw = own_grey(state.workspace(), state.catalog())
show_lesson(
    CONVOLUTION if own_hw is None else lesson_on(own_hw),
    Scene(
        panels=(
            Images(
                "The picture in its padding",
                images="padded_hw",
                window="window_t4",
                height_px=290,
            ),
            Images(
                "The output: green above 0, orange below",
                images="output_hw",
                window="pixel_t4",
                known="known_t",
                signed=True,
                height_px=290,
            ),
            Matrix("In the window", values="window_trc", known="filled_t", digits=2, span=2),
            Matrix("The kernel: type in it", values="kernel_rc", edits="kernel", span=2),
            Matrix("Their products", values="products_trc", known="filled_t", span=2),
        ),
        figures=(Figure("Sum: the output's pixel", "value_t"),),
    ),
)
