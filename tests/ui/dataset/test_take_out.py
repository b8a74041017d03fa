"""Taking the dataset out: the job from its button, and the zip for the browser."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.catalog import open_catalog
from core.context import Context
from core.dataset.take_out import take_out
from core.jobs import wait_for
from core.settings import Settings
from core.workspace import open_workspace
from tests.builders import fill
from tests.ui.dataset.sections import open_section
from ui.dataset.take_out import take_out_routes


@pytest.fixture
def insects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    home = tmp_path / "home"
    monkeypatch.setenv("TOPLOSS_HOME", str(home))
    workspace = open_workspace(home, "insects")
    context = Context(workspace, open_catalog(workspace), Settings(home))
    fill(context, {"ant": 3, "bee": 3})
    return context


def test_a_button_starts_the_job_and_the_files_are_offered(insects: Context) -> None:
    app = open_section("Take out")
    app.button(key="take_out_folder").click().run()
    job = wait_for(insects.workspace, insects.catalog, 1, 60)
    assert (job.kind, job.state, job.done) == ("take-out", "done", 6)
    app.run()
    assert not app.exception and not app.error
    assert app.code[0].value == str(insects.workspace.folder / "dataset")
    assert (insects.workspace.folder / "dataset" / "metadata.csv").is_file()


def test_the_browser_gets_the_zip_and_nothing_else(insects: Context) -> None:
    client = TestClient(Starlette(routes=take_out_routes()))
    assert client.get("/taken-out/insects.zip").status_code == 404
    for _ in take_out(insects, "zip"):
        pass
    answer = client.get("/taken-out/insects.zip")
    assert answer.status_code == 200 and "insects.zip" in answer.headers["content-disposition"]
    assert len(zipfile.ZipFile(io.BytesIO(answer.content)).namelist()) == 7
    for name in ("..%2Finsects", "nobody", "%2e%2e", "insects%00"):
        assert client.get(f"/taken-out/{name}.zip").status_code == 404
