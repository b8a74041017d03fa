"""The Training page: settings, plan, finder, what goes on, what can be done with a run."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.context import Context
from core.events import BatchEnded, EpochEnded, RunEnded, RunFailed
from core.training.budget import fitting_epochs, planned
from core.training.config import TrainConfig
from core.training.forecast import speed_before
from tests.app import open_page
from tests.builders import a_scored_workspace

BAND = {"low": 1e-3, "rate": 2e-3, "high": 5e-3, "is_narrow": True}
STUDY = {"stage": "head", "config": {"architecture": "tf_efficientnet_lite0"}}
SWEEP = {
    "rates": [1e-4, 1e-3, 1e-2],
    "losses": [[1.0, 0.5, 0.6], [1.1, 0.6, 0.7]],
    "steep": BAND,
    "valley": BAND,
}


@pytest.fixture
def insects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    monkeypatch.setenv("TOPLOSS_HOME", str(tmp_path / "home"))
    return a_scored_workspace(tmp_path / "home", {"ant": 8, "bee": 8})


def a_run(context: Context, valid: list[float], ending: object = None) -> int:
    """A fine-tuning run of 100 validation images whose error follows its loss."""
    runs = context.catalog.runs
    run = runs.create("fine-tune", TrainConfig().to_dict(), ["ant", "bee"])
    for epoch, loss in enumerate(valid):
        if epoch:
            runs.record(
                run.id, BatchEnded(epoch, len(valid) - 1, "whole network", loss, 1e-4, 50.0, 9.0)
            )
        event = EpochEnded(epoch, epoch, "head", loss, loss / 4, 100, loss if epoch else None)
        runs.record(run.id, event)
    if ending:
        runs.record(run.id, ending)
    return run.id


def keys(app: AppTest) -> set[str]:
    return {button.key for button in app.button}


@pytest.fixture
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs are only written down; the work itself is tried elsewhere."""
    monkeypatch.setattr("core.jobs._spawn", lambda *_: None)


def started(context: Context) -> tuple[str, dict]:
    job = context.catalog.jobs.latest()
    return job.kind, dict(job.args)


def by_hand() -> AppTest:
    """The page with epochs and a rate to choose."""
    app = open_page("training")
    return app.segmented_control(key="minutes").set_value(0).run()


def test_minutes_are_all_there_is_to_choose(insects: Context, no_worker) -> None:
    app = open_page("training")
    assert not app.exception and not app.error
    assert {"epochs", "rate", "frozen_epochs", "batch", "smaller_first"}.isdisjoint(keys(app))
    app.button(key="fine_tune").click().run()
    kind, args = started(insects)
    assert kind == "fine-tune"
    assert args == {**TrainConfig(minutes=3).to_dict(), "plan": True}


def test_minutes_say_how_many_epochs_a_former_run_would_do(insects: Context) -> None:
    assert "the run measures first" in " ".join(c.value for c in open_page("training").caption)
    a_run(insects, [0.5, 0.4], RunEnded("completed"))
    app = open_page("training")
    speed = speed_before(insects.catalog, TrainConfig())
    images = sum(sides["train"] for sides in insects.catalog.images.counts().values())
    coming = planned(TrainConfig(minutes=3), images, speed.images_per_s, 180)
    told = next(c.value for c in app.caption if "if it goes as fast as" in c.value)
    passes = fitting_epochs(images, speed.images_per_s, 180)
    assert f"About {passes:.2g} epochs at a rate of {coming.rate:g}" in told


def test_the_defaults_need_no_choice_and_every_choice_arrives(insects: Context, no_worker) -> None:
    app = by_hand()
    app.number_input(key="epochs").set_value(0)
    app.number_input(key="frozen_epochs").set_value(2)
    app.select_slider(key="size_px").set_value(96)
    app.multiselect(key="smaller_first").set_value([64])
    app.segmented_control(key="augmentation").set_value("strong")
    app.toggle(key="oversample").set_value(True)
    app.number_input(key="mixup").set_value(0.4).run()
    app.selectbox(key="architecture").set_value("resnet18").run()
    assert not app.exception and not app.error
    app.button(key="fine_tune").click().run()
    kind, args = started(insects)
    assert args.pop("plan") is False
    changed = {k: v for k, v in args.items() if v != TrainConfig().to_dict()[k]}
    assert kind == "fine-tune"
    assert changed == {
        "architecture": "resnet18",
        "epochs": 0,
        "frozen_epochs": 2,
        "size_px": 96,
        "smaller_first": [64],
        "augmentation": "strong",
        "oversample": True,
        "mixup": 0.4,
    }


