"""The story as a file: nothing from outside is markup, nothing is loaded, every sentence holds."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from core.metrics import Share
from core.records import Run
from core.show.page import PEOPLE, html_page, sections
from core.show.story import Checked, Example, Mixup, Story

JPEG = b"\xff\xd8picture\xff\xd9"
HOSTILE = "<script>alert(1)</script>\"'><img src=http://evil.example/x onerror=alert(1)>"


def told(**changes) -> Story:
    example = Example("1", "ant", "bee", 0.97)
    checked = Checked(
        Run(1, "quick 1", "quick", {}, ("ant", "bee"), "2026-01-01", "completed", None),
        "valid",
        Share(45, 50),
        (("ant", Share(5, 10)), ("bee", Share(40, 40))),
        (Example("2", "bee", "bee", 1.0),),
        (example,),
        (Mixup("ant", "bee", 5, 10, example),),
    )
    facts = {"name": "Insects", "counts": (("bee", 400), ("ant", 30)), "mosaic": ("1", "2"),
             "checked": checked, "edits": {"relabel": 3}, "cleaning": None, **changes}  # fmt: skip
    return Story(**facts)


class Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs) -> None:
        self.seen.append((tag, dict(attrs)))


def words_of(story: Story) -> str:
    html = " ".join(content for _, content in sections(story, lambda _: JPEG))
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_nothing_from_outside_is_markup():
    checked = told().checked
    example = Example("1", HOSTILE, HOSTILE, 0.9)
    hostile = Checked(
        replace(checked.run, name=HOSTILE), "test", checked.accuracy,
        ((HOSTILE, Share(1, 10)),), (example,), (example,),
        (Mixup(HOSTILE, HOSTILE, 1, 2, example),),
    )  # fmt: skip
    html = html_page(
        told(name=HOSTILE, counts=((HOSTILE, 9), ("b", 1)), checked=hostile), lambda _: JPEG
    )
    tags = Tags(html).seen
    assert sum(tag == "script" for tag, _ in tags) == 1
    for tag, attributes in tags:
        assert not any(name.startswith("on") for name in attributes)
        if tag == "img":
            assert attributes["src"].startswith("data:image/jpeg;base64,")
        assert "href" not in attributes


def test_nothing_is_loaded_and_no_other_script_runs():
    html = html_page(told(), lambda _: JPEG)
    policy = next(a["content"] for tag, a in Tags(html).seen if a.get("http-equiv"))
    assert policy.startswith("default-src 'none'; img-src data:;")
    assert re.search(r"script-src 'sha256-[A-Za-z0-9+/]+=*';", policy)
    assert not re.search(r"(src|href)=\"?https?:", html) and "@import" not in html


def test_what_is_told_are_the_facts():
    words = words_of(told())
    assert "It is right on 45 of 50" in words and "90 % of the validation pictures" in words
    assert "ant taken for bee : 5 of 10" in words
    assert "By hand: 3 relabelled." in words
    assert "ant: right on 5 of 10, less often than on the whole." in words
    assert "checked on 50 pictures only" in words
    assert "ant has 30 pictures, bee 400" in words


def test_the_marks_show_the_interval():
    html = " ".join(content for _, content in sections(told(), lambda _: JPEG))
    marks = re.search(r'<div class="marks".*?</div>', html)[0]
    share = Share(45, 50)
    assert marks.count('class="yes"') == round(PEOPLE * share.low)
    assert marks.count('class="no"') == PEOPLE - round(PEOPLE * share.high)
    assert marks.count("<i") == PEOPLE


def test_doubts_that_do_not_hold_are_not_said():
    even = told(counts=(("ant", 300), ("bee", 300)))
    assert "seen little of" not in words_of(even)
    classes = (("ant", Share(450, 500)), ("bee", Share(450, 500)))
    many = replace(told().checked, accuracy=Share(900, 1000), side="test", classes=classes)
    words = words_of(told(checked=many))
    assert "pictures only" not in words and "less often" not in words
    assert "chose between its models" not in words


@pytest.mark.parametrize("share", [Share(1999, 2000), Share(2000, 2000)])
def test_only_all_of_them_are_a_hundred_percent(share):
    checked = replace(told().checked, accuracy=share)
    assert ("100 % of the validation" in words_of(told(checked=checked))) == (share.hits == 2000)


def test_without_a_model_only_the_pictures_are_told():
    titles = [title for title, _ in sections(told(checked=None), lambda _: JPEG)]
    assert titles == ["What it tells apart", "The pictures"]
    assert "will tell apart" in words_of(told(checked=None))


def test_a_picture_that_is_gone_leaves_a_gap_and_no_error():
    assert "<img" not in html_page(told(), lambda _: None)
