"""The contracts' ABIs as committed: one JSON file each, written by `make abi` from what the sources compile to."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent

Abi = list[dict[str, Any]]


class UnknownAbi(KeyError):
    """No ABI of this name is committed."""

    def __str__(self) -> str:
        return str(self.args[0])


@cache
def load_abi(name: str) -> Abi:
    """The ABI of the contract or interface `name`. Raises `UnknownAbi`."""
    path = FOLDER / f"{name}.json"
    if not path.exists():
        known = ", ".join(sorted(file.stem for file in FOLDER.glob("*.json")))
        raise UnknownAbi(f"there is no ABI of {name}; there are {known}")
    abi: Abi = json.loads(path.read_text("utf-8"))
    return abi