def test_choices_that_do_not_go_together_are_said(insects: Context) -> None:
    app = by_hand()
    app.select_slider(key="size_px").set_value(64)
    app.multiselect(key="smaller_first").set_value([96]).run()
    assert "do not rise" in app.error[0].value


def test_settings_survive_another_page(insects: Context) -> None:
    app = by_hand()
    app.number_input(key="epochs").set_value(7).run()
    app.switch_page("../pages/runs.py").run()
    app.switch_page("../pages/training.py").run()
    assert app.number_input(key="epochs").value == 7


def test_a_network_chosen_elsewhere_is_taken_over(insects: Context) -> None:
    app = open_page("home")
    app.session_state["architecture"] = "convnext_atto.d2_in1k"
    app.switch_page("../pages/training.py").run()
    assert not app.exception and not app.error
    assert app.selectbox(key="architecture").value == "convnext_atto.d2_in1k"


def test_the_time_is_told_from_a_former_run(insects: Context) -> None:
    assert "Minutes on a CPU" in " ".join(c.value for c in by_hand().caption)
    a_run(insects, [0.5, 0.4], RunEnded("completed"))
    assert "as fast as fine-tune 2" in " ".join(c.value for c in by_hand().caption)


def test_a_run_with_options_of_another_version_tells_no_time(insects: Context) -> None:
    a_run(insects, [0.5, 0.4], RunEnded("completed"))
    runs = insects.catalog.runs
    gone = {**TrainConfig().to_dict(), "gone": 1}
    run = runs.create("fine-tune", gone, ["ant", "bee"])
    runs.record(run.id, BatchEnded(1, 1, "head", 0.5, 1e-4, 50.0, 9.0))
    runs.record(run.id, RunEnded("completed"))
    app = by_hand()
    assert not app.exception and not app.error
    assert "as fast as fine-tune 2" in " ".join(c.value for c in app.caption)


def test_a_suggested_rate_is_taken(insects: Context) -> None:
    studies = insects.catalog.studies
    studies.store(studies.create("rate", STUDY), SWEEP)
    app = open_page("training")
    app.button(key="take_Valley").click().run()
    assert app.number_input(key="rate").value == 2e-3
    app.button(key="take_Default").click().run()
    assert app.number_input(key="rate").value == TrainConfig().rate
    assert not app.exception and not app.error


def test_nothing_is_suggested_where_the_seeds_do_not_agree(insects: Context) -> None:
    wide = {**BAND, "high": 0.1, "is_narrow": False}
    studies = insects.catalog.studies
    studies.store(studies.create("rate", STUDY), {**SWEEP, "valley": wide})
    app = open_page("training")
    assert "do not agree" in app.warning[0].value
    assert not [key for key in keys(app) if key and key.startswith("take_")]


def test_a_fault_in_the_curves_is_said_in_words(insects: Context) -> None:
    a_run(insects, [0.5, 0.6, 2.0, 1.9], RunEnded("completed"))
    assert "learning rate is too high" in open_page("training").warning[0].value


def test_a_good_run_is_called_one(insects: Context) -> None:
    a_run(insects, [0.9, 0.5, 0.3, 0.29], RunEnded("completed"))
    app = open_page("training")
    assert not app.warning
    assert "nothing wrong" in app.success[0].value


@pytest.mark.parametrize(
    "ending", [RunEnded("stopped"), RunFailed("The machine ran out of memory.", "Try again.")]
)
def test_a_run_that_did_not_end_by_itself_can_be_resumed(
    insects: Context, no_worker, ending
) -> None:
    run_id = a_run(insects, [0.9, 0.5], ending)
    app = open_page("training")
    app.button(key="resume").click().run()
    assert started(insects) == ("resume", {"run_id": run_id})


