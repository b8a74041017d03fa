"""Wrong answers that were kept come into the studio as a field test set."""

from __future__ import annotations

import csv
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.csv_text import original
from core.dataset.ways_in import bring_in
from core.errors import PictureError, StudioError
from core.images.working_copy import working_copy
from core.serving import flagged as module
from core.serving.answer import Answer
from core.serving.flagged import TABLE, FlaggedPictures
from tests.builders import fill, oriented, pattern, picture

LABELS = ['grün/"leaf"', "../yellow", "日本", "a, b; c|d", "=1+1", "'=1", "-2", "@x", "CON"]
ANSWER = Answer({"red": 0.75, "blue": 0.25}, 0.5, False)


@pytest.fixture
def flagged_pictures(tmp_path):
    return FlaggedPictures(tmp_path / "flagged")


def files_of(flagged_pictures) -> list[str]:
    return sorted(
        p.relative_to(flagged_pictures.folder).as_posix()
        for p in flagged_pictures.folder.rglob("*.jpg")
    )


def test_the_studio_imports_them_for_the_test_side_under_the_persons_labels(
    flagged_pictures, fresh
):
    fill(fresh, {"red": 4})
    for seed, label in enumerate(LABELS):
        flagged_pictures.keep(
            picture(size=(80, 60), seed=900 + seed), label, ANSWER, fresh.settings
        )
    args = {"way": "folder", "path": str(flagged_pictures.folder), "field_test": True}
    list(bring_in(fresh, args))
    arrived = [i for i in fresh.catalog.images.all() if i.label != "red"]
    assert sorted(i.label for i in arrived) == sorted(LABELS)
    assert {(i.side, i.side_reason) for i in arrived} == {("test", "field test")}


def test_a_spreadsheet_runs_nothing_of_the_table_and_later_marks_change_no_label(
    flagged_pictures, settings
):
    for seed, label in enumerate(LABELS):
        flagged_pictures.keep(picture(seed=seed), label, ANSWER, settings)
    lines = list(
        csv.reader((flagged_pictures.folder / TABLE).read_text(encoding="utf-8").splitlines())
    )
    assert not [cell for line in lines for cell in line if cell[:1] in tuple("=+-@")]
    assert sorted(original(line[1]) for line in lines[1:]) == sorted(LABELS)


def test_a_picture_is_kept_as_its_working_copy_inside_the_folder(flagged_pictures, settings):
    photo = oriented(pattern((900, 700)), 6)
    file = flagged_pictures.keep(photo, "../../etc", ANSWER, settings)
    assert file.read_bytes() == working_copy(photo, settings)
    assert b"Exif" not in file.read_bytes()
    assert file.resolve().is_relative_to(flagged_pictures.folder.resolve())
    row = (flagged_pictures.folder / TABLE).read_text().splitlines()[1]
    assert "../../etc,red,0.7500,false" in row


def test_another_label_for_the_same_picture_replaces_the_first(flagged_pictures, settings):
    photo = picture(seed=1)
    flagged_pictures.keep(photo, "cat", ANSWER, settings)
    flagged_pictures.keep(picture(seed=2), "cat", ANSWER, settings)
    last = flagged_pictures.keep(photo, "dog", ANSWER, settings)
    flagged_pictures.keep(photo, "dog", ANSWER, settings)
    assert len(files_of(flagged_pictures)) == 2
    assert last.relative_to(flagged_pictures.folder).as_posix() in files_of(flagged_pictures)
    assert len((flagged_pictures.folder / TABLE).read_text().splitlines()) == 3


def test_several_people_at_once_lose_nothing(flagged_pictures, settings):
    with ThreadPoolExecutor(8) as people:
        list(
            people.map(
                lambda n: flagged_pictures.keep(picture(seed=n), "cat", ANSWER, settings), range(24)
            )
        )
    assert len(files_of(flagged_pictures)) == 24
    assert len((flagged_pictures.folder / TABLE).read_text().splitlines()) == 25


def test_a_full_folder_takes_no_more(flagged_pictures, settings, monkeypatch):
    monkeypatch.setattr(module, "MOST", 1)
    flagged_pictures.keep(picture(seed=1), "cat", ANSWER, settings)
    with pytest.raises(StudioError, match="kept already"):
        flagged_pictures.keep(picture(seed=2), "cat", ANSWER, settings)
    assert len(files_of(flagged_pictures)) == 1


def test_what_is_no_picture_is_not_kept(flagged_pictures, settings):
    with pytest.raises(PictureError):
        flagged_pictures.keep(b"text", "cat", ANSWER, settings)
    assert not flagged_pictures.folder.exists()
