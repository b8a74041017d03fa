"""Every picture and number of heat maps and of the Anatomy page, in a real browser."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from core.catalog import open_catalog
from core.context import Context
from core.interpretation.anatomy import take_apart
from core.interpretation.channels import find_channels
from core.interpretation.heat_job import make_heat_maps
from core.interpretation.shelf import shelf_of
from core.interpretation.stored_heat_maps import ACTUAL, PREDICTED, stored_heat_maps
from core.interpretation.walk import walk_through
from core.judged import judged
from core.workspace import open_workspace
from tests.builders import a_context
from tests.conftest import COLOURS, TRAINED, Opened

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
LOADED = """async () => {
  const roots = () => [...document.querySelectorAll('*')].map(e => e.shadowRoot).filter(Boolean);
  const images = () => roots().flatMap(r => [...r.querySelectorAll('img[src^="seen/"]')]);
  const bad = () => images().filter(i => i.getClientRects().length && !i.naturalWidth);
  images().forEach(i => { i.loading = 'eager'; });
  while (!images().length || bad().length) await new Promise(requestAnimationFrame);
  return images().length;
}"""


@pytest.fixture(scope="module")
def studied(exported_home: Path, shared_home: Path) -> Iterator[Context]:
    """A trained workspace with what the jobs find stored."""
    shutil.copytree(exported_home / TRAINED, shared_home / "looked into")
    workspace = open_workspace(shared_home, "looked into")
    context = a_context(workspace, open_catalog(workspace))
    list(take_apart(context, 1))
    list(find_channels(context, 1))
    list(walk_through(context, 1, context.catalog.images.all()[0].id))
    yield context
    context.catalog.close()


def test_the_layers_of_a_run(page: Page, studied: Context, opened: Opened) -> None:
    facts = shelf_of(studied.workspace, studied.catalog, 1).read("anatomy")
    url = opened(studied.workspace.name)
    page.goto(f"{url}/anatomy")
    line = f"tf_efficientnet_lite0: {facts['parameters']:,} parameters"
    expect(page.get_by_text(line)).to_be_visible()
    expect(page.get_by_text(f"takes {facts['ms']:.1f} ms")).to_be_visible()
    tensor = next(layer for layer in facts["layers"] if layer["path"] == "conv_stem")
    numbers = tensor["tensors"][0]
    expect(page.get_by_text(f"mean {numbers['mean']:.4g}")).to_be_visible()
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()
    assert page.evaluate(LOADED) == 1  # the filters
    open_layer(page, "blocks.2.0.conv_dw")
    layer = next(x for x in facts["layers"] if x["path"] == "blocks.2.0.conv_dw")
    sentence = f"is a {layer['kind']} with {layer['parameters']:,} parameters"
    expect(page.get_by_text(sentence)).to_be_visible()


def test_a_picture_on_its_way(page: Page, studied: Context, opened: Opened) -> None:
    shelf = shelf_of(studied.workspace, studied.catalog, 1)
    image = studied.catalog.images.all()[0]
    facts = shelf.read(f"walk/{image.id}")
    powers = np.exp(np.array(facts["logits"]))
    probs = powers / powers.sum()
    classes = studied.catalog.runs.get(1).classes
    own = probs[classes.index(image.label)]
    url = opened(studied.workspace.name)
    page.goto(f"{url}/anatomy")
    page.get_by_role("radio", name="Walk").click()
    card = page.locator(f'button[data-id="{image.id}"]')
    card.click()
    expect(page.get_by_role("heading", name="Layer by layer")).to_be_visible()
    assert page.evaluate(LOADED) == 1 + len(facts["layers"])
    expect(page.get_by_text(f"= {-np.log(own):.4f}")).to_be_visible()
    expect(page.get_by_text(f", {probs.max():.1%}.")).to_be_visible()
    page.locator("figure button").nth(1).click()
    large = page.locator("dialog[open] img")
    expect(large).to_be_visible()
    page.keyboard.press("Escape")
    expect(large).to_be_hidden()


def test_what_the_channels_look_for(page: Page, studied: Context, opened: Opened) -> None:
    facts = shelf_of(studied.workspace, studied.catalog, 1).read("channels")
    url = opened(studied.workspace.name)
    page.goto(f"{url}/anatomy")
    page.get_by_role("radio", name="Channels").click()
    for number, layer in enumerate(facts["layers"], 1):
        page.get_by_role("radio", name=f"{number} · {layer['path']}").click()
        expect(page.get_by_text(f"about {layer['field_px']} of 224 px")).to_be_visible()
        assert page.evaluate(LOADED) == min(12, len(layer["channels"]))
    expect(page.get_by_text(f"best of all {facts['of']} pictures")).to_be_visible()


def test_where_the_model_looked(page: Page, studied: Context, opened: Opened) -> None:
    run = studied.catalog.runs.get(1)
    answers = judged(studied.catalog, run, "valid")
    order = np.argsort(-answers.losses_n, kind="stable")[:4]
    ids = [answers.images[row].id for row in order]
    list(make_heat_maps(studied, 1, ids, [PREDICTED, ACTUAL]))
    shelf = shelf_of(studied.workspace, studied.catalog, 1)
    url = opened(studied.workspace.name)
    page.goto(f"{url}/interpretation")
    page.get_by_role("radio", name="Top losses").click()
    page.get_by_role("button", name=re.compile("Where did it look")).click()
    looks = [look for i in ids for look in stored_heat_maps(shelf, run, i).values()]
    for look in looks:
        sentence = page.get_by_text(f"{look.probability:.1%}. {look.sentence}")
        expect(sentence.first).to_be_visible()
    assert page.evaluate(LOADED) == len(ids) + 2 * len(looks)
    assert {look.label for look in looks} <= set(COLOURS)


def open_layer(page: Page, path: str) -> None:
    box = page.get_by_role("combobox", name=re.compile("Layer, by its name"))
    box.click()
    box.fill(path)
    page.get_by_role("option", name=path, exact=True).click()