def test_a_complete_run_is_not_resumed(insects: Context) -> None:
    a_run(insects, [0.9, 0.5], RunEnded("completed"))
    assert "resume" not in keys(open_page("training"))


def test_what_goes_on_offers_no_resuming(insects: Context) -> None:
    a_run(insects, [0.9, 0.5], RunEnded("stopped"))
    insects.catalog.jobs.create("resume", {"run_id": 2})
    assert "resume" not in keys(open_page("training"))


def test_a_second_tab_starts_nothing_while_work_goes_on(insects: Context, no_worker) -> None:
    first, second = open_page("training"), open_page("training")
    first.button(key="fine_tune").click().run()
    second.button(key="train_quick").click().run()
    assert [job.kind for job in insects.catalog.jobs.unfinished()] == ["fine-tune"]
    assert second.button(key="train_quick").disabled
    assert second.button(key="stop_job")


def test_results_stay_where_they_were_watched(insects: Context) -> None:
    a_run(insects, [0.9, 0.5], RunEnded("completed"))
    app = open_page("training")
    assert position(app, "Quick model") < position(app, "fine-tune 2")
    job = insects.catalog.jobs.create("fine-tune", {})
    assert position(app.run(), "fine-tune 2") < position(app, "Quick model")
    insects.catalog.jobs.end(job.id, "done")
    assert position(app.run(), "fine-tune 2") < position(app, "Quick model")


def position(app: AppTest, text: str) -> int:
    """Of the first heading or paragraph with that text, from the top."""
    return next(k for k, e in enumerate(app.main) if text in str(getattr(e, "value", "")))


def test_work_is_paused_and_goes_on(insects: Context) -> None:
    jobs = insects.catalog.jobs
    job = jobs.create("fine-tune", {})
    app = open_page("training")
    assert app.button(key="fine_tune").disabled
    app.button(key="pause_job").click().run()
    assert jobs.get(job.id).paused
    assert app.button(key="pause_job").label == "Go on"
    app.button(key="pause_job").click().run()
    assert not jobs.get(job.id).paused


def growth(fell: tuple, gain: tuple, classes: dict | None = None) -> dict:
    def curve(fell, gain):
        named = [dict(zip(("low", "value", "high"), triple)) for triple in (fell, gain)]
        return {
            "images": 100, "error": [0.3, 0.25, 0.22, 0.2], "low": [0.3, 0.2, 0.2, 0.2],
            "high": [0.4, 0.3, 0.3, 0.2], "fell": named[0], "gain": named[1],
        }  # fmt: skip

    return {
        "counts": [25, 50, 75, 100],
        "valid_images": 100,
        "overall": curve(fell, gain),
        "classes": {name: curve(fell, g) for name, g in (classes or {}).items()},
    }


def test_what_more_pictures_bring_is_said_plainly(insects: Context) -> None:
    studies = insects.catalog.studies
    classes = {"ant": (-0.01, 0.0, 0.01), "bee": (0.02, 0.05, 0.08)}
    result = growth((0.01, 0.05, 0.09), (0.01, 0.03, 0.05), classes)
    studies.store(studies.create("learning curve", {"repeats": 4}), result)
    app = open_page("learning_curve")
    assert "went from 25.0 to 20.0 %" in app.info[0].value
    assert "take off 1.0 to 5.0 points" in app.info[0].value
    assert "More of **bee** helps most" in app.info[0].value
    app.selectbox(key="growth_class").set_value("bee").run()
    assert not app.exception and not app.error


def test_what_may_be_chance_is_called_so(insects: Context) -> None:
    studies = insects.catalog.studies
    result = growth((-0.01, 0.05, 0.09), (-0.02, 0.0, 0.03))
    studies.store(studies.create("learning curve", {"repeats": 4}), result)
    text = open_page("learning_curve").info[0].value
    assert "may be chance" in text
    assert "may take off nothing, and at most 3.0 points" in text
