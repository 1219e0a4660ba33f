"""What the contracts' sources compile to: cached under build/artifacts by a hash of everything that decides it."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from protocol.abi import Abi
from protocol.compiling import ROOT, CompilationError, Project

CACHE = ROOT / "build" / "artifacts"


class UnknownContract(KeyError):
    """No source declares a contract of this name."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True, slots=True)
class Artifact:
    """One compiled contract. `immutables` are (start, length), in bytes of the deployed code, left to a constructor."""

    name: str
    source: str
    abi: Abi
    bytecode: bytes
    deployed_bytecode: bytes
    immutables: tuple[tuple[int, int], ...]

    def is_code(self, code: bytes) -> bool:
        """Whether `code`, read from a chain, is this contract, whatever its immutables hold."""
        return len(code) == len(self.deployed_bytecode) and self._blank(code) == self._blank(self.deployed_bytecode)

    def _blank(self, code: bytes) -> bytes:
        blanked = bytearray(code)
        for start, length in self.immutables:
            blanked[start : start + length] = bytes(length)
        return bytes(blanked)


def load_artifact(name: str) -> Artifact:
    """The contract `name` as the sources declare it now; compiles first when they have changed.

    Raises `UnknownContract` and `CompilationError`.
    """
    folder = current()
    path = folder / f"{name}.json"
    if not path.exists():
        known = ", ".join(sorted(file.stem for file in folder.glob("*.json")))
        raise UnknownContract(f"no contract is called {name}; there are {known}")
    return _read(path)


def artifacts() -> Iterator[Artifact]:
    """Every contract, library and interface, by name."""
    for path in sorted(current().glob("*.json")):
        yield _read(path)


def current() -> Path:
    """The folder that holds what the present sources compile to; it is made whole or not at all."""
    project = Project()
    folder = CACHE / project.fingerprint[:16]
    if not folder.exists():
        _fill(folder, project)
    return folder


def _fill(folder: Path, project: Project) -> None:
    CACHE.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=CACHE, prefix=".new-"))
    try:
        _write_all(scratch, project)
        _settle(scratch, folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _write_all(scratch: Path, project: Project) -> None:
    for source, name, output in project.compile():
        path = scratch / f"{name}.json"
        if path.exists():
            raise CompilationError(f"{source} declares {name}, and another file does too: rename one")
        path.write_text(json.dumps({"name": name, "source": source, **output}))


def _settle(scratch: Path, folder: Path) -> None:
    """Another process may have been first; what it made is the same."""
    try:
        scratch.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise


@cache
def _read(path: Path) -> Artifact:
    stored = json.loads(path.read_text())
    deployed = stored["evm"]["deployedBytecode"]
    references = (place for places in deployed.get("immutableReferences", {}).values() for place in places)
    return Artifact(
        name=stored["name"],
        source=stored["source"],
        abi=stored["abi"],
        bytecode=bytes.fromhex(stored["evm"]["bytecode"]["object"]),
        deployed_bytecode=bytes.fromhex(deployed["object"]),
        immutables=tuple(sorted((place["start"], place["length"]) for place in references)),
    )
