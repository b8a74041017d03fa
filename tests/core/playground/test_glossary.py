"""The glossary: complete, unique, and found by other names."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.playground import LESSONS
from core.playground.glossary import TERMS, Term, find, named, slug

PAGES = Path(__file__).parent.parent.parent.parent / "pages"
NOTES = (
    "inference",
    "epoch",
    "learning rate",
    "loss function",
    "error rate",
    "metric",
    "tensor",
    "rank",
    "mini-batch",
    "SGD",
    "architecture",
    "parameters",
    "weights",
    "coefficients",
    "overfitting",
    "validation set",
    "transfer learning",
    "fine-tuning",
    "activation",
    "ReLU",
    "softmax",
    "normalisation",
    "batch size",
    "one-cycle",
    "weight decay",
    "hyperparameter",
    "top losses",
    "confusion matrix",
    "out-of-fold",
    "near-duplicate",
    "calibration",
)
each_term = pytest.mark.parametrize("term", TERMS, ids=lambda term: term.name)


@pytest.mark.parametrize("name", NOTES)
def test_every_term_of_the_notes_is_there(name: str) -> None:
    term = named(name)
    assert term is not None
    assert find(name)[0] == term


@each_term
def test_a_term_has_one_sentence_and_a_page_that_exists(term: Term) -> None:
    assert term.sentence.endswith(".") and ". " not in term.sentence
    assert term.sentence[0].isupper() and len(term.sentence) < 200
    if term.page.startswith("playground/"):
        assert term.page.removeprefix("playground/") in {lesson.id for lesson in LESSONS}
    elif term.page:
        assert (PAGES / f"{term.page}.py").is_file()


def test_every_lesson_has_a_term() -> None:
    linked = {term.page.removeprefix("playground/") for term in TERMS}
    assert {"linear_regression", "quadratic", "softmax", "matmul", "convolution"} <= linked


def test_names_are_unique_and_in_order() -> None:
    names = [slug(name) for term in TERMS for name in (term.name, *term.also)]
    assert len(names) == len(set(names))
    assert [term.name.casefold() for term in TERMS] == sorted(t.name.casefold() for t in TERMS)


def test_the_search_finds_by_name_by_another_name_and_by_what_is_said() -> None:
    assert find("  LEARNING   rate ")[0].name == "Learning rate"
    assert find("stochastic")[0].name == "SGD"
    assert find("lookalike")[0].name == "Near-duplicate"
    assert "Weight decay" in {term.name for term in find("smaller at each step")}
    assert find("no such word") == []
    assert find("") == list(TERMS)


def test_an_address_names_a_term_however_it_is_written() -> None:
    for name in ("mini-batch", "Mini batch", "minibatch", "MINI_BATCH"):
        term = named(name)
        assert term is not None and term.slug == "mini-batch"
    assert named("<script>") is None and named("") is None
