"""ONNX Runtime Web: exactly the package that was tried, or a sentence on why not."""

from __future__ import annotations

import base64
import hashlib
import io
import tarfile
from dataclasses import replace

import pytest

from core.errors import StudioError
from core.web.web_runtime import RUNTIME, Package, fetch_runtime
from tests.browser import free_port
from tests.web_bundle import web_server

FILES = {"package/dist/a.mjs": b"export {};", "package/dist/b.wasm": b"\0asm" * 50_000}


def packed(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def package_of(data: bytes, address: str) -> Package:
    sha512 = base64.b64encode(hashlib.sha512(data).digest()).decode()
    sha256_of = {name: hashlib.sha256(content).hexdigest() for name, content in FILES.items()}
    return Package(address, sha512, sha256_of, most_bytes=1_000_000)


@pytest.fixture
def registry(tmp_path):
    """A registry's folder, and the package in it."""
    folder = tmp_path / "registry"
    folder.mkdir()
    data = packed({**FILES, "package/../../evil": b"x", "package/other": b"y"})
    (folder / "p.tgz").write_bytes(data)
    with web_server(folder) as address:
        yield folder, package_of(data, f"{address}p.tgz")


def run(steps):
    """The events of a generator, and what it returns."""
    events = []
    while True:
        try:
            events.append(next(steps))
        except StopIteration as end:
            return events, end.value


def test_the_wanted_files_are_kept_and_fetched_once(registry, tmp_path):
    folder, package = registry
    events, files = run(fetch_runtime(tmp_path / "cache", package))
    assert [file.read_bytes() for file in files] == list(FILES.values())
    assert events[-1].done <= events[-1].total
    (folder / "p.tgz").unlink()
    assert run(fetch_runtime(tmp_path / "cache", package)) == ([], files)
    assert {p.name for p in files[0].parent.iterdir()} == {"a.mjs", "b.wasm"}


def test_a_kept_file_that_was_changed_is_fetched_again(registry, tmp_path):
    _, package = registry
    _, files = run(fetch_runtime(tmp_path / "cache", package))
    files[0].write_bytes(b"changed")
    run(fetch_runtime(tmp_path / "cache", package))
    assert files[0].read_bytes() == FILES["package/dist/a.mjs"]


@pytest.mark.parametrize("harm", ["another package", "too long", "a changed file", "no archive"])
def test_what_is_not_the_package_is_thrown_away(harm, registry, tmp_path):
    folder, package = registry
    data = (folder / "p.tgz").read_bytes()
    if harm == "another package":
        (folder / "p.tgz").write_bytes(data + b"\0")
    elif harm == "too long":
        package = replace(package, most_bytes=10)
    elif harm == "a changed file":
        data = packed({**FILES, "package/dist/b.wasm": b"changed"})
        (folder / "p.tgz").write_bytes(data)
        package = replace(package, sha512=package_of(data, "").sha512)
    else:
        (folder / "p.tgz").write_bytes(b"text")
        package = replace(package, sha512=package_of(b"text", "").sha512)
    with pytest.raises(StudioError, match=r"is not ONNX Runtime Web"):
        run(fetch_runtime(tmp_path / "cache", package))
    files = list((tmp_path / "cache").rglob("*.wasm")) + list((tmp_path / "cache").rglob("*.tgz"))
    assert files == []


def test_without_a_network_it_says_so(tmp_path):
    package = replace(RUNTIME, address=f"http://127.0.0.1:{free_port()}/p.tgz")
    with pytest.raises(StudioError, match=r"127\.0\.0\.1:\d+ cannot be reached") as error:
        run(fetch_runtime(tmp_path, package))
    assert "Connect this machine once" in error.value.hint


def test_it_stops_when_asked(registry, tmp_path):
    events, files = run(fetch_runtime(tmp_path / "cache", registry[1], lambda: True))
    assert files == [] and list((tmp_path / "cache").rglob("*.tgz")) == []
    assert len(events) == 1


def test_only_pinned_files_over_a_safe_connection():
    assert RUNTIME.address.startswith("https://registry.npmjs.org/onnxruntime-web/-/")
    assert len(base64.b64decode(RUNTIME.sha512)) == 64
    assert all(len(bytes.fromhex(sha256)) == 32 for sha256 in RUNTIME.files.values())
