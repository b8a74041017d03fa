"""Answering from a bundle, and the HTTP around it: no catalog, no workspace."""

MAY_IMPORT = (
    "core.calibration",
    "core.csv_text",
    "core.errors",
    "core.files",
    "core.images",
    "core.markdown",
    "core.models",
    "core.owned",
    "core.settings",
    "core.web_guard",
)
"""The rest of the studio that this package may use; a Space copies what it does use."""
