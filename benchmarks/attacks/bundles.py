"""Damaged bundles given to the real served app: it serves, or refuses in two lines."""

from __future__ import annotations

import json
import os
import shutil
import struct
import warnings
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.attacks.attack import Attack, Broken, demand
from benchmarks.attacks.ground import CANARY, Ground
from benchmarks.attacks.servers import Server, served

Damage = Callable[[Path], Path | None]
"""Damages a copy of the bundle; returns what is served instead of the folder, if not that."""
START_S = 60.0
CONFIGS: dict[str, Any] = {
    "label_names": None, "label_names ": [], "label_names  ": ["a"] * 2, "label_names   ": "red",
    "label_names    ": [f"c{n}" for n in range(200_000)], "architecture": "../../etc/passwd",
    "architecture ": "resnet9999", "architecture  ": {"a": 1}, "architecture   ": "x" * 100_000,
    "num_classes": -1, "num_classes ": 10**12, "pretrained_cfg": None, "pretrained_cfg ": [],
    "toploss": [], "toploss ": {"format": 99}, "toploss  ": {"format": True},
    "toploss   ": {"format": 2, "temperature": 0}, "toploss    ": {"format": 2, "temperature": "x"},
    "toploss     ": {"format": 2, "none_of_these": {"threshold": -1}},
    "toploss      ": {"format": 2, "name": "<img src=x onerror=alert(1)>" * 1000},
}  # fmt: skip
SIZES: tuple[Any, ...] = (0, -1, 4096, 4097, 10**9, 1e300, "224", None, [3], float("nan"))
CUT = ("config.json", "manifest.json", "model.onnx", "model.safetensors", "recorded.json")


def attacks(ground: Ground) -> Iterator[Attack]:
    for name, damage in damages(ground):
        yield Attack(name, partial(_served_or_refused, ground, damage), 150)


