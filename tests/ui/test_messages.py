"""Text from outside is shown as it is, not as Markdown."""

from __future__ import annotations

from markdown_it import MarkdownIt

from core.markdown import plain
from ui.job_progress import duration


def test_markdown_and_html_in_names_mean_nothing() -> None:
    for name in ("**bold**", "[x](http://y)", "<script>alert(1)</script>", "# a", "`c`", ":red[a]"):
        html = MarkdownIt().render(plain(name))
        shown = html.removeprefix("<p>").removesuffix("</p>\n")
        assert "<" not in shown
        assert shown.replace("&lt;", "<").replace("&gt;", ">") == name


def test_durations_are_said_as_a_person_would() -> None:
    assert [duration(s) for s in (3.4, 89, 300, 7200)] == ["3 s", "89 s", "5 min", "2.0 h"]
