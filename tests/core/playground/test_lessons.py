"""What every lesson promises, asked of all of them."""

from __future__ import annotations

import ast
import contextlib
import io
from pathlib import Path

import numpy as np
import pytest

from core.playground import LESSONS
from core.playground.lesson import LARGEST, Lesson, Recipe, Trace

ROOT = Path(__file__).parent.parent.parent.parent
SETTINGS = 500
FEW = SETTINGS // 5
NUMBERS = 30_000
"""Most numbers in a trace: 160 KB on their way to the browser."""
each_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)
each_recipe = pytest.mark.parametrize(
    ("lesson", "recipe"),
    [
        pytest.param(lesson, recipe, id=f"{lesson.id}: {recipe.name}")
        for lesson in LESSONS
        for recipe in lesson.recipes
    ],
)


def trace_of(lesson: Lesson, recipe: Recipe) -> Trace:
    return lesson.run({**lesson.defaults, **recipe.values}, recipe.seed)


@each_lesson
@pytest.mark.parametrize(
    ("seed", "count"), [(0, FEW), pytest.param(1, SETTINGS - FEW, marks=pytest.mark.slow)]
)
def test_random_settings_give_a_finite_trace_or_say_that_it_diverged(
    lesson: Lesson, seed: int, count: int
) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(count):
        values = {parameter.name: parameter.draw(rng) for parameter in lesson.parameters}
        trace = lesson.run(values, int(rng.integers(1000)))
        assert trace.steps >= 1 and all(trace.sentences), values
        for name, array in trace.arrays.items():
            assert np.isfinite(array).all(), (name, values)
            assert np.abs(array).max() <= LARGEST or trace.diverged, (name, values)
            if name.rpartition("_")[2].startswith("t"):
                assert len(array) == trace.steps, (name, values)
        assert sum(np.size(array) for array in trace.arrays.values()) <= NUMBERS, values


@each_lesson
def test_the_same_setting_gives_the_same_trace_and_another_seed_another(lesson: Lesson) -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        values = {parameter.name: parameter.draw(rng) for parameter in lesson.parameters}
        seed = int(rng.integers(1000))
        first, again = lesson.run(values, seed), lesson.run(dict(values), seed)
        assert (first.sentences, first.diverged) == (again.sentences, again.diverged)
        assert first.arrays.keys() == again.arrays.keys()
        for name, array in first.arrays.items():
            np.testing.assert_array_equal(array, again.arrays[name])


@each_lesson
def test_defaults_are_allowed_and_an_address_shows_the_same_picture(lesson: Lesson) -> None:
    assert lesson.read({}).values == lesson.defaults
    assert lesson.write(lesson.read({})) == {}
    rng = np.random.default_rng(2)
    for _ in range(50):
        values = {parameter.name: parameter.draw(rng) for parameter in lesson.parameters}
        address = lesson.write(lesson.read({**values, "seed": 7}))
        setting = lesson.read(address)
        assert not setting.complaints and setting.seed == 7
        assert lesson.write(setting) == address


@each_lesson
@pytest.mark.parametrize(
    "raw",
    ["nan", "-inf", "1e999", "", "banana", "<b>", "1," * 10**6, None, [], {}, ["x"]],
    ids=lambda raw: str(raw)[:12],
)
def test_what_is_no_value_is_said_and_the_default_is_taken(lesson: Lesson, raw: object) -> None:
    for parameter in lesson.parameters:
        setting = lesson.read({parameter.name: raw})
        assert setting.values == lesson.defaults
        (complaint,) = setting.complaints
        assert parameter.label in complaint and len(complaint) < 200
    setting = lesson.read({"seed": raw, "utm_source": raw})
    assert setting.seed == 0 and len(setting.complaints) == 1


@each_recipe
def test_a_recipe_is_allowed_and_ends_as_it_says(lesson: Lesson, recipe: Recipe) -> None:
    setting = lesson.read({**recipe.values, "seed": recipe.seed})
    assert not setting.complaints
    assert setting.values == {**lesson.defaults, **recipe.values}
    assert recipe.proof(trace_of(lesson, recipe))


@each_lesson
def test_there_is_a_good_and_a_bad_recipe(lesson: Lesson) -> None:
    assert {recipe.good for recipe in lesson.recipes} == {True, False}
    assert lesson.question.endswith("?")


@each_recipe
def test_the_code_shown_runs_and_gives_the_same(lesson: Lesson, recipe: Recipe) -> None:
    values = {**lesson.defaults, **recipe.values}
    for seed in {recipe.seed, 5}:
        namespace: dict[str, object] = {}
        with contextlib.redirect_stdout(io.StringIO()):
            exec(lesson.code(values, seed), namespace)
        theirs = np.array(namespace[lesson.answer], dtype=float)
        ours = lesson.run(values, seed).arrays[lesson.answer]
        assert ours.shape == theirs.shape
        largest_t = np.abs(theirs).reshape(len(theirs), -1).max(axis=1)
        bounded = np.logical_and.accumulate(largest_t <= LARGEST)  # beyond, a trace stands still
        assert bounded.mean() > 0.4
        np.testing.assert_allclose(ours[bounded], theirs[bounded], rtol=1e-5, atol=1e-5)


@each_lesson
def test_the_code_shown_is_short(lesson: Lesson) -> None:
    assert len(lesson.code(lesson.defaults, 0).splitlines()) <= 22


def test_every_lesson_has_a_page_and_loads_no_torch() -> None:
    pages = {file.stem for file in (ROOT / "pages" / "playground").glob("*.py")}
    assert pages == {lesson.id for lesson in LESSONS}
    for file in (ROOT / "core" / "playground").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                assert {alias.name for alias in node.names} <= {"math", "numpy"}, file.name
