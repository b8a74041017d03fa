"""The static page: in a real browser, the answers of the studio; and nothing leaves it."""

from __future__ import annotations

import base64
import json
import shutil
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter
from playwright.sync_api import Page, expect

from core.bundle.web_folder import folder_of
from core.calibration import tempered
from core.errors import StudioError
from core.images.working_copy import open_copy, working_copy
from core.models.preprocessing import Preprocessing
from core.serving.classifier import load_classifier
from core.serving.layout import GRAPH, RECORDED
from core.web.static_page import STATIC, TOLERANCE, about_classifier, write_static_page
from core.web.web_runtime import RUNTIME
from tests.builders import encode, oriented, pattern, tinted
from tests.web_bundle import COLOURS, a_bundle, web_server

RESIZE = """async ([width, height, data, toWidth, toHeight, filter, box]) => {
  const { resize } = await import("./pictures.js");
  const bytes = Uint8Array.from(atob(data), (sign) => sign.charCodeAt(0));
  const picture = { width, height, data: bytes };
  return Array.from(resize(picture, toWidth, toHeight, filter, box).data);
}"""
RAW_SQUARE = """async ([width, height, data, how]) => {
  const { square } = await import("./pictures.js");
  const bytes = Uint8Array.from(atob(data), (sign) => sign.charCodeAt(0));
  return Array.from(square({ width, height, data: bytes }, how).data);
}"""
TEMPERED = """async ([logits, temperature]) => {
  const { tempered } = await import("./probabilities.js");
  return tempered(logits, temperature);
}"""
SQUARE = """async ([data, how]) => {
  const { square, workingCopy } = await import("./pictures.js");
  const bytes = Uint8Array.from(atob(data), (sign) => sign.charCodeAt(0));
  const copy = await workingCopy(new Blob([bytes]));
  return [copy.width, copy.height, Array.from(square(copy, how).data)];
}"""


@pytest.fixture
def scripts(page: Page):
    """A tab on the page's own files, without a network."""
    with web_server(STATIC) as address:
        page.goto(address)
        yield page


@pytest.fixture
def mine(context):
    return a_bundle(context.workspace.exports / "quick-1")


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


def photo(size: tuple[int, int], seed: int = 0) -> Image.Image:
    """Noise that is a little smooth, as photos are."""
    values = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    soft = Image.fromarray(values).filter(ImageFilter.GaussianBlur(2))
    return Image.blend(soft, pattern(size, seed), 0.6)


def test_the_browser_resizes_as_pillow_does_bit_by_bit(scripts):
    cases = [
        ((100, 80), (33, 57), "bicubic", None),
        ((320, 240), (112, 112), "bicubic", (10.3, 5.7, 300.1, 230.9)),
        ((50, 40), (112, 100), "bilinear", None),
        ((133, 217), (64, 64), "lanczos", (0, 3.5, 100.25, 200)),
        ((64, 64), (64, 64), "bicubic", None),
    ]
    for size, target, name, box in cases:
        values = np.random.default_rng(1).integers(0, 256, (*size[::-1], 3), dtype=np.uint8)
        arguments = [*size, base64_of(values.tobytes()), *target, name, box]
        pixels = np.array(scripts.evaluate(RESIZE, arguments))
        filter_ = getattr(Image.Resampling, name.upper())
        expected = np.asarray(Image.fromarray(values).resize(target, filter_, box=box))
        assert (pixels == expected.ravel()).all(), (size, target, name)


@pytest.mark.parametrize("way", ["crop", "pad", "squish"])
def test_the_browser_sees_small_and_odd_pictures_bit_by_bit_as_the_studio_does(way, scripts):
    sees = Preprocessing(size_px=56).resized_by(way)
    how = {"size": 56, **{key: value for key, value in asdict(sees).items() if key != "size_px"}}
    for size in [(8, 8), (8, 100), (9, 31), (48, 32), (33, 47), (57, 56), (64, 40), (100, 99)]:
        values = np.random.default_rng(size).integers(0, 256, (*size[::-1], 3), dtype=np.uint8)
        pixels = scripts.evaluate(RAW_SQUARE, [*size, base64_of(values.tobytes()), how])
        assert (np.array(pixels) == sees.crop(Image.fromarray(values)).ravel()).all(), size


