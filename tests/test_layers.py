"""Who may import whom: arrows point down only (ARCHITECTURE.md)."""

from __future__ import annotations

import ast
from pathlib import Path

from core.serving import MAY_IMPORT
from core.web.closure import closure

ROOT = Path(__file__).parent.parent
LAYERS = (
    {
        "core.errors",
        "core.ahead",
        "core.appearance",
        "core.settings",
        "core.records",
        "core.events",
        "core.files",
        "core.csv_text",
        "core.owned",
        "core.processes",
        "core.markdown",
        "core.web_guard",
    },
    {
        "core.workspace",
        "core.metrics",
        "core.calibration",
        "core.sample_photos",
        "core.suspicion",
        "core.feature_store",
    },
    {"core.images", "core.catalog", "core.heartbeat"},
    {"core.context", "core.judged", "core.leaks", "core.leftovers"},
    {"core.models", "core.jobs", "core.lookalikes", "core.runs"},
    {"core.next_step"},
    {"core.serving"},
    {
        "core.dataset",
        "core.training",
        "core.review",
        "core.interpretation",
        "core.bundle",
        "core.playground",
    },
    {"core.web", "core.upkeep", "core.show", "core.first_training"},
    {"core.try_it"},
    {"core.worker", "core.visitors"},
    {"ui"},
    {"pages"},
    {"streamlit_app", "gradio_app"},
)
ONLY_IN = {
    "streamlit": ("ui", "pages", "streamlit_app"),
    "plotly": ("ui", "pages"),
    "gradio": ("gradio_app",),
    "torch": ("core.models", "core.training", "core.interpretation", "core.serving", "core.bundle"),
    "timm": ("core.models",),
    "sqlite3": ("core.catalog",),
    "PIL": ("core.images", "core.models"),
}
FILES = sorted(
    [
        *ROOT.glob("core/**/*.py"),
        *ROOT.glob("ui/**/*.py"),
        *ROOT.glob("pages/**/*.py"),
        ROOT / "streamlit_app.py",
        ROOT / "gradio_app.py",
    ]
)


def name_of(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def layer_of(module: str) -> tuple[int, str] | None:
    """The number of the layer and the part of it that a module belongs to."""
    for number, parts in enumerate(LAYERS):
        for part in parts:
            if module == part or module.startswith(f"{part}."):
                return number, part
    return None


def imports_of(file: Path) -> set[str]:
    """Modules that a file imports anywhere, also inside functions."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} uses a relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


IMPORTS = {name_of(file): imports_of(file) for file in FILES}


def test_arrows_point_down() -> None:
    upward = []
    for name, imported in IMPORTS.items():
        if name == "core":
            continue
        here = layer_of(name)
        assert here is not None, f"{name} has no layer"
        for module in imported:
            target = layer_of(module)
            if target is None or target[1] == here[1]:
                continue
            if not (target[0] < here[0] or is_base(here[0], target[0])):
                upward.append(f"{name} imports {module}")
    assert not upward


def is_base(here: int, target: int) -> bool:
    """The bottom layer's files may use each other."""
    return here == target == 0


def test_libraries_stay_in_their_rooms() -> None:
    outside = []
    for name, imported in IMPORTS.items():
        for module in imported:
            rooms = ONLY_IN.get(module.split(".")[0], (name,))
            if not any(name == room or name.startswith(f"{room}.") for room in rooms):
                outside.append(f"{name} imports {module}")
    assert not outside


def test_what_is_served_needs_no_catalog_and_no_more_of_the_studio_than_it_says() -> None:
    """What a Space copies is what these need (`core.web.closure`)."""
    needed = {
        module
        for name, imported in IMPORTS.items()
        if name == "core.serving" or name.startswith("core.serving.")
        for module in imported
        if module.startswith("core.") and not module.startswith("core.serving")
    }
    outside = {m for m in needed if not any(m == a or m.startswith(f"{a}.") for a in MAY_IMPORT)}
    assert not outside
    unused = [a for a in MAY_IMPORT if not any(m == a or m.startswith(f"{a}.") for m in needed)]
    assert not unused


def test_a_space_holds_nothing_of_the_studio_but_that() -> None:
    files = closure(ROOT / "gradio_app.py", ("torch",)).files
    modules = {name_of(file) for file in files if file.is_relative_to(ROOT / "core")} - {"core"}
    held = ("core.catalog", "core.jobs", "core.context", "core.bundle", "core.web.")
    assert not {m for m in modules if m.startswith(held)}


def test_only_settings_read_the_environment() -> None:
    readers = {name_of(file) for file in FILES if _names_the_environment(file)}
    # A worker inherits the environment; gradio reads its own switches from it.
    assert readers == {"core.settings", "core.jobs", "gradio_app"}


def _names_the_environment(file: Path) -> bool:
    """In its code; what it writes for others is text."""
    nodes = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    names = {n.attr for n in nodes if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name)
             and n.value.id == "os"}  # fmt: skip
    return bool(names & {"environ", "getenv", "environb"})


def test_nothing_reads_or_writes_pickle() -> None:
    for file in FILES:
        text = file.read_text(encoding="utf-8")
        assert not {"pickle", "joblib", "dill"} & IMPORTS[name_of(file)], name_of(file)
        assert "torch.save(" not in text
        assert text.count("torch.load(") == text.count("weights_only=True"), name_of(file)


def test_pages_are_short() -> None:
    for file in ROOT.glob("pages/**/*.py"):
        assert len(file.read_text(encoding="utf-8").splitlines()) <= 120, file.name
