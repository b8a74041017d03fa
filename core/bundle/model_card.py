"""The model card: what the hub shows, and what a stranger needs to know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from huggingface_hub import EvalResult, ModelCardData

from core.bundle.evaluation import Evaluation
from core.bundle.int8 import LOSS, Quantised
from core.bundle.none_of_these import NoneOfThese
from core.judged import Judged
from core.leaks import leak_sentence
from core.markdown import plain
from core.metrics import Share
from core.models.preprocessing import Preprocessing
from core.records import Run

WIDEST = 12
"""Classes up to which the whole table of answers is shown."""
MOST_CONFUSED = 15


@dataclass(frozen=True, eq=False)
class Facts:
    """What is known of a bundle.

    Attributes:
        name: of the workspace.
        no_graph: why there is no model.onnx; None where there is one.
        small: model-int8.onnx, or why there is none; None where it was not tried.
    """

    name: str
    run: Run
    evaluation: Evaluation
    preprocessing: Preprocessing
    no_graph: str | None
    small: Quantised | str | None
    none: NoneOfThese | None


def model_card(facts: Facts, licence: str, today: date) -> str:
    """Markdown with the hub's metadata on top, from the real evaluation."""
    parts = (
        f"---\n{_metadata(facts, licence)}\n---",
        f"# {plain(facts.name)}",
        _classes(facts),
        _accuracy(facts.evaluation, today),
        _table(facts.evaluation.valid),
        _probabilities(facts.evaluation),
        _none_of_these(facts.none),
        _limits(facts),
        _files(facts),
        _use(facts),
        _made(facts),
    )
    return "\n\n".join(part for part in parts if part) + "\n"


def _metadata(facts: Facts, licence: str) -> str:
    judged = {"validation": facts.evaluation.valid, "test": facts.evaluation.test}
    results = [
        EvalResult(
            task_type="image-classification",
            dataset_type="private",
            dataset_name=facts.name,
            dataset_split=split,
            metric_type="accuracy",
            metric_value=round(side.accuracy.value, 4),
        )
        for split, side in judged.items()
        if len(side)
    ]
    data = ModelCardData(
        license=licence,
        library_name="timm",
        pipeline_tag="image-classification",
        tags=["image-classification", "timm", "onnx", "toploss"],
        model_name=facts.name,
        eval_results=results,
    )
    text: str = data.to_yaml()
    return text.strip()


def _classes(facts: Facts) -> str:
    lines = "\n".join(f"- {plain(label)}" for label in facts.run.classes)
    return f"Tells {len(facts.run.classes)} classes apart:\n\n{lines}"


def _accuracy(evaluation: Evaluation, today: date) -> str:
    lines = [f"Right on {_counted(evaluation.valid.accuracy, 'validation images')}."]
    lines.append(leak_sentence(evaluation.valid_leak))
    if len(evaluation.test):
        lines.append(f"Right on {_counted(evaluation.test.accuracy, 'test images')}.")
        lines.append(leak_sentence(evaluation.test_leak))
    said = "\n".join(lines)
    return f"""## How good it is

{said}
None of these images was trained on; labels as they were on {today.isoformat()}. The validation
images may have chosen among training runs; test images did not choose anything."""


def _counted(share: Share, what: str) -> str:
    return (
        f"{share.hits} of {share.total} {what}: {share.value:.1%}\n"
        f"(95 % interval {share.low:.1%} to {share.high:.1%})"
    )


def _table(valid: Judged) -> str:
    names = [plain(name) for name in valid.classes]
    counts = valid.confusion_cc
    if len(names) > WIDEST:
        return _most_confused(names, counts)
    head = "| label | " + " | ".join(names) + " | right |"
    rows = [
        f"| **{name}** | {' | '.join(map(str, counts[k]))} | {_recall(valid.recall(k))} |"
        for k, name in enumerate(names)
    ]
    rule = "|---" * (len(names) + 2) + "|"
    return "\n".join(
        ["Validation images by label (row) and answer (column):", "", head, rule, *rows]
    )


def _recall(share: Share) -> str:
    if not share.total:
        return "no images"
    return f"{share.value:.0%} ({share.low:.0%} to {share.high:.0%})"


def _most_confused(names: list[str], counts: np.ndarray) -> str:
    wrong = counts * (1 - np.eye(len(names), dtype=int))
    order = np.argsort(-wrong, axis=None, kind="stable")[:MOST_CONFUSED]
    places = [divmod(int(k), len(names)) for k in order]
    rows = [f"| {names[r]} | {names[c]} | {wrong[r, c]} |" for r, c in places if wrong[r, c]]
    if not rows:
        return ""
    head = ["Most confused on validation images:", "", "| label | answer | images |"]
    return "\n".join([*head, "|---|---|---|", *rows])


