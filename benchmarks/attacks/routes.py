"""Every route of the studio: what leads out of a workspace is not served, whatever its spelling."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from functools import partial
from urllib.parse import quote

from benchmarks.attacks.attack import Attack, Broken, demand
from benchmarks.attacks.ground import CANARY, Ground
from benchmarks.attacks.servers import Server, running, studio
from core.workspace import Workspace

SECRETS = (CANARY, b"root:x:0:", b"SQLite format 3")
WORKSPACES = (
    "..", "%2e%2e", "%252e%252e", ".%2e", "..%2f..%2fcanary", "..%5c..%5ccanary", "target%2f..",
    "%2fetc", "target%00", "canary", "nowhere", "%c0%ae%c0%ae", "target.", "con", "a" * 300, "%0a",
)  # fmt: skip
PICTURES = (
    "..", "%2e%2e%2fcatalog.sqlite", "..%2f..%2f..%2fcanary%2fsecret", "%2fetc%2fpasswd", "0" * 64,
    "0" * 63, "A" * 64, "0" * 64 + "%00", "*", "%F0%9F%94%8E" * 64,
)  # fmt: skip
RUNS = ("..", "-1", "1e3", "%d9%a1", "1%2f..", "999999999999", "0x1", "1.0", "%00")
PATHS = (
    "..%2f..%2fcatalog.sqlite", "../../catalog.sqlite", "model.safetensors", "//etc/passwd",
    "seen-0000000000000000/../../../catalog.sqlite", "seen-0000000000000000/a/b/c/d.jpg",
    "%2fetc%2fpasswd", "seen-0000000000000000/..%2f..%2f..%2fcatalog.sqlite",
    "seen-0000000000000000/x.jpg%0a", "seen-0000000000000000/x.json",
)  # fmt: skip
SOUNDS = ("..%2f..%2fcatalog.sqlite", "0.wav", "0" * 64 + ".jpg", "..wav", "0" * 64 + ".wav%00.jpg",
          "%2fetc%2fpasswd", "0" * 64 + ".WAV")  # fmt: skip
HOSTILE = {
    "workspace": WORKSPACES, "image_id": PICTURES, "run": RUNS, "path": PATHS, "name": SOUNDS,
}  # fmt: skip
IDS = ("..", "0" * 64, "../../canary/secret", "%00", ",".join(["0" * 64] * 100), "," * 99)
MANY = ",".join(["0" * 64] * 101)
CLASSES = ("..%2f..%2fetc", "%00", "a" * 5000, "%ff", "blue&class=..%2f", "%3Cscript%3E")


def attacks(ground: Ground) -> Iterator[Attack]:
    with running(studio(ground.home)) as server:
        for address in hostile_addresses(ground.target):
            yield Attack(f"GET {address[:90]}", partial(_gives_nothing, server, address))
        for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
            yield Attack(f"{method} a picture", partial(_other_method, server, ground, method))
        for name, address in _links(ground):
            yield Attack(f"a link in place of {name}", partial(_link, server, ground, address))


def hostile_addresses(workspace: Workspace) -> list[str]:
    """For each route and each of its parts, that part hostile and the others as they should be."""
    from streamlit_app import ROUTES

    usual = {"workspace": workspace.name, "image_id": "0" * 64, "run": "1", "path": PATHS[0],
             "name": "0" * 64 + ".wav"}  # fmt: skip
    addresses = []
    for route in ROUTES:
        parts = re.findall(r"{(\w+)", route.path)
        for part in parts:
            told = HOSTILE.get(part, WORKSPACES)
            addresses += [filled(route.path, {**usual, part: hostile}) for hostile in told]
    picture = sorted((workspace.folder / "copies").rglob("*.jpg"))[0].stem
    addresses += [f"/thumbnails/target?ids={ids}" for ids in (*IDS, MANY)]
    addresses += [f"/heatmap/target/{picture}.jpg?class={name}" for name in CLASSES]
    addresses += ["/../canary/notes.txt", "/app/static/../../canary/notes.txt", "//etc/passwd",
                  "/static/..%2f..%2f..%2f..%2fetc%2fpasswd", "/media/..%2f..%2fcatalog.sqlite",
                  "/component/..%2f..%2f..%2fetc/passwd"]  # fmt: skip
    return addresses


def filled(template: str, values: Mapping[str, str]) -> str:
    """The address of a route with these parts; parts that nobody knows are `x`."""
    return re.sub(r"{(\w+)[^}]*}", lambda part: values.get(part[1], "x"), template)


def _gives_nothing(server: Server, address: str) -> None:
    """Not served, or nothing in it: an empty list of pictures, the studio's own page."""
    answer = server.ask(quote(address, safe="/%?&=,:*;@!$'()+~"), patience_s=20)
    demand(answer.status < 500, f"answers {answer.status}")
    demand(not any(secret in answer.body for secret in SECRETS), "gives a secret away")
    page = b"<html" in answer.body[:2000].lower()
    nothing = answer.status >= 400 or answer.body == b"{}" or page
    demand(nothing, f"answers {answer.status} with {len(answer.body):,} bytes")


