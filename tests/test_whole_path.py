"""The whole path, as a person walks it: a browser, real photos, a served classifier."""

from __future__ import annotations

import json
import re
import urllib.request
from pathlib import Path

import pytest
from gradio_client import Client, handle_file
from playwright.sync_api import Page, expect

from core.catalog import Catalog, open_catalog
from core.workspace import Workspace
from tests.browser import hand_in, served_classifier, studio

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
PATIENT_MS = 240_000


def test_from_the_sample_to_a_served_classifier(page: Page, tmp_path: Path) -> None:
    home = tmp_path / "home"
    workspace = Workspace(home / "Fruits")
    with studio(home) as url:
        load_the_sample(page, url)
        catalog = open_catalog(workspace)
        train_the_quick_model(page, url)
        relabelled, deleted = review(page, url, catalog)
        train_again(page, url, catalog)
        both_runs_are_compared(page, url)
        bundle = export(page, url, workspace)
    assert catalog.images.get(relabelled).reviewed
    assert catalog.images.get(deleted).status == "in use"
    the_served_answers_are_the_studios(page, bundle, home)


def load_the_sample(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_role("button", name="Load the sample").click()
    expect(page.get_by_text("1,393 pictures in 14 classes")).to_be_visible(timeout=PATIENT_MS)


def train_the_quick_model(page: Page, url: str) -> None:
    page.goto(f"{url}/training")
    page.get_by_role("button", name="Train the quick model").click()
    expect(page.get_by_text("quick 1 · completed")).to_be_visible(timeout=PATIENT_MS)


def review(page: Page, url: str, catalog: Catalog) -> tuple[str, str]:
    """Relabel the worst by a key, delete the next by its button, undo that; their ids."""
    page.goto(f"{url}/review")
    tiles = page.locator(".tile")
    expect(tiles).to_have_count(48)
    first, second = (tiles.nth(k).get_attribute("data-id") for k in (0, 1))
    tiles.nth(0).click()
    page.keyboard.press("p")
    expect(tiles.nth(0).locator(".labels")).to_contain_text("✓")
    tiles.nth(1).get_by_role("button", name="Delete").click()
    expect(tiles.nth(1)).to_have_class(re.compile("deleted"))
    wait_until(page, lambda: catalog.images.get(second).status == "quarantined")
    page.keyboard.press("u")
    expect(tiles.nth(1)).not_to_have_class(re.compile("deleted"))
    wait_until(page, lambda: catalog.images.get(second).status == "in use")
    assert [e.kind for e in catalog.journal.history()] == ["undo", "quarantine", "relabel"]
    return first, second


def train_again(page: Page, url: str, catalog: Catalog) -> None:
    first = catalog.jobs.latest().id
    page.get_by_role("button", name="Train again on the cleaned data").click()
    wait_until(page, lambda: catalog.jobs.latest().id > first)
    page.goto(f"{url}/training")
    expect(page.get_by_text("quick 2 · completed")).to_be_visible(timeout=PATIENT_MS)


def both_runs_are_compared(page: Page, url: str) -> None:
    page.goto(f"{url}/runs")
    expect(page.get_by_text("validation images").first).to_be_visible()
    verdict = re.compile("right and wrong on the same|can be chance|a real difference")
    expect(page.get_by_text(verdict).first).to_be_visible()


def export(page: Page, url: str, workspace: Workspace) -> Path:
    page.goto(f"{url}/export")
    page.get_by_role("button", name="Export", exact=True).click()
    expect(page.get_by_text("Read back and asked").first).to_be_visible(timeout=PATIENT_MS)
    (bundle,) = workspace.exports.glob("[!.]*")
    assert not list(bundle.rglob("*.pkl")) + list(bundle.rglob("*.pth"))
    return bundle


def the_served_answers_are_the_studios(page: Page, bundle: Path, home: Path) -> None:
    recorded = json.loads((bundle / "recorded.json").read_text(encoding="utf-8"))
    assert len(recorded) == 12
    with served_classifier(bundle, home) as url:
        client = Client(url, verbose=False)
        for name, expected in recorded.items():
            picture = handle_file(bundle / "examples" / name)
            answer = client.predict(picture, api_name="/classify")
            assert answer == pytest.approx(expected, abs=1e-3)
            data = (bundle / "examples" / name).read_bytes()
            with urllib.request.urlopen(f"{url}/classify", data, timeout=20) as response:
                assert json.load(response) == answer
        name, expected = next(iter(recorded.items()))
        page.goto(url)
        hand_in(page, bundle / "examples" / name)
        best = max(expected, key=expected.__getitem__)
        expect(page.locator("#answer h2")).to_have_text(best)
        percent = f"{round(100 * expected[best])}%"
        expect(page.locator("#answer").get_by_text(percent).first).to_be_visible()


def wait_until(page: Page, condition) -> None:
    for _ in range(100):
        if condition():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it did not come true")
