"""Image search: what is asked, what comes of it, and what happens when it breaks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from ddgs.exceptions import DDGSException, RatelimitException, TimeoutException

from core.context import Context
from core.dataset.image_search import MAX_CLASSES, classes_of, search_all, search_web, way_in
from core.errors import StudioError
from core.events import Progressed
from tests.builders import picture
from tests.picture_web import Web, serve


@pytest.fixture
def web() -> Iterator[Web]:
    with serve() as web:
        yield web


@pytest.fixture
def opened(context: Context) -> Context:
    return replace(context, settings=replace(context.settings, open_hosts=frozenset({"127.0.0.1"})))


def ended(work):
    while True:
        try:
            assert isinstance(next(work), Progressed)
        except StopIteration as end:
            return end.value


def broken(words: str, count: int) -> list[str]:
    raise StudioError(f"Nothing for {words}.", "Try later.")


def test_what_is_found_is_downloaded_by_the_same_way_as_a_list(opened, web):
    asked = []

    def search(words, count):
        asked.append((words, count))
        name = words.split()[0]
        web.at(f"/{name}.jpg", picture(seed=len(asked)))
        return [f"http://127.0.0.1:{web.port}/{name}.jpg", "http://10.0.0.1/x.jpg"]

    args = {"labels": ["bear", "cat", "bear", " "], "words": "photo", "count": 20}
    listing = ended(way_in(opened, args, search))
    assert asked == [("bear photo", 20), ("cat photo", 20)]
    assert [item.label for item in listing.pictures] == ["bear", "cat"]
    assert {s.path for s in listing.skipped} == {"http://10.0.0.1/x.jpg"}
    assert listing.source == "Search: bear, cat"


def test_no_more_is_taken_than_was_asked_for(context):
    addresses, _ = ended(search_all(context, {"bear": "bear"}, 2, lambda w, n: ["a", "b", "c"]))
    assert [item.address for item in addresses] == ["a", "b"]


def test_a_search_that_fails_is_one_line_in_the_table(context):
    def search(words, count):
        return broken(words, count) if words == "cat" else ["http://a.org/1.jpg"]

    addresses, skipped = ended(search_all(context, {"bear": "bear", "cat": "cat"}, 5, search))
    assert [item.label for item in addresses] == ["bear"]
    assert [(s.path, s.reason) for s in skipped] == [("the search for 'cat'", "Nothing for cat.")]


def test_when_all_searches_fail_the_person_hears_why(context):
    with pytest.raises(StudioError, match="Nothing for"):
        ended(search_all(context, {"bear": "bear", "cat": "cat"}, 5, broken))


def test_stopping_does_not_wait_for_a_site(context):
    answer = threading.Event()
    asked = threading.Event()

    def search(words, count):
        asked.set()
        answer.wait(30)
        return []

    stopping = replace(context, stop_requested=asked.is_set)
    assert ended(search_all(stopping, {"bear": "bear"}, 5, search)) == ([], [])
    assert not answer.is_set()
    answer.set()


@pytest.mark.parametrize("text", ["", " \n "])
def test_no_class_is_said_in_a_sentence(text):
    with pytest.raises(StudioError, match="No class is named"):
        classes_of(text)


def test_too_many_classes_are_said_in_a_sentence():
    with pytest.raises(StudioError, match="More than 100"):
        classes_of("\n".join(map(str, range(MAX_CLASSES + 1))))


def test_pages_of_results_are_gone_through_until_it_is_enough(monkeypatch):
    def images(self, words, *, safesearch, max_results, page):
        assert (words, safesearch) == ("bear", "on")
        if page == 3:
            raise DDGSException("No results found.")
        return [{"image": f"http://a.org/{page}-{n}.jpg"} for n in range(3)] + [{"title": "x"}, {}]

    monkeypatch.setattr("ddgs.ddgs.DDGS.images", images)
    first = [f"http://a.org/1-{n}.jpg" for n in range(3)]
    assert search_web("bear", 3) == first
    assert search_web("bear", 4) == [*first, "http://a.org/2-0.jpg"]
    assert len(search_web("bear", 50)) == 6


@pytest.mark.parametrize(
    "error",
    [
        RatelimitException("202"),
        TimeoutException("late"),
        KeyError("vqd"),
        OSError("no network"),
    ],
)
def test_whatever_breaks_in_a_search_is_said_in_a_sentence(error, monkeypatch):
    def images(self, words, **options):
        raise error

    monkeypatch.setattr("ddgs.ddgs.DDGS.images", images)
    with pytest.raises(StudioError, match=f"brought nothing \\({type(error).__name__}\\)"):
        search_web("bear", 3)