def _other_method(server: Server, ground: Ground, method: str) -> None:
    picture = sorted((ground.target.folder / "copies").rglob("*.jpg"))[0]
    answer = server.ask(f"/picture/target/{picture.name}", method, b"x" * 1000)
    demand(400 <= answer.status < 500, f"answers {answer.status}")


def _links(ground: Ground) -> Iterator[tuple[str, tuple[str, str]]]:
    """Files of a workspace that may be links: their name, path in the workspace and address."""
    digits, image = "0", "0" * 64
    yield "a working copy", (f"copies/{digits}/{image}.jpg", f"/picture/linked/{image}.jpg")
    yield "a thumbnail", (f"copies/{digits}/{image}.jpg", f"/thumbnails/linked?ids={image}&sharp=1")
    yield "a sound", (f"originals/{digits}/{image}.wav", f"/sound/linked/{image}.wav")
    seen = "seen-0123456789abcdef/x.jpg"
    yield "a picture of a shelf", (f"runs/1/{seen}", f"/seen/linked/1/{seen}")
    yield "the dataset's zip", ("dataset.zip", "/taken-out/linked.zip")


def _link(server: Server, ground: Ground, told: tuple[str, str]) -> None:
    path, address = told
    with ground.borrowed("linked") as workspace:
        file = workspace.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.symlink_to(ground.secret)
        try:
            answer = server.ask(address)
        finally:
            file.unlink()
    demand(answer.status < 500, f"answers {answer.status}")
    demand(len(answer.body) < 200, "the file outside that it leads to is served")


def own_addresses(workspace: Workspace) -> list[str]:
    """One good address for each route that serves what every workspace has."""
    picture = sorted((workspace.folder / "copies").rglob("*.jpg"))[0].stem
    name = quote(workspace.name)
    if not picture:
        raise Broken("there is no picture")
    return [
        f"/picture/{name}/{picture}.jpg",
        f"/thumbnails/{name}?ids={picture}",
        f"/thumbnails/{name}?ids={picture}&sharp=1",
        f"/detail/{name}/{picture}.json",
        f"/heatmap/{name}/{picture}.jpg?class=red",
        f"/sound/{name}/{'0' * 64}.wav",
        f"/seen/{name}/1/seen-0123456789abcdef/x.jpg",
        f"/taken-out/{name}.zip",
    ]


def with_everything(workspace: Workspace) -> Workspace:
    """Give it a file behind each of these addresses."""
    picture = sorted((workspace.folder / "copies").rglob("*.jpg"))[0]
    for path in (
        f"originals/0/{'0' * 64}.wav",
        "runs/1/seen-0123456789abcdef/x.jpg",
        "dataset.zip",
    ):
        (workspace.folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(picture, workspace.folder / path)
    return workspace
