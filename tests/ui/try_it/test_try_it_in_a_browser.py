"""Try it in a real browser: the bundle's answers, a fake camera, a picture put into the dataset."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from core.catalog import open_catalog
from core.context import Context
from core.serving.classifier import Classifier, load_classifier
from core.try_it.kit import kit_of
from core.try_it.making import make_kit
from core.workspace import open_workspace
from tests.browser import studio
from tests.builders import a_context, encode
from tests.conftest import TRAINED

pytestmark = pytest.mark.slow
TOLERANCE = 1e-3
OPEN_CAMERAS = """() => [...document.querySelectorAll('*')]
  .flatMap(element => [...(element.shadowRoot?.querySelectorAll('video') ?? [])])
  .filter(video => video.srcObject).length"""
ANSWERED = """count => [...document.querySelectorAll('*')]
  .map(element => element.shadowRoot?.querySelector('.root[data-answers]'))
  .some(root => Number(root?.dataset.answers) >= count)"""


@dataclass(frozen=True)
class TryIt:
    """A studio with one trained run, ready for the browser, and the bundle of that run."""

    address: str
    context: Context
    bundle: Classifier


@pytest.fixture(scope="module")
def served(exported_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TryIt]:
    home = shutil.copytree(exported_home, tmp_path_factory.mktemp("try-it") / "home")
    workspace = open_workspace(home, TRAINED)
    context = a_context(workspace, open_catalog(workspace))
    for _ in make_kit(context, 1):
        pass
    assert kit_of(context, context.catalog.runs.get(1)) is not None
    with studio(home) as address:
        yield TryIt(address, context, load_classifier(workspace.exports / "1-quick-1"))
    context.catalog.close()


@pytest.fixture
def opened(served: TryIt, page: Page) -> Page:
    """The page, when its network is loaded."""
    page.goto(f"{served.address}/try_it")
    page.locator(".camera:enabled").wait_for()
    return page


def answers_of(page: Page) -> dict[str, float]:
    bars = page.locator(".bars li").evaluate_all(
        "items => items.map(item => [item.dataset.label, Number(item.dataset.probability)])"
    )
    return dict(bars)


def file_of(data: bytes, name: str = "a.jpg") -> dict[str, object]:
    return {"name": name, "mimeType": "image/jpeg", "buffer": data}


def test_the_page_answers_as_the_bundle_does_and_asks_nobody_else(
    served: TryIt, page: Page
) -> None:
    asked, complaints = list[str](), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{served.address}/try_it")
    page.locator(".camera:enabled").wait_for()
    images = {i.id: i for i in served.context.catalog.images.all(sides=["test"])}
    worst, tiles = 0.0, page.locator(".samples .tiles button")
    expect(tiles).to_have_count(min(8, len(images)))
    for number in range(3):
        with page.expect_response("**/picture/**") as picture:
            tiles.nth(number).click()
        image = images[picture.value.url.rpartition("/")[2].removesuffix(".jpg")]
        expect(page.locator(".status")).to_contain_text(f"In the dataset: {image.label}")
        data = served.context.workspace.copy(image.id).read_bytes()
        wanted = served.bundle.answer(data, served.context.settings)
        said = answers_of(page)
        worst = max(worst, *(abs(said[k] - p) for k, p in wanted.probabilities.items()))
        expect(page.locator(".verdict .name")).to_have_text(wanted.label)
        expect(page.locator(".heat")).to_be_visible()
        expect(page.locator(".alike figure")).to_have_count(5)
    print(f"Try it: largest difference from the bundle's probabilities {worst:.6f}")
    assert worst <= TOLERANCE
    assert all(url.startswith((served.address, "blob:", "data:", "ws:")) for url in asked)
    assert not complaints


def test_a_file_is_answered_and_something_else_is_none_of_these(
    served: TryIt, opened: Page
) -> None:
    settings, workspace = served.context.settings, served.context.workspace
    copies = [workspace.copy(i.id).read_bytes() for i in served.context.catalog.images.all()]
    own = next(c for c in copies if not served.bundle.answer(c, settings).none_of_these)
    grey = encode(Image.new("RGB", (400, 300), "#8a8a8a"))
    assert served.bundle.answer(grey, settings).none_of_these
    chosen = opened.locator("input[type=file]")
    chosen.set_input_files(file_of(own))
    label = served.bundle.answer(own, settings).label
    expect(opened.locator(".verdict .name")).to_have_text(label)
    expect(opened.locator(".root.none")).to_have_count(0)
    chosen.set_input_files(file_of(grey))
    expect(opened.locator(".root.none .verdict .name")).to_have_text("None of these, probably")
    expect(opened.locator(".heat")).to_be_hidden()
    chosen.set_input_files(file_of(b"no picture"))
    expect(opened.get_by_role("alert")).to_contain_text("cannot open the file as a picture")
    expect(opened.locator(".invitation")).to_be_visible()


def test_the_camera_is_answered_live_and_a_wrong_answer_is_put_right(
    served: TryIt, opened: Page
) -> None:
    images = served.context.catalog.images
    before = images.known_ids()
    opened.get_by_role("button", name="Open the camera").click()
    expect(opened.locator(".rate")).to_contain_text("answers a second")
    first = int(opened.locator(".root").get_attribute("data-answers") or 0)
    opened.wait_for_function(ANSWERED, arg=first + 5)
    opened.get_by_role("button", name="Wrong?").click()
    expect(opened.locator(".rate")).to_have_text("Held still")
    opened.locator(".wrong select").select_option("red")
    opened.get_by_role("button", name="Put it into the dataset").click()
    expect(opened.locator(".stored")).to_contain_text("Stored as red, for ")
    (new,) = images.known_ids() - before
    assert images.get(new).label == "red" and images.get(new).width_px == 640
    expect(opened.locator(".rate")).to_contain_text("answers a second")  # it went on
    opened.get_by_role("button", name="Undo").click()
    expect(opened.locator(".stored")).to_have_text("Taken back.")
    assert images.get(new).status == "quarantined"
    opened.get_by_role("button", name="Stop the camera").click()
    expect(opened.locator(".invitation")).to_be_visible()
    assert not opened.evaluate(OPEN_CAMERAS)


@pytest.mark.parametrize(
    ("name", "words"),
    [("NotAllowedError", "does not let the page use the camera"), ("NotFoundError", "no camera")],
)
def test_why_there_is_no_camera_is_said(served: TryIt, page: Page, name: str, words: str) -> None:
    page.add_init_script(
        f"""navigator.mediaDevices.getUserMedia = async () => {{
        throw new DOMException('no', {json.dumps(name)}); }};"""
    )
    page.goto(f"{served.address}/try_it")
    page.locator(".camera:enabled").click()
    expect(page.get_by_role("alert")).to_contain_text(words)


def test_a_picture_of_the_dataset_is_relabelled_and_a_renamed_class_is_said(
    served: TryIt, opened: Page
) -> None:
    tile = opened.locator(".samples .tiles button").nth(4)
    with opened.expect_response("**/picture/**") as picture:
        tile.click()
    image_id = picture.value.url.rpartition("/")[2].removesuffix(".jpg")
    catalog = served.context.catalog
    was = catalog.images.get(image_id).label
    other = next(label for label in catalog.images.classes() if label != was)
    opened.get_by_role("button", name="Wrong?").click()
    opened.locator(".wrong select").select_option(other)
    opened.get_by_role("button", name="Put it into the dataset").click()
    expect(opened.locator(".stored")).to_contain_text(f"In the dataset it is now {other}, for ")
    assert catalog.images.get(image_id).label == other
    opened.get_by_role("button", name="Undo").click()
    expect(opened.locator(".stored")).to_have_text("Taken back.")
    assert catalog.images.get(image_id).label == was
    opened.get_by_role("button", name="Wrong?").click()
    opened.locator(".wrong select").select_option(other)
    catalog.classes.rename(other, "renamed")  # in another tab
    opened.get_by_role("button", name="Put it into the dataset").click()
    expect(opened.locator(".stored")).to_contain_text(f"There is no class '{other}' any more.")
    catalog.classes.rename("renamed", other)
