"""Workspaces: names, folders, paths."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import StudioError, WorkspaceError
from core.workspace import IMAGE_ID, Workspace, open_workspace, valid_name, workspace_names


@pytest.mark.parametrize("name", ["fruits", "My bears 2", "a", "x" * 40, "Bären", "熊", "_a-b"])
def test_names_that_can_be_a_folder_everywhere(name):
    assert valid_name(f"  {name} ") == name


REFUSED = ("", "   ", ".", "..", ".hidden", "a/b", "a\\b", "../up", "a:b", "a\x00b", "a\nb", "a*")
REFUSED += ("x" * 41, "CON", "nul", "Com1", "-rf", "tab\tbed", "a.")


@pytest.mark.parametrize("name", REFUSED)
def test_names_that_cannot(name):
    with pytest.raises(StudioError, match="cannot be the name"):
        valid_name(name)


def test_two_spellings_of_a_name_are_one():
    assert valid_name(unicodedata.normalize("NFD", "Bären")) == "B\u00e4ren"


@given(st.text(max_size=60))
def test_a_name_that_is_accepted_is_one_folder_and_stays_as_it_is(text):
    try:
        name = valid_name(text)
    except StudioError:
        return
    assert name == valid_name(name)
    assert "/" not in name and "\\" not in name and not name.startswith(".")
    assert len(name.encode()) <= 255


def test_opening_makes_the_folder_and_keeps_what_is_in_it(tmp_path):
    workspace = open_workspace(tmp_path / "home", " fruits ")
    (workspace.folder / "kept").write_text("x")
    again = open_workspace(tmp_path / "home", "fruits")
    assert again == workspace
    assert again.name == "fruits"
    assert (again.folder / "kept").read_text() == "x"


def test_a_home_that_cannot_hold_folders_is_said_in_a_sentence(tmp_path):
    (tmp_path / "home").write_text("a file in the way")
    with pytest.raises(WorkspaceError):
        open_workspace(tmp_path / "home", "fruits")
    with pytest.raises(WorkspaceError):
        open_workspace(tmp_path / ("x" * 5000), "fruits")


def test_workspaces_are_listed_by_name(tmp_path):
    for name in ("pears", "apples", ".cache"):
        (tmp_path / name).mkdir()
    (tmp_path / "a file").write_text("")
    assert workspace_names(tmp_path) == ["apples", "pears"]


def test_there_are_no_workspaces_yet(tmp_path):
    assert workspace_names(tmp_path / "nowhere") == []


def test_a_home_that_cannot_be_listed_is_said_in_a_sentence(tmp_path):
    with pytest.raises(WorkspaceError):
        workspace_names(tmp_path / ("x" * 5000))


def test_every_path_lies_within_the_folder(tmp_path):
    workspace, image_id = Workspace(tmp_path), "ab" * 32
    assert IMAGE_ID.fullmatch(image_id)
    paths = [
        *(workspace.catalog_file, workspace.features, workspace.exports, workspace.uploads),
        *(workspace.jobs, workspace.run(3), workspace.copy(image_id)),
        workspace.original(image_id, ".png"),
    ]
    assert len(set(paths)) == len(paths)
    assert all(path.is_relative_to(tmp_path) for path in paths)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("folder", "digits"), [("7f", "ab"), ("7", "a")])
@pytest.mark.parametrize("kind", ["originals", "copies"])
def test_pictures_are_found_where_older_workspaces_keep_them(kind, folder, digits, tmp_path):
    (tmp_path / kind / folder).mkdir(parents=True)
    workspace = Workspace(tmp_path)
    assert workspace.original("ab" * 32, ".png").parent == tmp_path / "originals" / digits
    assert workspace.copy("ab" * 32).parent == tmp_path / "copies" / digits
