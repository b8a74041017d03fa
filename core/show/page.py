"""A story as one HTML file: pictures inside, no request, a screen a section, and it prints.

Names from outside are escaped; should one slip through all the same, the page's own policy lets no
script run but the one below, by its digest, and nothing be loaded.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path

from core.metrics import Share
from core.records import SIDE_NAMES, EditKind
from core.show.story import FEW, Checked, Example, Mixup, Story

Read = Callable[[str], bytes | None]
"""The JPEG of a picture by its id; None where it is gone."""

FOLDER = Path(__file__).parent
EDITS: dict[EditKind, str] = {
    "relabel": "relabelled",
    "quarantine": "set aside",
    "keep": "looked at and kept",
}
MOST_BARS = 14
PEOPLE = 100  # marks in the plot of what is right


def html_page(story: Story, read: Read) -> str:
    """The whole file."""
    style = (FOLDER / "show.css").read_text(encoding="utf-8")
    script = (FOLDER / "show.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
        f"script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    body = "\n".join(
        f'<section id="s{k}" aria-label="{escape(title)}"><div>{content}</div></section>'
        for k, (title, content) in enumerate(sections(story, read), 1)
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(story.name)}</title><style>{style}</style></head>"
        f"<body><main>{body}</main>"
        '<nav aria-label="Screens"><button id="back" aria-label="Back">←</button>'
        '<span id="at" aria-live="polite"></span>'
        '<button id="on" aria-label="On">→</button>'
        '<button id="full" aria-label="Full screen"><svg viewBox="0 0 16 16" '
        'aria-hidden="true"><path d="M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4"/></svg></button></nav>'
        f"<script>{script}</script></body></html>"
    )


def sections(story: Story, read: Read) -> list[tuple[str, str]]:
    """Title and HTML of each screen; only those that there is something to tell of."""
    checked = story.checked
    screens = [("What it tells apart", _opening(story, read)), ("The pictures", _pictures(story))]
    if checked:
        screens.append(("How good it is", _accuracy(checked)))
        screens.append(("What it answers", _answers(checked, read)))
    if cleaning := _cleaning(story):
        screens.append(("What cleaning changed", cleaning))
    if checked and checked.mixups:
        screens.append(("What it confuses", _mixups(checked.mixups, read)))
    if checked:
        screens.append(("When not to trust it", _doubts(story, checked)))
    return screens


def _opening(story: Story, read: Read) -> str:
    names = [escape(name) for name, _ in story.counts]
    shown = ", ".join(names[:MOST_BARS]) + (", …" if len(names) > MOST_BARS else "")
    verb = "tells apart" if story.checked else "will tell apart"
    return (
        f"<h1>{escape(story.name)}</h1>"
        f'<p class="lead">A model that {verb} {len(names)} kinds of pictures: {shown}.</p>'
        f'<div class="mosaic">{"".join(_img(i, "", read) for i in story.mosaic)}</div>'
    )


def _pictures(story: Story) -> str:
    largest = max((count for _, count in story.counts), default=1)
    bars = "".join(
        f'<li><span>{escape(name)}</span><i style="width:{60 * count / largest:.1f}%"></i>'
        f"<b>{count:,}</b></li>"
        for name, count in story.counts[:MOST_BARS]
    )
    rest = len(story.counts) - MOST_BARS
    more = f"<p>and {rest} smaller classes</p>" if rest > 0 else ""
    done = ", ".join(
        f"{count:,} {word}" for kind, word in EDITS.items() if (count := story.edits.get(kind, 0))
    )
    by_hand = f"<p>By hand: {done}.</p>" if done else ""
    return f'<h2>{story.pictures:,} pictures</h2><ul class="bars">{bars}</ul>{more}{by_hand}'


def _accuracy(checked: Checked) -> str:
    share, side = checked.accuracy, SIDE_NAMES[checked.side]
    return (
        f'<h2>It is right on {share.hits:,} of {share.total:,}</h2>{_marks(share)}'
        f'<p class="lead">{_percent(share.value)} of the {side} pictures, which it '
        f"did not learn from. Of new pictures of the same sort, between {_percent(share.low)} and "
        f"{_percent(share.high)} (95 % interval).</p>"
        f"<p>Asked: {escape(checked.run.name)}.</p>"
    )  # fmt: skip


def _marks(share: Share) -> str:
    """A hundred marks: full for those that are right at least, empty for those wrong at least."""
    low, high = (round(PEOPLE * value) for value in (share.low, share.high))
    kinds = ["yes"] * low + ["may"] * (high - low) + ["no"] * (PEOPLE - high)
    marks = "".join(f'<i class="{kind}"></i>' for kind in kinds)
    label = f"Of {PEOPLE} new pictures {low} to {high} right"
    return (
        f'<div class="marks" role="img" aria-label="{label}">{marks}</div>'
        f'<p class="key"><i class="yes"></i> right <i class="may"></i> right or wrong, '
        f'too few were checked to say <i class="no"></i> wrong, of {PEOPLE} new pictures</p>'
    )


def _answers(checked: Checked, read: Read) -> str:
    right = "".join(_figure(e, read) for e in checked.right)
    wrong = "".join(_figure(e, read) for e in checked.wrong)
    html = f'<h2>Right, and sure of it</h2><div class="row">{right}</div>' if right else ""
    if wrong:
        html += f'<h2>Wrong, and sure of it</h2><div class="row">{wrong}</div>'
    return html


def _cleaning(story: Story) -> str:
    both = story.cleaning
    if both is None or not both.kept_after.total:
        return ""
    before, after = both.kept_before, both.kept_after
    real = both.p_value < 0.05
    if real and after.value > before.value:
        verdict = "Cleaning made it better"
    elif real:
        verdict = "It became worse"
    else:
        verdict = "No measurable change yet"
    return (
        f'<h2>{verdict}</h2><div class="two"><b>{_percent(before.value)}</b><span>→</span>'
        f"<b>{_percent(after.value)}</b></div>"
        f'<p class="lead">right on the same {after.total:,} validation pictures, whose labels '
        f"nobody touched, before and after (paired test, p = {both.p_value:.2g}).</p>"
    )


def _mixups(mixups: Sequence[Mixup], read: Read) -> str:
    rows = "".join(
        f"<li>{_img(m.example.image_id, m.label, read)}<p><b>{escape(m.label)}</b> taken for "
        f"<b>{escape(m.answer)}</b>: {m.count:,} of {m.total:,}</p></li>"
        for m in mixups
    )
    return f'<h2>What it confuses</h2><ul class="mixups">{rows}</ul>'


def _doubts(story: Story, checked: Checked) -> str:
    doubts = [
        "It knows these classes only. A picture of anything else gets one of their names, unless "
        "the served page says “none of these”."
    ]
    if checked.classes and checked.classes[0][1].value < checked.accuracy.low:
        name, share = checked.classes[0]
        doubts.append(
            f"{escape(name)}: right on {share.hits} of {share.total}, less often than on the whole."
        )
    if checked.accuracy.total < FEW:
        doubts.append(
            f"It was checked on {checked.accuracy.total} pictures only, so its share is rough."
        )
    if story.counts and story.counts[-1][1] < story.counts[0][1] / 5:
        (large, most), (small, few) = story.counts[0], story.counts[-1]
        doubts.append(
            f"{escape(small)} has {few:,} picture{'s' * (few != 1)}, {escape(large)} {most:,}: it "
            "has seen little of the small class."
        )
    if checked.side == "valid":
        doubts.append(
            "The pictures that it was checked on also chose between its models; there are no test "
            "pictures that chose nothing."
        )
    items = "".join(f"<li>{doubt}</li>" for doubt in doubts)
    return f'<h2>When not to trust it</h2><ul class="doubts">{items}</ul>'


def _figure(example: Example, read: Read) -> str:
    label = "" if example.label == example.answer else f", labelled {escape(example.label)}"
    return (
        f"<figure>{_img(example.image_id, example.label, read)}<figcaption>"
        f"<b>{escape(example.answer)}</b> {_percent(example.confidence)}{label}"
        "</figcaption></figure>"
    )


def _img(image_id: str, alt: str, read: Read) -> str:
    jpeg = read(image_id)
    if jpeg is None:
        return ""
    data = base64.b64encode(jpeg).decode()
    return f'<img alt="{escape(alt)}" src="data:image/jpeg;base64,{data}">'


def _percent(share: float) -> str:
    """Whole percent, and never 100 % of what is not all."""
    percent = min(99.0, 100 * share) if share < 1 else 100.0
    return f"{percent:.0f}\N{NO-BREAK SPACE}%"
