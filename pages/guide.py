"""A guided path: the three lessons of the course, step by step, through the whole app."""

from typing import NamedTuple

import streamlit as st

from ui import state

catalog = state.catalog()
checked = catalog.runs.with_model()
edits = catalog.journal.count()
first_edit = catalog.journal.began_at()
PICTURES = bool(catalog.images.counts())
QUICK = any(run.kind == "quick" for run in checked)
TUNED = any(run.kind == "fine-tune" for run in checked)
AGAIN = first_edit is not None and any(run.created_at > first_edit for run in checked)
EXPORTED = any(state.workspace().exports.glob("[!.]*"))


class Step(NamedTuple):
    """`done` is what the workspace shows; None where it cannot tell."""

    text: str
    page: str
    done: bool | None = None


PATH = {
    "Lesson 1 · A first model": (
        Step("Bring pictures, a folder for each class, or load the sample.", "dataset", PICTURES),
        Step(
            "Look at a batch before you train: do the labels fit, and are there enough of each "
            "class?",
            "dataset",
        ),
        Step(
            "Train the quick model: a pretrained net with a new head takes seconds, not hours.",
            "training",
            QUICK,
        ),
        Step(
            "Fine-tune: let the whole net learn from your pictures, and see whether it pays.",
            "training",
            TUNED,
        ),
        Step("Compare the models on the validation set, which none has learned from.", "runs"),
    ),
    "Lesson 2 · Better data, and out into the world": (
        Step(
            "Look at the top losses, worst first: relabel or delete what is wrong, until a page "
            "looks alright.",
            "review",
            bool(edits),
        ),
        Step("Train again on the cleaned data: it should be more accurate.", "training", AGAIN),
        Step(
            "Export the best model with its preprocessing and its class names.", "export", EXPORTED
        ),
        Step("Serve it: one command shows your classifier in the browser.", "export"),
    ),
    "Lesson 3 · How a neural net really works": (
        Step("Move three numbers by hand until a curve fits.", "playground/quadratic"),
        Step("Bend a line with ReLU; enough of them make any curve.", "playground/relu"),
        Step("Let gradient descent find the numbers.", "playground/linear_regression"),
        Step("Calculate a whole layer at once.", "playground/matmul"),
        Step("See a small net learn in a table, number by number.", "playground/spreadsheet"),
        Step("Turn scores into probabilities, and those into a loss.", "playground/softmax"),
        Step("See how nine numbers find edges in a picture.", "playground/convolution"),
        Step("See what too simple and too well fitted look like.", "playground/fit"),
        Step("Let optimisers race down the same hill.", "playground/optimizers"),
        Step("Walk down the loss of your own classifier.", "playground/my_classifier"),
    ),
}


def show_step(number: int, step: Step) -> None:
    icon = {True: "check_circle", False: "circle", None: "play_circle"}[step.done]
    words, way = st.columns([5, 2], vertical_alignment="center")
    words.markdown(f":material/{icon}: {number}. {step.text}")
    way.page_link(f"../pages/{step.page}.py", icon=":material/arrow_forward:")


st.title("A guided path")
st.markdown(
    "The three lessons of the course, in order, through the whole app. Steps that this workspace "
    "shows as done are ticked."
)
ticks = [step.done for steps in PATH.values() for step in steps if step.done is not None]
st.progress(sum(ticks) / len(ticks), f"{sum(ticks)} of {len(ticks)} steps with your own pictures")
for title, steps in PATH.items():
    with st.container(border=True):
        st.subheader(title)
        for number, step in enumerate(steps, 1):
            show_step(number, step)
st.page_link(
    "../pages/glossary.py",
    label="A word is new? The glossary has it.",
    icon=":material/dictionary:",
)
