"""Whether the pipeline of transformers answers a bundle's own pictures as the studio did.

    pip install transformers      # in a virtual environment of its own, beside requirements.txt
    HF_HUB_OFFLINE=1 python -m benchmarks.transformers_pipeline BUNDLE

Prints one JSON line: `pictures`, `worst` (the largest difference of a probability, 0..1; the
pipeline resizes the whole picture in whole pixels, so some thousandths remain), `same_answer`
(share of pictures with the same most probable class), and the `version`.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

import core.models.guarded_timm  # noqa: F401 - torch beside another build of torchvision
from core.calibration import with_temperature


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle", type=Path)
    bundle = parser.parse_args().bundle
    import transformers

    classify = transformers.pipeline("image-classification", model=str(bundle), device="cpu")
    own = json.loads((bundle / "config.json").read_text(encoding="utf-8"))["toploss"]
    recorded = json.loads((bundle / "recorded.json").read_text(encoding="utf-8"))
    apart, same = [], []
    for name, expected in recorded.items():
        found = classify(str(bundle / "examples" / name), top_k=len(expected))
        shares = {row["label"]: row["score"] for row in found}
        said = with_temperature(np.array([[shares[k] for k in expected]]), own["temperature"])[0]
        wanted = np.array(list(expected.values()))
        apart.append(float(np.abs(said - wanted).max()))
        same.append(said.argmax() == wanted.argmax())
    told = {
        "pictures": len(apart),
        "worst": round(max(apart), 5),
        "same_answer": float(np.mean(same)),
        "version": transformers.__version__,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
