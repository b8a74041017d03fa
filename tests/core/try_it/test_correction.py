"""Wrong? It is ...: into the dataset under a class that there is, and back out."""

from __future__ import annotations

import hashlib

import pytest

from core.errors import Conflict, StudioError
from core.try_it.correction import correct_picture, relabel_picture, take_back
from tests.builders import a_scored_workspace, picture

NEW = picture(seed=12345, size=(320, 240))


@pytest.fixture
def insects(tmp_path):
    context = a_scored_workspace(tmp_path / "home", {"ant": 6, "bee": 6})
    yield context
    context.catalog.close()


def stored(context, image_id):
    image = context.catalog.images.get(image_id)
    assert image is not None
    return image


def test_a_new_picture_comes_in_as_a_shot_of_the_camera_does(insects):
    done = correct_picture(insects, NEW, "bee", "a-burst")
    image = stored(insects, hashlib.sha256(NEW).hexdigest())
    assert (done.kind, done.edit, done.image) == ("added", None, image)
    assert (image.label, image.status) == ("bee", "in use")
    assert insects.workspace.original(image.id, image.suffix).read_bytes() == NEW
    assert insects.catalog.images.imports()[0].source == "Camera: bee"
    assert list(insects.workspace.uploads.iterdir()) == []


def test_pictures_of_one_burst_are_on_one_side(insects):
    images = [
        correct_picture(insects, picture(seed=900 + k), "ant", "one-scene").image for k in range(6)
    ]
    assert len({(image.side, image.split_group) for image in images}) == 1


def test_taking_back_a_new_picture_deletes_it_and_it_can_be_restored(insects):
    done = correct_picture(insects, NEW, "bee", "a-burst")
    take_back(insects, done.image.id, done.edit)
    assert stored(insects, done.image.id).status == "quarantined"
    assert insects.catalog.journal.history()[0].kind == "quarantine"
    with pytest.raises(StudioError, match="was deleted here"):
        correct_picture(insects, NEW, "bee", "a-burst")


def test_a_picture_of_the_dataset_is_relabelled_as_a_step_of_the_journal(insects):
    image = next(i for i in insects.catalog.images.all() if i.label == "ant")
    data = insects.workspace.original(image.id, image.suffix).read_bytes()
    done = correct_picture(insects, data, "bee", "a-burst")
    assert (done.kind, done.image.label) == ("relabelled", "bee")
    assert insects.catalog.journal.history()[0].id == done.edit
    take_back(insects, image.id, done.edit)
    assert stored(insects, image.id).label == "ant"
    with pytest.raises(Conflict, match="changed again"):
        take_back(insects, image.id, done.edit)


def test_a_label_that_is_right_already_changes_nothing(insects):
    image = insects.catalog.images.all()[0]
    assert relabel_picture(insects, image.id, image.label).kind == "same"
    assert insects.catalog.journal.count() == 0


def test_a_class_that_was_renamed_since_is_said_and_never_made(insects):
    insects.catalog.classes.rename("bee", "wasp")
    for correct in (
        lambda: correct_picture(insects, NEW, "bee", "a-burst"),
        lambda: relabel_picture(insects, insects.catalog.images.all()[0].id, "bee"),
    ):
        with pytest.raises(Conflict, match="no class 'bee' any more"):
            correct()
    assert insects.catalog.images.classes() == ["ant", "wasp"]


def test_nothing_is_stored_while_something_else_goes_on(insects):
    insects.catalog.jobs.create("check", {})
    with pytest.raises(Conflict, match="is going on") as conflict:
        correct_picture(insects, NEW, "bee", "a-burst")
    assert conflict.value.kind == "busy"
    assert not insects.workspace.uploads.exists()


@pytest.mark.parametrize("data", [b"", b"no picture", NEW[:2000]], ids=["empty", "text", "cut"])
def test_what_is_no_picture_is_not_stored_and_why_is_said(insects, data):
    with pytest.raises(StudioError, match="was not stored: "):
        correct_picture(insects, data, "bee", "a-burst")


@pytest.mark.parametrize("burst", ["", "../up", "a" * 41, "A b"])
def test_a_burst_is_a_plain_word(insects, burst):
    with pytest.raises(StudioError, match="without its burst"):
        correct_picture(insects, NEW, "bee", burst)
