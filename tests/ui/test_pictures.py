"""The route that serves working copies, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.context import Context
from tests.builders import a_scored_workspace
from ui.pictures import picture_routes, picture_url


@pytest.fixture
def insects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    monkeypatch.setenv("TOPLOSS_HOME", str(tmp_path))
    return a_scored_workspace(tmp_path, {"ant": 2, "bee": 2}, name="my insects")


@pytest.fixture
def client() -> TestClient:
    return TestClient(Starlette(routes=picture_routes()))


def test_a_working_copy_is_served_for_good(insects: Context, client: TestClient) -> None:
    image = insects.catalog.images.all()[0]
    answer = client.get("/" + picture_url(insects.workspace, image.id))
    assert answer.content == insects.workspace.copy(image.id).read_bytes()
    assert answer.headers["content-type"] == "image/jpeg"
    assert "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize(
    "path",
    [
        "/picture/my%20insects/" + "0" * 64 + ".jpg",
        "/picture/my%20insects/catalog.jpg",
        "/picture/my%20insects/..%2F..%2Fcatalog.sqlite.jpg",
        "/picture/..%2Fmy%20insects/" + "0" * 64 + ".jpg",
        "/picture/../../etc/passwd",
        "/picture/.cache/" + "0" * 64 + ".jpg",
        "/picture/unknown/" + "a" * 64 + ".jpg",
        "/picture/my%20insects/%00.jpg",
    ],
)
def test_nothing_else_is_served(insects: Context, client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404
    assert [p.name for p in insects.settings.home.iterdir()] == ["my insects"]
