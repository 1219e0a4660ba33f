"""Compiles contracts/ with py-solc-x and the project's own compiler, under the settings that foundry.toml states."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
OPENZEPPELIN = "node_modules/@openzeppelin/contracts"
DEPLOYED_AS_THEY_ARE = (f"{OPENZEPPELIN}/access/manager/AccessManager.sol",)
OUTPUTS = ["abi", "evm.bytecode.object", "evm.deployedBytecode.object", "evm.deployedBytecode.immutableReferences"]


class CompilationError(RuntimeError):
    """The sources do not compile, or what compiles them is missing; the message says what to do."""


@dataclass(frozen=True)
class Project:
    """A folder with contracts/, foundry.toml and what `make setup` put beside them."""

    root: Path = ROOT

    @cached_property
    def sources(self) -> dict[str, str]:
        """Text of every source of ours by its path from the root, and of what is deployed as others wrote it."""
        ours = sorted((self.root / "contracts").rglob("*.sol"))
        if not ours:
            raise CompilationError(f"{self.root / 'contracts'} holds no sources: contracts compile in a checkout only")
        foreign = [self._installed(path) for path in DEPLOYED_AS_THEY_ARE]
        return {path.relative_to(self.root).as_posix(): path.read_text("utf-8") for path in [*ours, *foreign]}

    @cached_property
    def settings(self) -> dict[str, Any]:
        """The compiler's settings, read from foundry.toml, where they are stated once."""
        stated = tomllib.loads((self.root / "foundry.toml").read_text("utf-8"))["profile"]["default"]
        return {
            "evmVersion": stated["evm_version"],
            "optimizer": {"enabled": stated["optimizer"], "runs": stated["optimizer_runs"]},
            "viaIR": stated["via_ir"],
            "remappings": stated["remappings"],
            "outputSelection": {path: {"*": OUTPUTS} for path in self.sources},
        }

    @cached_property
    def fingerprint(self) -> str:
        """Hex digest of everything that the output depends on."""
        pinned = self._installed("package-lock.json").read_text("utf-8")
        return sha256(json.dumps([self.sources, self.settings, pinned], sort_keys=True).encode()).hexdigest()

    def compile(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Path, contract name and the compiler's output of every contract. Raises `CompilationError`."""
        output = self._run()
        for path in self.sources:
            for name, contract in output["contracts"].get(path, {}).items():
                yield path, name, contract

    def _run(self) -> dict[str, Any]:
        from solcx import compile_standard  # noqa: PLC0415 (slow to import, and cached artifacts do not need it)
        from solcx.exceptions import SolcError  # noqa: PLC0415

        request = {
            "language": "Solidity",
            "sources": {path: {"content": text} for path, text in self.sources.items()},
            "settings": self.settings,
        }
        compiler = self._installed("stack/solc/solc")
        self._installed("node_modules/solc")
        try:
            output: dict[str, Any] = compile_standard(request, base_path=self.root, solc_binary=compiler)
        except SolcError as error:
            raise CompilationError(f"the contracts do not compile: {error.message}") from error
        return output

    def _installed(self, path: str) -> Path:
        found = self.root / path
        if not found.exists():
            raise CompilationError(f"{found} is missing: run `make setup` in a checkout of the project")
        return found