@pytest.mark.parametrize("temperature", [0.05, 1.0, 20.0])
def test_the_browser_makes_the_same_probabilities_of_logits(temperature, scripts):
    logits = [[0.1, -0.2, 0.3], [140.8, -140.8, 0.0], [5.0, -30.0, 4.0], [-900.0, 900.0, 1.0]]
    shares = [scripts.evaluate(TEMPERED, [row, temperature]) for row in logits]
    assert shares == pytest.approx(tempered(np.array(logits), temperature), abs=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("way", ["center", "border", "squash"])
def test_what_the_network_sees_is_what_the_studio_sees(way, scripts, tmp_path, settings):
    bundle = a_bundle(tmp_path / "bundle", way)
    how = about_classifier(bundle)["preprocessing"]
    classifier = load_classifier(bundle)
    files = {
        "a working copy": encode(photo((200, 150)), quality=90),
        "an odd size": encode(photo((640, 427)), "PNG"),
        "turned": oriented(photo((500, 333)), 6, quality=95),
        "transparent": encode(pattern((400, 300), 3, "RGBA"), "PNG"),
    }
    for name, data in files.items():
        width, height, pixels = scripts.evaluate(SQUARE, [base64_of(data), how])
        assert (width, height) == open_copy(working_copy(data, settings)).size, name
        apart = np.abs(np.array(pixels) - classifier.crop(data, settings).ravel().astype(int))
        assert apart.mean() < 0.5, (name, apart.mean())


@pytest.mark.slow
def test_a_file_that_is_no_picture_is_said(scripts):
    words = scripts.evaluate(
        """async () => {
          const { workingCopy, Unusable } = await import("./pictures.js");
          try { await workingCopy(new Blob(["no picture"])); } catch (error) {
            return [error instanceof Unusable, error.message];
          }
        }"""
    )
    assert words == [True, "This browser cannot open the file as a picture."]


def test_what_a_browser_cannot_run_is_said_before_anything_is_fetched(context, mine):
    a_bundle(context.workspace.exports / "nearest", interpolation="nearest")
    with pytest.raises(StudioError, match="cannot resize by 'nearest'"):
        list(write_static_page(context, "nearest"))
    with pytest.raises(StudioError, match=r"no bundle '\.\./quick-1'"):
        list(write_static_page(context, "../quick-1"))
    (mine / GRAPH).unlink()
    with pytest.raises(StudioError, match="no ONNX file"):
        list(write_static_page(context, "quick-1"))
    assert not context.settings.cache.exists()


def test_recordings_cannot_name_files_elsewhere(mine):
    (mine / RECORDED).write_text('{"../config.json": {}}')
    with pytest.raises(StudioError, match="example of this bundle is missing"):
        about_classifier(mine)


@pytest.mark.slow
def test_the_page_answers_as_recorded_and_asks_nobody_else(context, mine, page):
    list(write_static_page(context, "quick-1", RUNTIME))
    folder = folder_of(context.workspace, "quick-1", "static")
    assert (folder / "README.md").read_text(encoding="utf-8").startswith('---\ntitle: "Colours')
    addresses, complaints = [], []
    page.on("request", lambda request: addresses.append(request.url))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text))
    with web_server(folder) as address:
        page.goto(address)
        expect(page.locator("h1")).to_have_text("Colours & <more>")
        page.locator("#check:enabled").click()
        page.locator("#checked[data-worst]").wait_for()
        worst = float(page.get_attribute("#checked", "data-worst"))
        print(f"static page: largest difference from the recorded probabilities {worst:.6f}")
        assert worst <= TOLERANCE
        data = tinted("green", 9, (500, 400))
        page.set_input_files("#file", {"name": "a", "mimeType": "image/jpeg", "buffer": data})
        expect(page.locator("#answer li")).to_have_count(len(COLOURS))
        answer = load_classifier(mine).answer(data, context.settings)
        for item in page.locator("#answer li").all():
            probability = float(item.get_attribute("data-probability"))
            label = item.get_attribute("data-label")
            assert probability == pytest.approx(answer.probabilities[label], abs=TOLERANCE)
        expect(page.locator("#none")).to_be_hidden()
        grey = encode(Image.new("RGB", (100, 100), "#7c7468"))
        page.set_input_files("#file", {"name": "g", "mimeType": "image/jpeg", "buffer": grey})
        assert load_classifier(mine).answer(grey, context.settings).none_of_these
        expect(page.locator("#none")).to_be_visible()
        page.set_input_files("#file", {"name": "t", "mimeType": "text/plain", "buffer": b"text"})
        expect(page.locator("#status")).to_contain_text("cannot open the file")
        expect(page.locator("#answer li")).to_have_count(0)
        assert all(url.startswith((address, "blob:", "data:")) for url in addresses)
    assert not complaints


@pytest.mark.slow
def test_the_page_of_a_real_network_answers_as_recorded(trained, bundle, page):
    list(write_static_page(trained, bundle.name))
    folder = folder_of(trained.workspace, bundle.name, "static")
    with web_server(folder) as address:
        page.goto(address)
        page.locator("#check:enabled").click()
        page.locator("#checked[data-worst]").wait_for()
        worst = float(page.get_attribute("#checked", "data-worst"))
    print(f"static page, real network: largest difference {worst:.6f}")
    assert worst <= TOLERANCE


def test_an_older_page_goes_only_when_the_new_one_is_whole(context, mine, tmp_path):
    page_folder = folder_of(context.workspace, "quick-1", "static")
    page_folder.mkdir(parents=True)
    (page_folder / "index.html").write_text("the old one")
    shutil.rmtree(mine / "examples")
    with pytest.raises((StudioError, OSError)):
        list(write_static_page(context, "quick-1"))
    assert (page_folder / "index.html").read_text() == "the old one"
    assert [path.name for path in page_folder.parent.iterdir()] == ["quick-1-static"]
    assert [path.name for path in page_folder.parent.parent.iterdir()] == ["static"]


def test_the_page_says_by_itself_what_may_be_connected_to():
    html = Path(STATIC / "index.html").read_text(encoding="utf-8")
    assert "default-src 'none'" in html and "connect-src 'self'" in html
    for file in STATIC.iterdir():
        text = file.read_text(encoding="utf-8")
        assert "http://" not in text and "https://" not in text, file.name
        assert "innerHTML" not in text, file.name
    assert json.dumps(sorted(path.name for path in STATIC.iterdir())).count(".") == 6