def damages(ground: Ground) -> Iterator[tuple[str, Damage]]:
    for file in CUT:
        yield f"{file} cut in half", partial(_changed, file, lambda data: data[: len(data) // 2])
        yield f"{file} with bytes flipped", partial(_changed, file, _flipped)
        yield f"{file} empty", partial(_changed, file, lambda data: b"")
        yield f"{file} a pipe", partial(_special, file, os.mkfifo)
        yield f"{file} a folder", partial(_special, file, os.mkdir)
        yield f"{file} a link to another file", partial(_linked, file, ground.secret)
        yield f"{file} a link to /dev/zero", partial(_linked, file, Path("/dev/zero"))
        yield f"{file} missing", partial(_special, file, lambda path: None)
    for key, value in CONFIGS.items():
        yield (
            f"config says {key.strip()} is {str(value)[:40]}",
            partial(_config, key.strip(), value),
        )
    for size in SIZES:
        yield f"config claims a size of {size}", partial(_size, size, True)
        yield f"no graph, a size of {size}", partial(_size, size, False)
    yield "config nested without end", partial(_changed, "config.json", lambda d: b"[" * 200_000)
    yield "a card of 500 MB", partial(_sparse, "README.md", 500_000_000)
    yield "a card that is a pipe", partial(_special, "README.md", os.mkfifo)
    yield (
        "a card that is a link outside",
        partial(_linked, "README.md", ground.canary / "notes.txt"),
    )
    yield "an example that is a link outside", partial(_example, ground.secret)
    yield "an example that is a pipe", _example_pipe
    yield "weights that claim a header of 2 ** 62 bytes", partial(_header, 1 << 62)
    yield "weights that claim a tensor of 1 EB", _tensor
    yield "weights of another network", partial(_weights_of, {})
    for lie in ("../../canary/notes.txt", str(ground.secret), "x\0y", "", "C:\\x", "a/../../x"):
        yield f"manifest names {ascii(lie)[-30:]}", partial(_manifest, lie)
    yield "manifest of a million files", partial(_manifest_many, 1_000_000)
    yield from _zips(ground)


def _zips(ground: Ground) -> Iterator[tuple[str, Damage]]:
    for name in ("../../escaped.json", str(ground.canary / "escaped.json"), "..\\..\\x", "con",
                 "a" * 300):  # fmt: skip
        yield f"zip with {ascii(name)[-30:]}", partial(_zip, {name: b"{}"})
    yield "zip with two names alike", partial(_zip, {"CONFIG.JSON": b"{}"})
    yield "zip with one name twice", partial(_zip, {"config.json": b"{}"})
    yield "zip of 10,000 files", partial(_zip, {f"examples/{n}.txt": b"" for n in range(10_000)})
    yield "zip of 5 GB of nothing, it says", _zip_claim
    yield "zip of 3 GB of nothing", partial(_zip_bomb, 3)
    yield "zip with a link", partial(_zip_link, ground.secret)
    yield "zip that is cut", _zip_cut
    yield "zip in which all lies two folders deep", partial(_zip_deep, "a/b/")


def _served_or_refused(ground: Ground, damage: Damage) -> str:
    folder = ground.folder.parent / "damaged"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ground.bundle, folder / "bundle")
    try:
        bundle = damage(folder / "bundle") or folder / "bundle"
        server = served(bundle, ground.home, "--no-page")
        try:
            return _outcome(server)
        finally:
            server.end()
            server.log.unlink(missing_ok=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _outcome(server: Server) -> str:
    try:
        server.start()
    except Broken as error:
        assert server.process is not None
        said, code = server.said(), server.process.poll()
        demand(code is not None, f"neither serves nor ends within {START_S:.0f} s")
        lines = [line for line in said.splitlines() if line.strip()] or [""]
        demand("Traceback" not in said, f"a traceback: {lines[-1][:150]}")
        demand(
            code == 1 and 1 <= len(lines) <= 4, f"ends by {code} with {len(lines)} lines: {error}"
        )
        demand(CANARY.decode() not in said, "it says what stands in a file outside")
        return ""
    demand("Traceback" not in server.said(), "a traceback while it starts")
    answer = server.ask("/classify", "POST", b"no picture", patience_s=30)
    demand(answer.status in (400, 415, 422), f"answers {answer.status} to what is no picture")
    return ""


def _changed(file: str, change: Callable[[bytes], bytes], folder: Path) -> None:
    path = folder / file
    path.write_bytes(change(path.read_bytes()))


def _flipped(data: bytes) -> bytes:
    changed = bytearray(data)
    for at in range(7, len(data), max(1, len(data) // 50)):
        changed[at] ^= 0xFF
    return bytes(changed)


def _special(file: str, make: Callable[[Path], object], folder: Path) -> None:
    (folder / file).unlink()
    make(folder / file)


def _linked(file: str, goal: Path, folder: Path) -> None:
    (folder / file).unlink()
    (folder / file).symlink_to(goal)


def _config(key: str, value: Any, folder: Path) -> None:
    """With a manifest that agrees, so that it is the config that has to be looked at."""
    _edit(folder, lambda config: config.update({key: value}))


def _size(size: Any, graph: bool, folder: Path) -> None:
    _edit(folder, lambda config: config["pretrained_cfg"].update(input_size=[3, size, size]))
    if not graph:
        for name in ("model.onnx", "model-int8.onnx"):
            (folder / name).unlink(missing_ok=True)
        _without_manifest(folder)


def _edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    change(config)
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    _without_manifest(folder)


def _without_manifest(folder: Path) -> None:
    """As format 1, which has none: what stands in the config is all there is."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    if isinstance(config.get("toploss"), dict) and config["toploss"].get("format") == 2:
        config["toploss"]["format"] = 1
        (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (folder / "manifest.json").unlink(missing_ok=True)


def _sparse(file: str, size: int, folder: Path) -> None:
    os.truncate(folder / file, size)


def _example(goal: Path, folder: Path) -> None:
    first = sorted((folder / "examples").glob("*.jpg"))[0]
    first.unlink()
    first.symlink_to(goal)
    _without_manifest(folder)


def _example_pipe(folder: Path) -> None:
    first = sorted((folder / "examples").glob("*.jpg"))[0]
    first.unlink()
    os.mkfifo(first)
    _without_manifest(folder)


def _header(size: int, folder: Path) -> None:
    data = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", size) + data[8:])
    _size(64, False, folder)


def _tensor(folder: Path) -> None:
    told = {"w": {"dtype": "F32", "shape": [1 << 58], "data_offsets": [0, 1 << 60]}}
    text = json.dumps(told).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + bytes(100))
    _size(64, False, folder)


def _weights_of(told: dict[str, Any], folder: Path) -> None:
    text = json.dumps(told).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text)
    _size(64, False, folder)


def _manifest(name: str, folder: Path) -> None:
    told = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    told["files"][name] = {"sha256": "0" * 64, "bytes": 1}
    (folder / "manifest.json").write_text(json.dumps(told), encoding="utf-8")


def _manifest_many(count: int, folder: Path) -> None:
    told = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    told["files"].update({f"{n}": {"sha256": "", "bytes": 1} for n in range(count)})
    (folder / "manifest.json").write_text(json.dumps(told), encoding="utf-8")


def _zip(more: dict[str, bytes], folder: Path, prefix: str = "") -> Path:
    file = folder.with_name("bundle.zip")
    with zipfile.ZipFile(file, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one that is there twice is what is wanted
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            archive.write(path, prefix + path.relative_to(folder).as_posix())
        for name, data in more.items():
            info = zipfile.ZipInfo("x")
            info.filename = name
            archive.writestr(info, data)
    return file


def _zip_deep(prefix: str, folder: Path) -> Path:
    return _zip({}, folder, prefix)


def _zip_claim(folder: Path) -> Path:
    file = _zip({"examples/big.bin": b"x" * 100}, folder)
    data = bytearray(file.read_bytes())
    at = data.rfind(b"PK\x01\x02")
    struct.pack_into("<I", data, at + 24, 0xFFFFFFF0)
    file.write_bytes(bytes(data))
    return file


def _zip_bomb(gigabytes: int, folder: Path) -> Path:
    file = _zip({}, folder)
    with (
        zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
        archive.open("examples/bomb.bin", "w", force_zip64=True) as member,
    ):
        for _ in range(gigabytes * 64):
            member.write(bytes(1 << 24))
    return file


def _zip_link(goal: Path, folder: Path) -> Path:
    file = _zip({}, folder)
    with zipfile.ZipFile(file, "a") as archive:
        info = zipfile.ZipInfo("examples/link.jpg")
        info.create_system, info.external_attr = 3, 0o120777 << 16
        archive.writestr(info, str(goal))
    return file


def _zip_cut(folder: Path) -> Path:
    file = _zip({}, folder)
    os.truncate(file, file.stat().st_size * 2 // 3)
    return file
