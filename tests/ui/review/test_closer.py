"""The routes behind the zoom: what they answer, and to whom they do not."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ui.review.closer import closer_routes


@pytest.fixture
def client(trained, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    monkeypatch.setenv("TOPLOSS_HOME", str(trained.settings.home))
    return TestClient(Starlette(routes=closer_routes()))


@pytest.fixture
def image(trained):
    return trained.catalog.images.all(sides=["train"])[0]


def test_details_lead_to_the_heat_map(client, trained, image):
    detail = client.get(f"/detail/trained/{image.id}.json").json()
    assert (detail["file"], detail["width"], detail["height"]) == (image.source_path, 64, 48)
    assert len(detail["probabilities"]) == 6 and len(detail["neighbours"]) == 5
    assert set(detail["neighbours"][0]) == {"id", "label", "similarity", "src", "reviewed"}
    answer = client.get(f"/{detail['heatmap']}")
    assert answer.headers["content-type"] == "image/jpeg"
    assert Image.open(io.BytesIO(answer.content)).size == (224, 224)


@pytest.mark.parametrize(
    "path",
    [
        "detail/trained/" + "f" * 64 + ".json",
        "detail/trained/no-id.json",
        "detail/nowhere/" + "f" * 64 + ".json",
        "detail/..%2F..%2Fetc/" + "f" * 64 + ".json",
        "heatmap/trained/" + "f" * 64 + ".jpg?class=red",
        "heatmap/trained/" + "f" * 64 + ".jpg",
    ],
)
def test_what_is_not_there_is_a_404(client, trained, path):
    before = sorted(p.name for p in trained.settings.home.iterdir())
    assert client.get(f"/{path}").status_code == 404
    assert sorted(p.name for p in trained.settings.home.iterdir()) == before


def test_a_class_that_the_model_does_not_know_is_explained(client, image):
    answer = client.get(f"/heatmap/trained/{image.id}.jpg?class=no+such")
    assert answer.status_code == 404 and "does not know" in answer.json()["message"]
