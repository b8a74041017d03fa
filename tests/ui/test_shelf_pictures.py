"""The route of a run's pictures serves those, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.context import Context
from core.interpretation.shelf import BARE, Shelf, shelf_of
from tests.builders import a_scored_workspace, picture
from ui.shelf_pictures import shelf_routes, shelf_url

PLACE = "/seen/my%20insects"
SHELF = f"seen-{'0' * 16}"


@pytest.fixture
def insects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    monkeypatch.setenv("TOPLOSS_HOME", str(tmp_path))
    return a_scored_workspace(tmp_path, {"ant": 2}, name="my insects")


@pytest.fixture
def shelf(insects: Context) -> Shelf:
    return shelf_of(insects.workspace, insects.catalog, BARE)


@pytest.fixture
def client() -> TestClient:
    return TestClient(Starlette(routes=shelf_routes()))


@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_a_picture_is_served_for_good(
    insects: Context, shelf: Shelf, client: TestClient, suffix: str
) -> None:
    shelf.add_picture(f"walk/{'a' * 64}/3.{suffix}", picture())
    url = "/" + shelf_url(insects.workspace, shelf, f"walk/{'a' * 64}/3.{suffix}")
    answer = client.get(url)
    assert answer.content == picture()
    assert answer.headers["content-type"].startswith("image/")
    assert "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize(
    "path",
    [
        f"{PLACE}/0/../../catalog.sqlite",
        f"{PLACE}/0/%2e%2e/%2e%2e/catalog.sqlite",
        f"{PLACE}/0/{SHELF}/..%2F..%2F..%2Fcatalog.jpg",
        f"{PLACE}/0/{SHELF}/anatomy.json",
        f"{PLACE}/1/model.safetensors",
        f"{PLACE}/-1/{SHELF}/walk/1.png",
        f"{PLACE}/²/{SHELF}/walk/1.png",
        f"{PLACE}/{'9' * 30}/{SHELF}/walk/1.png",
        f"{PLACE}/0/{SHELF}/walk/%00.png",
        f"{PLACE}/0/{SHELF}/walk/1.png%0a",
        f"{PLACE}/0//etc/passwd.jpg",
        f"/seen/..%2Fmy%20insects/0/{SHELF}/walk/1.png",
        f"/seen/unknown/0/{SHELF}/walk/1.png",
    ],
)
def test_nothing_else_is_served(insects: Context, client: TestClient, path: str) -> None:
    (insects.workspace.folder / "catalog.jpg").write_bytes(picture())
    assert client.get(path).status_code == 404