def _probabilities(evaluation: Evaluation) -> str:
    valid, temperature = evaluation.valid, evaluation.temperature
    return f"""## What the probabilities mean

Logits are divided by {temperature:.2f} before the softmax (a temperature, fitted on the validation
images and one imagined mistake): cross-entropy {valid.mean_loss():.3f} without it,
{valid.mean_loss(temperature):.3f} with it. The weights do not hold it: see `toploss.temperature` in
`config.json`."""


def _none_of_these(none: NoneOfThese | None) -> str:
    if none is None:
        return """## None of these

Not known: pictures of another kind than these may be answered with confidence and wrongly."""
    passed = none.passed
    test = f"; of the test images {passed.hits} of {passed.total} do" if passed.total else ""
    told = "".join(
        f"\n- {plain(t.what)}: AUROC {t.auroc:.3f}; {t.accepted.hits} of {t.accepted.total} "
        f"({t.accepted.value:.0%}) pass as one of the classes"
        for t in none.told
    )
    measured = f"\n\nMeasured on other pictures:\n{told}" if told else ""
    return f"""## None of these

A picture is called none of these when its features are farther from all classes than
{none.threshold:.3f} (`off_topic`); at least {none.pass_rate:.0%} of pictures like the validation
images stay below{test}.{measured}

What looks like the classes is not told from them by this."""


def _limits(facts: Facts) -> str:
    few = [
        plain(name)
        for k, name in enumerate(facts.run.classes)
        if facts.evaluation.valid.recall(k).total < 10
    ]
    rare = f" Fewer than 10 validation images: {', '.join(few)}." if few else ""
    return f"""## Limits

Checked on pictures of the same source as those it was trained on; another camera, light or place
may bring other results.{rare}
It sees pictures of {facts.preprocessing.size_px} px. It was not made for decisions about people,
health or safety."""


def _files(facts: Facts) -> str:
    lines = [
        "- `model.safetensors`, `config.json`: weights and settings, for timm and transformers"
    ]
    if facts.no_graph is None:
        lines.append("- `model.onnx`: the same for ONNX Runtime, any number of pictures at once")
    else:
        lines.append(f"- no `model.onnx`: the exporter said {plain(facts.no_graph)}")
    lines += _small(facts.small)
    listed = "\n".join(lines)
    return f"""## Files

{listed}
- `examples`, `recorded.json`: pictures with the answers that are to be expected
- `manifest.json`: SHA-256 and size of each file. No file holds pickle."""


def _small(small: Quantised | str | None) -> list[str]:
    if small is None:
        return []
    if isinstance(small, str):
        return [f"- no `model-int8.onnx`: the quantiser said {plain(small)}"]
    name = "`model-int8.onnx`: 8-bit integers" if small.kept else "no `model-int8.onnx`"
    why = "" if small.kept else f" (a loss of at most {100 * LOSS:.0f} point is accepted)"
    size, ms = [b / 1e6 for b in small.file_bytes], small.one_ms
    return [
        f"- {name}; right on {small.right.hits} of {small.right.total} validation images "
        f"instead of {small.right_in_floats.hits}{why}, {size[0]:.1f} MB instead of {size[1]:.1f}, "
        f"{ms[0]:.1f} ms a picture instead of {ms[1]:.1f} on the machine that exported it"
    ]


def _use(facts: Facts) -> str:
    onnx = _USE_ONNX if facts.no_graph is None else ""
    return f"""## How to use it

With timm:

```python
import timm
model = timm.create_model("local-dir:THIS_FOLDER", pretrained=True).eval()
labels = model.pretrained_cfg["label_names"]
transform = timm.data.create_transform(**timm.data.resolve_model_data_config(model))
```
{onnx}
With transformers:

```python
from transformers import pipeline
classify = pipeline("image-classification", model="THIS_FOLDER")
print(classify("picture.jpg"))
```

With TopLoss, as a page and over HTTP:

```bash
python gradio_app.py --bundle THIS_FOLDER
curl --data-binary @picture.jpg http://127.0.0.1:7860/classify
```"""


_USE_ONNX = """
With ONNX Runtime (pixels as the transform above makes them):

```python
import json, numpy, onnxruntime
own = json.load(open("THIS_FOLDER/config.json"))["toploss"]
session = onnxruntime.InferenceSession("THIS_FOLDER/model.onnx")
logits = session.run(["logits"], {"pixel_values": transform(picture)[None].numpy()})[0]
shares = numpy.exp(logits - logits.max(1, keepdims=True))
shares = numpy.maximum(shares / shares.sum(1, keepdims=True), 1e-12) ** (1 / own["temperature"])
probabilities = shares / shares.sum(1, keepdims=True)
```
"""


def _made(facts: Facts) -> str:
    run = facts.run
    return (
        f"Architecture `{run.config['architecture']}`, {run.kind} run of {run.created_at[:10]}, "
        "made with TopLoss."
    )
