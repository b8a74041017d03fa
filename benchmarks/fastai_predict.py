"""fastai's `learn.predict` on the kind of network that a bundle holds, for `benchmarks.serving`.

    python -m benchmarks.fastai_predict BUNDLE PICTURES SECONDS

The network is what `vision_learner` makes of the bundle's architecture, for as many classes; how
long it takes does not depend on its weights. A picture is a file, as fastai's own pages predict.
Prints one JSON line: `fastai_ms`, a median.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.fastai_side import SIZE_PX, need_fastai
from benchmarks.serving import SUFFIXES, timed
from core.models.architectures import pretrained
from core.serving.layout import CONFIG


def main() -> None:
    need_fastai()
    bundle, pictures, seconds = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])
    config = json.loads((bundle / CONFIG).read_text(encoding="utf-8"))
    files = sorted(f for f in pictures.rglob("*") if f.suffix.lower() in SUFFIXES)
    learner = _learner(config["architecture"], config["label_names"], files)

    def predict(k: int) -> object:
        with learner.no_bar():
            return learner.predict(files[k % len(files)])

    print(json.dumps({"fastai_ms": timed(lambda: predict, seconds).p50_ms}))


def _learner(architecture: str, labels: list[str], files: list[Path]) -> Any:
    import fastai.vision.all as fv
    from fastai.vision.learner import TimmBody, add_head

    fv.default_device(False)
    loaders = fv.DataBlock(
        blocks=(fv.ImageBlock, fv.CategoryBlock(vocab=labels)),
        get_y=lambda file: labels[files.index(file) % len(labels)],
        splitter=fv.IndexSplitter([0]),
        item_tfms=fv.Resize(SIZE_PX),
        batch_tfms=fv.Normalize.from_stats(*fv.imagenet_stats),
    ).dataloaders(files, bs=2)
    body = TimmBody(pretrained(architecture, num_classes=0))
    model = add_head(body, body.model.num_features, len(labels), pool=body.needs_pool)
    return fv.Learner(loaders, model)


if __name__ == "__main__":
    main()
