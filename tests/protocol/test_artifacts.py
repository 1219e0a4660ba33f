"""Artifacts follow the sources, and the committed ABIs follow the artifacts."""

import shutil
from pathlib import Path

import pytest

from protocol import artifacts, compiling
from protocol.abi import UnknownAbi, load_abi
from protocol.abi.__main__ import committed, compiled, differences
from protocol.artifacts import Artifact, UnknownContract, load_artifact
from protocol.compiling import ROOT, CompilationError, Project

COUNTER = """
// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

contract Counter {
    uint256 public immutable START;

    constructor(uint256 start) {
        START = start;
    }
}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project of one contract, with this project's compiler and settings."""
    for name in ("foundry.toml", "package-lock.json"):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("node_modules", "stack"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "Counter.sol").write_text(COUNTER)
    monkeypatch.setattr(compiling, "DEPLOYED_AS_THEY_ARE", ())
    monkeypatch.setattr(artifacts, "CACHE", tmp_path / "build")
    monkeypatch.setattr(artifacts, "Project", lambda: Project(tmp_path))
    return Project(tmp_path)


def test_the_committed_abis_are_what_the_sources_compile_to() -> None:
    assert not differences(compiled(), committed()), "run `make abi`"


def test_a_changed_missing_or_left_over_abi_is_named() -> None:
    found = differences({"A.json": "1", "B.json": "1"}, {"B.json": "2", "C.json": "1"})
    assert found == ["A.json is missing", "B.json is not what the sources say", "C.json belongs to no contract"]


def test_an_unknown_name_is_answered_with_those_that_exist() -> None:
    with pytest.raises(UnknownAbi, match="no ABI of Nonsense; there are AccessManager"):
        load_abi("Nonsense")
    with pytest.raises(UnknownContract, match="no contract is called Nonsense; there are AccessManager"):
        load_artifact("Nonsense")


def test_code_is_recognised_whatever_its_immutables_hold(project: Project) -> None:
    counter = load_artifact("Counter")
    filled = bytearray(counter.deployed_bytecode)
    for start, length in counter.immutables:
        filled[start : start + length] = b"\x07" * length
    assert counter.is_code(bytes(filled))
    filled[0] ^= 1
    assert not counter.is_code(bytes(filled))
    assert not counter.is_code(b"")


def test_a_changed_source_is_compiled_again(project: Project) -> None:
    before = load_artifact("Counter")
    source = project.root / "contracts" / "Counter.sol"
    source.write_text(source.read_text().replace("START", "ORIGIN"))
    assert _functions(before) == {"START"}
    assert _functions(load_artifact("Counter")) == {"ORIGIN"}


def test_unchanged_sources_are_not_compiled_again(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    load_artifact("Counter")
    monkeypatch.setattr(Project, "compile", lambda _: pytest.fail("compiled again"))
    assert _functions(load_artifact("Counter")) == {"START"}


def test_a_source_that_does_not_compile_is_named_and_leaves_nothing_behind(project: Project) -> None:
    (project.root / "contracts" / "Broken.sol").write_text("pragma solidity ^0.8.28; contract Broken { nonsense }")
    with pytest.raises(CompilationError, match=r"contracts/Broken\.sol"):
        load_artifact("Counter")
    assert not list((project.root / "build").iterdir())


def test_two_contracts_of_one_name_are_refused(project: Project) -> None:
    (project.root / "contracts" / "Other.sol").write_text(COUNTER)
    with pytest.raises(CompilationError, match="declares Counter, and another file does too"):
        load_artifact("Counter")


def test_without_a_compiler_the_message_says_to_set_up(project: Project) -> None:
    (project.root / "stack").unlink()
    with pytest.raises(CompilationError, match="run `make setup`"):
        load_artifact("Counter")


def _functions(artifact: Artifact) -> set[str]:
    return {entry["name"] for entry in artifact.abi if entry["type"] == "function"}
