"""The files of a bundle, format 3.

model.safetensors   weights (timm reads them, with config.json)
config.json         timm's hub layout: architecture, num_classes, label_names, pretrained_cfg; and
                    "toploss": {"format": 3, "name", "run", "timm", "temperature",
                    "none_of_these": {"threshold", "threshold_int8", "pass_rate"} or null}
model.onnx          the same network, one file, batch dimension dynamic (not there when the
                    architecture cannot be exported: then torch answers)
  pixel_values      in: float32 (n, 3, size, size), scaled by mean and std
  logits            out: float32 (n, classes), as timm gives them
  features          out: float32 (n, f), what the logits are a linear function of
  off_topic         out: float32 (n,), distance to what was learned, about 1 for pictures like
                    those; none of the classes where above toploss.none_of_these.threshold
  heat              out: float32 (n, classes, rows, columns); how much each place speaks for a class
                    rather than for the others; below 0: against it
                    (features, off_topic, heat: only where the architecture has them)
model-int8.onnx     the same in 8-bit integers: only there when it was measured to be as accurate
off_topic.safetensors  what the graph computes off_topic with, for torch
examples/NN-label.jpg  up to 12 validation pictures (working copies: no metadata)
recorded.json       {file name in examples: {label: probability}}: what the studio's model says of
                    them, divided by the temperature, as a served answer is
figures.json        what was measured at the export (`core.bundle.figures.Figures`): right answers
                    on validation and test images and on those of each class, as {"hits",
                    "total", "low", "high"} (95 % interval, 0..1); "temperature"; "valid_leak"
                    and "test_leak", how many of these images have a copy in training;
                    "none_of_these", "int8", null where there is none
manifest.json       {"format": 3, "made_with": {tool: version},
                    "files": {path: {"sha256", "bytes"}}} of every file but itself
README.md           the model card; may be edited (the only one)

Probabilities are max(softmax(logits), 1e-12) ** (1 / temperature), divided by their sum: what is
softmax(logits / temperature) where no class is next to impossible. Format 2 had no figures.json.
Format 1 had model.safetensors, config.json, examples, recorded.json and README.md only, no
temperature and no "none of these".
"""

from __future__ import annotations

FORMAT = 3
WEIGHTS = "model.safetensors"
CONFIG = "config.json"
GRAPH = "model.onnx"
GRAPH_INT8 = "model-int8.onnx"
OFF_TOPIC = "off_topic.safetensors"
EXAMPLES = "examples"
RECORDED = "recorded.json"
FIGURES = "figures.json"
MANIFEST = "manifest.json"
CARD = "README.md"

PIXELS = "pixel_values"
"""The name of the graph's input."""
LOGITS = "logits"
DISTANCE = "off_topic"
HEAT = "heat"
FEATURES = "features"
FACTS = "toploss"
"""The key of the graph's metadata: {"architecture", "label_names", "preprocessing"} as JSON."""

EXPORT_AGAIN = "Export it again from the studio's Export page."
"""The way out of most that can be wrong with a bundle."""
