"""Sounds beside their pictures: served as they came, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.context import Context
from core.dataset.new_pictures import NewPicture
from tests.builders import a_scored_workspace, recording, run_import, tone
from ui.dataset.choice import card
from ui.review.closer import closer_routes
from ui.sounds import sound_routes, sound_url

WAV, MP3 = recording(tone(440)), recording(tone(880), kind="MP3")


@pytest.fixture
def insects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    monkeypatch.setenv("TOPLOSS_HOME", str(tmp_path))
    context = a_scored_workspace(tmp_path, {"ant": 2}, name="my insects")
    pictures = [
        NewPicture(path, "bee", None, lambda data=data: data)
        for path, data in {"a.wav": WAV, "b.dat": MP3}.items()
    ]
    run_import(context, (pictures, []))
    return context


@pytest.fixture
def client() -> TestClient:
    return TestClient(Starlette(routes=[*sound_routes(), *closer_routes()]))


@pytest.mark.parametrize(
    ("path", "data", "media_type"),
    [("a.wav", WAV, "audio/wav"), ("b.dat", MP3, "audio/mpeg")],
    ids=["wav", "mp3"],
)
def test_a_sound_plays_as_it_came(insects, client, path, data, media_type):
    (image,) = [i for i in insects.catalog.images.all() if i.source_path == path]
    answer = client.get("/" + str(sound_url(insects.workspace, image)))
    assert answer.content == data
    assert answer.headers["content-type"] == media_type
    part = client.get(answer.request.url, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, data[10:20])


def test_the_zoom_and_the_checks_know_the_sound_of_a_picture(insects, client):
    for image in insects.catalog.images.all():
        url = sound_url(insects.workspace, image)
        detail = client.get(f"/detail/my%20insects/{image.id}.json").json()
        assert detail["sound"] == url == card(insects.workspace, image, "")["sound"]
        assert (url is None) == (image.label == "ant")


def test_nothing_else_is_served(insects, client):
    picture = next(i for i in insects.catalog.images.all() if i.label == "ant")
    assert insects.workspace.original(picture.id, picture.suffix).is_file()
    for path in (
        f"/sound/my%20insects/{picture.id}{picture.suffix}",
        f"/sound/my%20insects/{picture.id}.wav",
        "/sound/my%20insects/catalog.sqlite",
        "/sound/my%20insects/..%2F..%2Fcatalog.wav",
        f"/sound/..%2Fmy%20insects/{'0' * 64}.wav",
        f"/sound/unknown/{'0' * 64}.wav",
    ):
        assert client.get(path).status_code == 404, path
    assert [p.name for p in insects.settings.home.iterdir()] == ["my insects"]
