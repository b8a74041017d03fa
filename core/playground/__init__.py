"""The maths of the playgrounds: pure functions from settings to a trace; no drawing, no torch."""

from core.playground.lesson import Lesson
from core.playground.linear_regression import LINEAR_REGRESSION
from core.playground.quadratic import QUADRATIC

LESSONS: tuple[Lesson, ...] = (LINEAR_REGRESSION, QUADRATIC)
"""All lessons, in the order in which they are shown."""
