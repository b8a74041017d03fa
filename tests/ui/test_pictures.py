"""The routes that serve working copies, and nothing else."""

from __future__ import annotations

import io
from base64 import b64decode
from pathlib import Path

import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.context import Context
from tests.builders import a_scored_workspace, picture
from ui.pictures import MOST_THUMBNAILS, picture_routes, picture_url, thumbnails_url


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


def test_many_pictures_come_in_one_answer_and_are_kept_for_good(
    insects: Context, client: TestClient
) -> None:
    ids = [image.id for image in insects.catalog.images.all()]
    answer = client.get("/" + thumbnails_url(insects.workspace), params={"ids": ",".join(ids)})
    assert list(answer.json()) == ids
    sizes = [Image.open(io.BytesIO(b64decode(data))).size for data in answer.json().values()]
    assert sizes == [(48, 32)] * 4
    assert "immutable" in answer.headers["cache-control"]


def test_large_copies_are_halved_unless_the_screen_is_dense(
    insects: Context, client: TestClient
) -> None:
    image = insects.catalog.images.all()[0]
    insects.workspace.copy(image.id).write_bytes(picture(size=(427, 320)))
    url = "/" + thumbnails_url(insects.workspace)
    small, sharp = (
        b64decode(client.get(url, params={"ids": image.id, "sharp": sharp}).json()[image.id])
        for sharp in (0, 1)
    )
    assert Image.open(io.BytesIO(small)).size == (214, 160)
    assert sharp == insects.workspace.copy(image.id).read_bytes()


def test_a_damaged_copy_is_sent_as_it_is(insects: Context, client: TestClient) -> None:
    image = insects.catalog.images.all()[0]
    insects.workspace.copy(image.id).write_bytes(b"no picture")
    answer = client.get("/" + thumbnails_url(insects.workspace), params={"ids": image.id})
    assert b64decode(answer.json()[image.id]) == b"no picture"


@pytest.mark.parametrize("other", ["a" * 64, "catalog", "..%2F..%2Fcatalog.sqlite", "", "%00"])
def test_ids_that_are_unknown_are_left_out_and_asked_for_again(
    insects: Context, client: TestClient, other: str
) -> None:
    image = insects.catalog.images.all()[0]
    answer = client.get(f"/{thumbnails_url(insects.workspace)}?ids={image.id},{other}")
    assert list(answer.json()) == [image.id]
    assert answer.headers["cache-control"] == "no-store"


def test_too_many_at_once_are_refused(insects: Context, client: TestClient) -> None:
    ids = ",".join(f"{n:064x}" for n in range(MOST_THUMBNAILS + 1))
    assert client.get(f"/{thumbnails_url(insects.workspace)}?ids={ids}").status_code == 400


@pytest.mark.parametrize("name", ["..", ".cache", "..%2Fmy%20insects", "con", "a" * 50])
def test_thumbnails_of_what_cannot_be_a_workspace_are_refused(
    insects: Context, client: TestClient, name: str
) -> None:
    assert client.get(f"/thumbnails/{name}?ids={'a' * 64}").status_code == 404
    assert [p.name for p in insects.settings.home.iterdir()] == ["my insects"]


@pytest.mark.parametrize("left", [None, b""])
def test_a_copy_that_is_missing_or_empty_is_made_again(
    left: bytes | None, insects: Context, client: TestClient
) -> None:
    images = insects.catalog.images.all()[:2]
    copies = [insects.workspace.copy(image.id) for image in images]
    before = [copy.read_bytes() for copy in copies]
    for copy in copies:
        copy.unlink()
        if left is not None:
            copy.write_bytes(left)
    one = client.get("/" + picture_url(insects.workspace, images[0].id))
    url = "/" + thumbnails_url(insects.workspace)
    many = client.get(url, params={"ids": images[1].id, "sharp": 1}).json()
    assert [one.content, b64decode(many[images[1].id])] == before


def test_a_picture_whose_original_is_gone_as_well_is_not_found(
    insects: Context, client: TestClient
) -> None:
    image = insects.catalog.images.all()[0]
    insects.workspace.copy(image.id).unlink()
    insects.workspace.original(image.id, image.suffix).unlink()
    assert client.get("/" + picture_url(insects.workspace, image.id)).status_code == 404
    answer = client.get("/" + thumbnails_url(insects.workspace), params={"ids": image.id})
    assert answer.json() == {} and answer.headers["cache-control"] == "no-store"
