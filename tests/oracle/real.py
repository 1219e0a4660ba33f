"""Where the weights are that set-up took out of the package which models.lock names."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def real_weights() -> Path:
    """The GGUF file. Raises `FileNotFoundError` where set-up has not run."""
    [model] = tomllib.loads((ROOT / "models.lock").read_text())["model"]
    path = ROOT / ".cache" / "models" / Path(model["member"]).name
    if not path.is_file():
        raise FileNotFoundError(f"{path} is not there: run `make setup`")
    return path
