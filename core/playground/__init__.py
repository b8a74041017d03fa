"""The maths of the playgrounds: pure functions from settings to a trace; no drawing, no torch."""

from core.playground.boundary import BOUNDARY
from core.playground.convolution import CONVOLUTION
from core.playground.fit import FIT
from core.playground.lesson import Lesson
from core.playground.linear_regression import LINEAR_REGRESSION
from core.playground.matmul import MATMUL
from core.playground.my_classifier import MY_CLASSIFIER
from core.playground.optimizers import OPTIMIZERS
from core.playground.quadratic import QUADRATIC
from core.playground.relu import RELU
from core.playground.softmax import SOFTMAX
from core.playground.spreadsheet import SPREADSHEET

LESSONS: tuple[Lesson, ...] = (
    LINEAR_REGRESSION,
    QUADRATIC,
    RELU,
    BOUNDARY,
    OPTIMIZERS,
    FIT,
    SOFTMAX,
    MATMUL,
    CONVOLUTION,
    SPREADSHEET,
    MY_CLASSIFIER,
)
"""All lessons, in the order in which they are shown."""
