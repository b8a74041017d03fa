"""Playground: six optimisers on one surface."""

from core.playground.optimizers import OPTIMIZERS
from core.playground.racers import RULES
from ui.playground.lesson_page import show_lesson
from ui.playground.panels import Contour, Figure, Lines, Path, Series, Surface3d
from ui.playground.stage import Scene

COLOURS = {rule.name: colour for rule, colour in zip(RULES, (-1, 1, 5, 4, 2, 6), strict=True)}
PATHS = tuple(Path(f"{rule.name}_t2", rule.label, COLOURS[rule.name]) for rule in RULES)

show_lesson(
    OPTIMIZERS,
    Scene(
        panels=(
            Contour(
                "From above (click to set the start)",
                paths=PATHS,
                height_px=380,
                edits="start",
                log=False,
                surface="hills_rc",
                x="x_c",
                y="y_r",
                x_label="x",
                y_label="y",
            ),
            Lines(
                "The loss of each",
                series=tuple(
                    Series(f"seen_{rule.name}_t", label=rule.label, colour=COLOURS[rule.name])
                    for rule in RULES
                ),
                x_label="step",
                log_y=True,
                height_px=380,
            ),
            Surface3d(
                "The surface as a landscape",
                surface="land_sd",
                x="x_d",
                y="y_s",
                paths=PATHS,
                height_px=280,
                x_label="x",
                y_label="y",
            ),
            Lines(
                "The schedule",
                series=(Series("share_t", label="share of the rate that a step uses"),),
                x_label="step",
                y_range=(-0.05, 1.1),
                height_px=280,
            ),
        ),
        figures=tuple(Figure(rule.label, f"loss_{rule.name}_t") for rule in RULES),
    ),
)
