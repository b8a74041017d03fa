"""Every route serves the files of whoever asks, and of nobody else."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from httpx import Response
from starlette.applications import Starlette
from starlette.testclient import TestClient

import streamlit_app
from core.catalog import open_catalog
from core.context import Context
from core.dataset.new_pictures import NewPicture
from core.dataset.take_out import dataset_path, take_out
from core.interpretation.shelf import BARE, shelf_of
from core.records import ImageRecord
from core.settings import load_settings
from core.try_it.kit import GRAPH
from core.visitors import new_visitor
from core.workspace import Workspace, open_workspace
from tests.builders import a_context, fill, picture, recording, run_import, tone
from tests.try_it_kit import a_look
from ui.routes import address_of, own_file

ROUTES = {
    "/picture/{workspace}/{image_id}.jpg": "picture/{address}/{picture}.jpg",
    "/thumbnails/{workspace}": "thumbnails/{address}?ids={picture}",
    "/detail/{workspace}/{image_id}.json": "detail/{address}/{picture}.json",
    "/heatmap/{workspace}/{image_id}.jpg": "heatmap/{address}/{picture}.jpg?class=ant",
    "/seen/{workspace}/{run}/{path:path}": "seen/{address}/0/{shelf}/walk/1.png",
    "/sound/{workspace}/{name}": "sound/{address}/{sound}.wav",
    "/taken-out/{workspace}.zip": "taken-out/{address}.zip",
    "/network/{workspace}/{run}/{shelf}.onnx": "network/{address}/0/{shelf}.onnx",
}
SENT = {
    "/alike/{workspace}/{run}/{shelf}": ("POST", "alike/{address}/0/{shelf}"),
    "/corrections/{workspace}": ("POST", "corrections/{address}?label=ant&id={picture}"),
    "/corrections/{workspace}/{image_id}": ("DELETE", "corrections/{address}/{picture}"),
}
"""What asks for something else than to read; the body of a request is two numbers."""
NEEDS_A_MODEL = "heatmap"  # and the workspaces here have none: 404 for the owner, too


@pytest.fixture
def client() -> TestClient:
    return TestClient(Starlette(routes=streamlit_app.ROUTES))


@pytest.fixture
def demo(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOPLOSS_DEMO", "1")
    return home


def filled(workspace: Workspace, seed: int = 0) -> dict[str, str]:
    """Give a workspace one file for each route; what stands for it in `ROUTES`."""
    context = a_context(workspace, open_catalog(workspace))
    fill(context, {"ant": 1}, seed)
    image = context.catalog.images.all()[0]
    sound = _with_sound(context)
    shelf = shelf_of(workspace, context.catalog, BARE)
    shelf.add_picture("walk/1.png", picture(seed=seed))
    shelf.add_picture(GRAPH, b"a graph")
    a_look(shelf, [image.id])
    for _ in take_out(context, "zip"):
        pass
    context.catalog.close()
    return {"picture": image.id, "sound": sound.id, "shelf": shelf.folder.name}


def _with_sound(context: Context) -> ImageRecord:
    tones = [NewPicture("a.wav", "ant", None, lambda: recording(tone(440)))]
    run_import(context, (tones, []))
    return next(i for i in context.catalog.images.all() if i.suffix == ".wav")


def test_every_route_names_a_workspace_and_is_in_the_table() -> None:
    assert [route.path for route in streamlit_app.ROUTES] == [*ROUTES, *SENT]


def sent(client: TestClient, method: str, url: str) -> Response:
    return client.request(method, "/" + url, content=np.float32([1, 0]).tobytes())


def test_a_person_is_served_from_all_workspaces_of_the_home(home: Path, client: TestClient) -> None:
    for name in ("my insects", "grün"):
        workspace = open_workspace(home, name)
        files = filled(workspace)
        for path in ROUTES.values():
            answer = client.get("/" + path.format(address=address_of(workspace), **files))
            assert (answer.status_code == 200) != path.startswith(NEEDS_A_MODEL), path
        for method, path in SENT.values():
            url = path.format(address=address_of(workspace), **files)
            assert sent(client, method, url).status_code == 200, path


def test_a_visitor_is_served_by_the_addresses_of_their_session(
    demo: Path, client: TestClient
) -> None:
    workspace = new_visitor(load_settings())
    files = filled(workspace)
    assert workspace.name not in address_of(workspace)
    for path in ROUTES.values():
        answer = client.get("/" + path.format(address=address_of(workspace), **files))
        assert (answer.status_code == 200) != path.startswith(NEEDS_A_MODEL), path
    detail = client.get(f"/detail/{address_of(workspace)}/{files['picture']}.json").json()
    assert workspace.name not in str(detail)


FOREIGN: dict[str, Callable[[Workspace, Workspace], str]] = {
    "their name": lambda theirs, mine: theirs.name,
    "my name": lambda theirs, mine: mine.name,
    "a workspace of the machine": lambda theirs, mine: "insects",
    "a step up from mine": lambda theirs, mine: f"{address_of(mine)}%2F..%2F{theirs.name}",
    "a step up": lambda theirs, mine: f"..%2F{theirs.name}",
    "dots": lambda theirs, mine: "%2e%2e",
    "twice encoded": lambda theirs, mine: f"%252e%252e%252F{theirs.name}",
    "a full path": lambda theirs, mine: str(theirs.folder).replace("/", "%2F"),
    "the home": lambda theirs, mine: ".",
    "nothing": lambda theirs, mine: "%00",
    "beyond ASCII": lambda theirs, mine: "%E2%80%8B%FF",
    "almost their key": lambda theirs, mine: address_of(theirs)[:-1],
    "upper case": lambda theirs, mine: address_of(theirs).upper() + "0",
    "a pattern": lambda theirs, mine: "*",
    "a link to theirs": lambda theirs, mine: "visitor-" + "a" * 32,
    "the key of a link to theirs": lambda theirs, mine: address_of(
        Workspace(theirs.folder.with_name("visitor-" + "a" * 32))
    ),
}


@pytest.mark.parametrize("foreign", FOREIGN)
def test_nothing_leads_a_visitor_to_another_workspace(
    demo: Path, client: TestClient, foreign: str
) -> None:
    theirs, mine = (new_visitor(load_settings()) for _ in range(2))
    files = filled(theirs, seed=7)
    filled(open_workspace(demo, "insects"), seed=7)
    (demo / ("visitor-" + "a" * 32)).symlink_to(theirs.folder)
    before = sorted(p.name for p in demo.iterdir())
    for path in ROUTES.values():
        url = "/" + path.format(address=FOREIGN[foreign](theirs, mine), **files)
        answer = client.get(url)
        assert answer.status_code == 404, url
        assert files["picture"] not in answer.text
    for method, path in SENT.values():
        url = path.format(address=FOREIGN[foreign](theirs, mine), **files)
        assert sent(client, method, url).status_code in (404, 405), url
    assert sorted(p.name for p in demo.iterdir()) == before


def test_ids_and_numbers_of_another_visitor_lead_to_nothing(demo: Path, client: TestClient) -> None:
    theirs, mine = (new_visitor(load_settings()) for _ in range(2))
    files = filled(theirs, seed=7)
    filled(mine)
    for path in ROUTES.values():
        theirs_by_mine = "/" + path.format(address=address_of(theirs), **files)
        client.get(theirs_by_mine)  # whatever is kept in memory by id is kept now
    theirs_alone = ROUTES | {"/sound/{workspace}/{name}": "", "/taken-out/{workspace}.zip": ""}
    for path in filter(None, theirs_alone.values()):  # both have the same sound, and a zip
        answer = client.get("/" + path.format(address=address_of(mine), **files))
        if path.startswith("thumbnails"):
            assert answer.json() == {}
        elif path.startswith("seen"):
            assert answer.content == picture(seed=0)  # mine, of the same name
        elif path.startswith("network"):
            assert answer.content == b"a graph"  # mine
        else:
            assert answer.status_code == 404, path


def test_a_workspace_that_was_forgotten_is_served_no_more(demo: Path, client: TestClient) -> None:
    workspace = new_visitor(load_settings())
    files = filled(workspace)
    url = f"/thumbnails/{address_of(workspace)}?ids={files['picture']}"
    assert list(client.get(url).json()) == [files["picture"]]
    workspace.folder.rename(workspace.folder.with_name(".gone"))
    assert client.get(url).status_code == 404


def test_keys_are_of_one_process(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = new_visitor(load_settings())
    key = address_of(workspace)
    assert len(bytes.fromhex(key)) == 16
    monkeypatch.setattr("ui.routes._SECRET", b"another")
    assert address_of(workspace) != key


def files_of(workspace: Workspace, files: dict[str, str]) -> dict[str, Path]:
    """By the beginning of an address, the file that it leads to."""
    return {
        "picture": workspace.copy(files["picture"]),
        "thumbnails": workspace.copy(files["picture"]),
        "detail": workspace.catalog_file,
        "seen": workspace.run(BARE) / files["shelf"] / "walk" / "1.png",
        "sound": workspace.original(files["sound"], ".wav"),
        "taken-out": dataset_path(workspace, "zip"),
        "network": workspace.run(BARE) / files["shelf"] / GRAPH,
    }


@pytest.mark.parametrize("kind", ["file", "folder", "pipe"])
def test_no_link_or_device_in_a_workspace_is_followed(
    home: Path, client: TestClient, kind: str
) -> None:
    workspace, other = (open_workspace(home, name) for name in ("mine", "other"))
    files = filled(workspace)
    assert filled(other) == files
    for start, file in files_of(workspace, files).items():
        foreign = files_of(other, files)[start]
        _replace_by(file, foreign, kind)
        path = next(path for path in ROUTES.values() if path.startswith(start))
        answer = client.get("/" + path.format(address="mine", **files))
        if kind == "pipe" and start in ("picture", "thumbnails"):  # no copy: it is made again
            assert answer.status_code == 200 and stat.S_ISREG(file.lstat().st_mode)
        elif start == "thumbnails":
            assert answer.json() == {}
        else:
            assert answer.status_code == 404, path


def _replace_by(file: Path, foreign: Path, kind: str) -> None:
    """Let a link, or a pipe that nobody writes to, stand where a file was."""
    if kind == "folder" and file.parent.name != "mine":
        if not file.parent.is_symlink():
            file.parent.rename(file.parent.with_name("aside"))
            file.parent.symlink_to(foreign.parent)
        return
    file.unlink()
    if kind == "pipe":
        os.mkfifo(file)
    else:
        file.symlink_to(foreign)


def test_a_link_inside_of_a_workspace_leads_on(home: Path) -> None:
    workspace = open_workspace(home, "mine")
    (workspace.folder / "b").write_bytes(b"b")
    (workspace.folder / "a").symlink_to("b")
    (workspace.folder / "ring").symlink_to("ring")
    assert own_file(workspace, workspace.folder / "a") == workspace.folder / "b"
    for name in ("ring", "nothing", "a\0b", "", "b/c", "x" * 5000):
        assert own_file(workspace, workspace.folder / name) is None
