"""Where set-up keeps the models that it made of the weights which models.lock names."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def real_model(name: str = "smollm2") -> Path:
    """The folder for `take_over`. Raises `FileNotFoundError` where set-up has not run."""
    path = ROOT / ".cache" / "models" / name
    if not (path / "store").is_dir():
        raise FileNotFoundError(f"{path / 'store'} is not there: run `make setup`")
    return path
