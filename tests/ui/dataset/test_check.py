"""The Check section: a glance, the pictures of a check, and what its buttons do."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.catalog.lookalikes import NearPair
from core.catalog.quality import QualityRow
from core.context import Context
from core.jobs import wait_for
from core.records import ImageRecord, Side, Skipped
from tests.browser import ROOT
from tests.builders import a_record, a_scored_workspace, fill
from tests.ui.dataset.sections import open_section
from ui.dataset.check_pairs import CHOICE as PAIR_CHOICE
from ui.dataset.check_pictures import A_PAGE, CHOICE

SCRIPT = """import sys
sys.path.insert(0, {root!r})
from ui import state
from ui.dataset.check import show_check
from ui.messages import errors_shown

with errors_shown(), state.owned_catalog():
    show_check(False)
"""
FINE = QualityRow("", 0.9, 0.9, 0.9, 0.9)


@pytest.fixture
def insects(home: Path) -> Context:
    return a_scored_workspace(home, {"ant": 2, "bee": 2})


def many(context: Context, count: int, side: Side = "train", label: str = "ant") -> list[str]:
    """Store that many large images that the catalog knows, all fine; their ids."""
    start = len(context.catalog.images.known_ids())
    images = [
        replace(a_record(start + k, label, side), width_px=640, height_px=480) for k in range(count)
    ]
    context.catalog.images.add("a test", images, [], 0)
    ids = [image.id for image in images]
    context.catalog.quality.add(FINE._replace(image_id=i) for i in ids)
    return ids


def section() -> AppTest:
    """The section without the page around it."""
    return AppTest.from_string(SCRIPT.format(root=str(ROOT)), default_timeout=30).run()


def shown(app: AppTest, name: str) -> AppTest:
    return app.button(key=f"check_show_{name}").click().run()


def verdicts(app: AppTest) -> dict[str, str]:
    labels = [b.label for b in app.button if str(b.key).startswith("check_show_")]
    parts = [label.partition(" · ") for label in labels]
    return {name.strip("*"): verdict for name, _, verdict in parts}


def text_of(app: AppTest) -> str:
    assert not app.exception and not app.error
    kinds = ("markdown", "success", "info")
    return " ".join(element.value for kind in kinds for element in app.get(kind))


def cards(app: AppTest) -> list[list[dict]]:
    (component,) = app.get("bidi_component")
    return json.loads(component.proto.json)["groups"]


def press(app: AppTest, key: str, *ids: str) -> AppTest:
    app.session_state[key] = {"chosen": list(ids)}
    return app.run()


def states(context: Context, ids: list[str]) -> list[tuple[str, bool]]:
    return [(i.status, i.reviewed) for i in context.catalog.images.some(ids)]


def test_an_empty_workspace_has_nothing_to_check(home):
    assert "no pictures to check" in text_of(open_section("Check"))


def test_before_the_first_check_nothing_is_claimed(insects):
    app = section()
    assert "No picture is checked yet" in text_of(app)
    assert verdicts(app).pop("Skipped files") == "none"
    assert set(list(verdicts(app).values())[1:]) == {"not checked yet"}
    assert app.button(key="check_start").label == "Check the pictures"


def test_the_button_starts_the_job_and_its_findings_follow(insects):
    app = section()
    app.button(key="check_start").click().run()
    job = insects.catalog.jobs.latest("check")
    assert wait_for(insects.workspace, insects.catalog, job.id, 60).state == "done"
    app.run()
    assert "All pictures are checked: 4" in text_of(app)
    assert verdicts(app)["Tiny"] == "100% of the pictures"


def test_new_pictures_are_counted_as_not_checked(insects):
    insects.catalog.quality.add(
        FINE._replace(image_id=i) for i in insects.catalog.quality.unchecked()
    )
    insects.catalog.lookalikes.replace_pairs([], "")
    fill(insects, {"wasp": 3}, seed=77)
    app = section()
    assert "3 pictures not checked yet" in text_of(app)


def test_a_clean_dataset_is_said_to_be_clean(insects):
    insects.catalog.journal.quarantine([i.id for i in insects.catalog.images.all()])
    many(insects, 20)
    insects.catalog.lookalikes.replace_pairs([], "")
    app = section()
    assert "Nothing stands out" in text_of(app)
    assert set(verdicts(app).values()) == {"none"}


@pytest.fixture
def dark(insects) -> list[str]:
    """Three dark pictures among forty, the darkest first."""
    ids = many(insects, 40)
    rows = [FINE._replace(image_id=i, dark=0.1 + k / 10) for k, i in enumerate(ids[:3])]
    insects.catalog.quality.add(rows)
    return ids[:3]


def test_a_check_lists_its_pictures_the_worst_first(insects, dark):
    app = shown(section(), "Dark")
    assert verdicts(app)["Dark"] == "3 pictures"
    assert [group[0]["id"] for group in cards(app)] == dark
    assert cards(app)[0][0]["note"] == "0.1 · training"
    assert not shown(app, "Dark").get("bidi_component")


def test_the_limit_filters_and_is_remembered(insects, dark):
    app = shown(section(), "Dark")
    app.slider(key="check_limit_dark").set_value(0.15).run()
    assert [group[0]["id"] for group in cards(app)] == dark[:1]
    assert verdicts(app)["Dark"] == "1 picture"
    app = shown(shown(app, "Bright"), "Dark")
    assert app.slider(key="check_limit_dark").value == 0.15


def test_what_most_pictures_have_is_said_and_not_listed(insects, dark):
    app = shown(section(), "Dark")
    app.slider(key="check_limit_dark").set_value(0.95).run()
    assert "what this dataset is like" in text_of(app)
    assert verdicts(app)["Dark"] == "100% of the pictures" and not app.get("bidi_component")


def test_all_are_set_aside_in_one_step_and_come_back(insects, dark):
    app = shown(section(), "Dark")
    app.button(key="check_all").click().run()
    assert states(insects, dark) == [("quarantined", True)] * 3
    assert "No picture in use is below" in text_of(app)
    app.button(key="check_undo").click().run()
    assert states(insects, dark) == [("in use", False)] * 3
    assert len(cards(app)) == 3


def test_what_is_chosen_is_set_aside_or_kept(insects, dark):
    app = press(shown(section(), "Dark"), CHOICE, dark[1])
    app.button(key="check_chosen").click().run()
    assert states(insects, dark) == [("in use", False), ("quarantined", True), ("in use", False)]
    app = press(app, CHOICE, dark[1], dark[2])  # the first of them is not shown any more
    app.button(key="check_keep").click().run()
    assert states(insects, dark)[2] == ("in use", True)
    assert [group[0]["id"] for group in cards(app)] == dark[:1]


@pytest.mark.parametrize("sent", [["f" * 64], [3, None, {}], "x"])
def test_what_the_browser_makes_up_is_not_chosen(insects, dark, sent):
    app = shown(section(), "Dark")
    app.session_state[CHOICE] = {"chosen": sent}
    app.run()
    assert app.button(key="check_chosen").disabled and not app.exception


def test_many_pictures_come_on_pages(insects):
    ids = many(insects, 600)
    insects.catalog.quality.add(FINE._replace(image_id=i, blur=0.1) for i in ids[: A_PAGE + 1])
    app = shown(section(), "Blurry")
    assert len(cards(app)) == A_PAGE
    app.pagination[0].set_value(2).run()
    assert len(cards(app)) == 1
    button = app.button(key="check_all")
    assert button.label == f"Set aside on this page: 1 of {A_PAGE + 1}"
    button.click().run()
    assert insects.catalog.images.quarantined_count() == 1  # nobody has looked at the others


def pair(context: Context, *images: ImageRecord) -> None:
    context.catalog.lookalikes.replace_pairs([NearPair(images[0].id, images[1].id, 0.9)], "")


def records(context: Context, ids: list[str]) -> list[ImageRecord]:
    return context.catalog.images.some(ids)


def test_a_leak_is_closed_by_setting_the_training_one_aside(insects):
    valid, train = many(insects, 1, "valid")[0], many(insects, 1)[0]
    pair(insects, *records(insects, [valid, train]))
    app = shown(section(), "On both sides of the split")
    assert verdicts(app)["On both sides of the split"] == "1 pair"
    assert [card["id"] for card in cards(app)[0]] == [valid, train]
    button = app.button(key="check_all")
    assert button.label == "Set aside on this page: the training ones, 1"
    button.click().run()
    assert [status for status, _ in states(insects, [valid, train])] == ["in use", "quarantined"]
    assert "no such pair" in text_of(app)
    app.button(key="check_undo").click().run()
    assert verdicts(app)["On both sides of the split"] == "1 pair"


def test_a_pair_that_is_kept_is_listed_no_more_until_undone(insects):
    ids = many(insects, 2)
    pair(insects, *records(insects, ids))
    app = press(shown(section(), "Near duplicates"), PAIR_CHOICE, ids[1])
    assert app.button(key="check_keep").label == "Keep 1 chosen pair"
    app.button(key="check_keep").click().run()
    assert verdicts(app)["Near duplicates"] == "none"
    app.button(key="check_undo").click().run()
    assert verdicts(app)["Near duplicates"] == "1 pair"


def test_one_of_a_pair_with_two_labels_is_set_aside(insects):
    ids = [many(insects, 1)[0], many(insects, 1, label="bee")[0]]
    pair(insects, *records(insects, ids))
    app = press(shown(section(), "One picture in two classes"), PAIR_CHOICE, ids[0])
    app.button(key="check_chosen").click().run()
    assert [status for status, _ in states(insects, ids)] == ["quarantined", "in use"]


def test_the_look_alike_view_opens(insects):
    pair(insects, *records(insects, many(insects, 2)))
    app = shown(open_section("Check"), "Near duplicates")
    app.button(key="check_review").click().run()
    assert app.title[0].value == "Review" and not app.exception
    assert app.session_state["review_view"] == "Look-alikes"


def test_a_chosen_picture_opens_in_review(insects, dark):
    app = press(shown(open_section("Check"), "Dark"), CHOICE, dark[0])
    app.button(key="check_review").click().run()
    path = records(insects, dark)[0].source_path
    assert app.title[0].value == "Review" and app.session_state["review_text"] == path


def test_skipped_files_come_with_their_reasons(insects):
    reasons = {"the file is empty": "empty", "it came as 'ant' (a.jpg)": "another class"}
    skipped = [Skipped(f"{k}.jpg", *one) for k, one in enumerate(reasons.items())]
    insects.catalog.images.add("a test", [], skipped, 0)
    app = shown(section(), "Skipped files")
    assert verdicts(app)["Skipped files"] == "2 files"
    assert list(app.dataframe[0].value["kind"]) == ["another class", "empty"]
    assert set(app.dataframe[1].value["why it was skipped"]) == set(reasons)
    app.selectbox(key="skipped_kind").select("empty").run()
    assert list(app.dataframe[1].value["file"]) == ["0.jpg"]
    app = shown(app, "One picture in two classes")
    assert "came in two classes" in text_of(app)
    assert list(app.dataframe[0].value["file"]) == ["1.jpg"]
    insects.catalog.lookalikes.replace_pairs([], "")
    assert verdicts(section())["One picture in two classes"] == "1 file left out"
