"""The glossary page: a search, and addresses that name a term."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.playground.glossary import TERMS
from tests.app import open_page
from tests.browser import ROOT


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOPLOSS_HOME", str(tmp_path / "home"))


def headings(app: AppTest) -> list[str]:
    texts = [m.value for m in app.markdown if m.value.startswith("##### ")]
    return [text.removeprefix("##### ").splitlines()[0] for text in texts]


def linked(term: str) -> AppTest:
    app = open_page("glossary")
    app.query_params["term"] = term
    return app.run()


def test_every_term_is_shown_in_order() -> None:
    assert headings(open_page("glossary")) == [term.name for term in TERMS]


def test_a_search_shows_what_is_called_so_first() -> None:
    app = open_page("glossary")
    app.text_input(key="glossary_search").input("stochastic").run()
    assert headings(app)[0] == "SGD"
    assert app.caption[0].value.startswith(f"{len(headings(app))} of ")


def test_a_search_that_finds_nothing_says_so() -> None:
    app = open_page("glossary")
    app.text_input(key="glossary_search").input("<b>zebra").run()
    assert headings(app) == [] and "another" in app.info[0].value


@pytest.mark.parametrize("term", ["epoch", "Epochs"])
def test_an_address_shows_its_term_first(term: str) -> None:
    assert headings(linked(term))[0] == "Epoch"


def test_an_address_with_an_unknown_term_is_said_as_plain_text() -> None:
    app = linked("**[bold](http://x)**" * 100)
    (warning,) = app.warning
    assert "\\*\\*" in warning.value and len(warning.value) < 300
    assert headings(app) == [term.name for term in TERMS]


def test_every_term_links_to_its_page() -> None:
    links = [link.proto.page for link in open_page("glossary").get("page_link")]
    pages = {term.page.rpartition("/")[2] for term in TERMS if term.page}
    assert pages <= set(links)
    assert all((ROOT / "pages" / f"{term.page}.py").is_file() for term in TERMS if term.page)
