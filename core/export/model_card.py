"""The model card: what the hub shows, and what a stranger needs to know."""

from __future__ import annotations

from datetime import date

from core.markdown import plain
from core.metrics import Share
from core.records import Run


def model_card(name: str, run: Run, accuracy: Share, today: date) -> str:
    """Markdown with the hub's metadata on top, from the real evaluation."""
    classes = "\n".join(f"- {plain(label)}" for label in run.classes)
    return f"""---
library_name: timm
pipeline_tag: image-classification
tags: [image-classification, timm, toploss]
---

# {name}

Tells {len(run.classes)} classes apart:

{classes}

## How good it is

Right on {accuracy.hits} of {accuracy.total} validation images: {accuracy.value:.1%}
(95 % interval {accuracy.low:.1%} to {accuracy.high:.1%}). These images were never trained on;
labels as they were on {today.isoformat()}. Pictures of another kind than these may be answered
with confidence and wrongly: there is no class "none of these".

## How to use it

As a page: `python gradio_app.py --bundle THIS_FOLDER`

In Python:

```python
import timm
model = timm.create_model("local-dir:THIS_FOLDER", pretrained=True).eval()
labels = model.pretrained_cfg["label_names"]
```

Architecture `{run.config["architecture"]}`, {run.kind} run of {run.created_at[:10]}, made with
TopLoss. The files hold no pickle.
"""
