"""ONNX Runtime Web, which runs a network in a browser: fetched once, kept, and always the same.

It comes from the npm registry as a package (MIT licence, Microsoft), of which two files are kept.
The package is checked against the registry's own SHA-512 and each file against its SHA-256, so what
a visitor's browser runs is what was tried here. Nothing is fetched when a page is visited.
"""

from __future__ import annotations

import base64
import hashlib
import tarfile
import urllib.error
import urllib.request
from collections.abc import Callable, Generator
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import IO

from core.context import never
from core.errors import StudioError, from_os_error
from core.events import Progressed
from core.files import temporary, write_atomically
from core.owned import remove_file

PIECE_BYTES = 1 << 20
MEGABYTE = 1_000_000
ANSWER_S = 20.0


@dataclass(frozen=True)
class Package:
    """A package of the registry.

    Attributes:
        sha512: of the whole package, in base64, as the registry names it ("dist.integrity").
        files: the path in the package -> SHA-256 in hex, of each file that is kept.
        most_bytes: more than the package has is not read.
    """

    address: str
    sha512: str
    files: dict[str, str]
    most_bytes: int = 40 * MEGABYTE


VERSION = "1.30.0"
RUNTIME = Package(
    f"https://registry.npmjs.org/onnxruntime-web/-/onnxruntime-web-{VERSION}.tgz",
    "q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ==",
    {
        "package/dist/ort.wasm.bundle.min.mjs": (
            "11e64bd8ffe11bd1a2a2f0d6275fdfbbba7262f0b76b99b53d228a8a22ef3d90"
        ),
        "package/dist/ort-wasm-simd-threaded.wasm": (
            "3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2"
        ),
    },
)


FOLDER = f"onnxruntime-web-{VERSION}"
"""In the cache."""


def runtime_files(cache: Path, package: Package = RUNTIME) -> list[Path]:
    """Where the files of the package are, once it was fetched."""
    return [cache / FOLDER / path.rpartition("/")[2] for path in package.files]


def fetch_runtime(
    cache: Path, package: Package = RUNTIME, stop_requested: Callable[[], bool] = never
) -> Generator[Progressed, None, list[Path]]:
    """The files of the package, out of `cache` if they are there and as they should be; empty when
    it was asked to stop.

    Raises:
        StudioError: there is no network, or what came is not the package.
        WorkspaceError: it cannot be written.
    """
    folder, kept = cache / FOLDER, runtime_files(cache, package)
    if not all(map(_is, kept, package.files.values())):
        packed = temporary(folder / "package.tgz")
        try:
            yield from _download(package, packed, stop_requested)
            if stop_requested():
                return []
            _unpack(package, packed, folder)
        finally:
            remove_file(folder, packed)
    return kept


def _is(file: Path, sha256: str) -> bool:
    return file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() == sha256


def _download(
    package: Package, target: Path, stop_requested: Callable[[], bool]
) -> Generator[Progressed, None, None]:
    yield Progressed(0, 0, "Asking the npm registry for ONNX Runtime Web")
    sha512, size = hashlib.sha512(), 0
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with (
            urllib.request.urlopen(package.address, timeout=ANSWER_S) as answer,
            target.open("wb") as file,
        ):
            total = int(answer.headers.get("Content-Length") or 0)
            while (piece := answer.read(PIECE_BYTES)) and not stop_requested():
                sha512.update(piece)
                size += len(piece)
                if size > package.most_bytes:
                    raise _not_the_package(package)
                file.write(piece)
                doing = "Downloading ONNX Runtime Web, MB"
                yield Progressed(size // MEGABYTE, max(total, size) // MEGABYTE, doing)
    except (urllib.error.URLError, TimeoutError, ConnectionError, HTTPException) as error:
        raise _unreachable(package) from error
    except OSError as error:
        raise from_os_error(error, "keeping ONNX Runtime Web") from error
    if not stop_requested() and base64.b64encode(sha512.digest()).decode() != package.sha512:
        raise _not_the_package(package)


def _unpack(package: Package, packed: Path, folder: Path) -> None:
    """Write the wanted members only; names inside the package never become paths."""
    try:
        with tarfile.open(packed, "r:gz") as archive:
            for path, sha256 in package.files.items():
                member = archive.extractfile(path)
                if member is None:
                    raise _not_the_package(package)
                _keep(member, folder / path.rpartition("/")[2], sha256, package)
    except (tarfile.TarError, KeyError, EOFError) as error:
        raise _not_the_package(package) from error


def _keep(member: IO[bytes], file: Path, sha256: str, package: Package) -> None:
    data = member.read(package.most_bytes)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise _not_the_package(package)
    write_atomically(file, data, durable=False)


def _unreachable(package: Package) -> StudioError:
    host = package.address.split("/")[2]
    return StudioError(
        f"{host} cannot be reached, so ONNX Runtime Web cannot be downloaded.",
        "Connect this machine once; it is kept from then on.",
    )


def _not_the_package(package: Package) -> StudioError:
    return StudioError(
        f"What came from {package.address} is not ONNX Runtime Web {VERSION}.",
        "It was thrown away; try again on another network.",
    )
