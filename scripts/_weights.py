"""The weights that set-up unpacked."""

from __future__ import annotations

from pathlib import Path

import click

MODELS = Path(__file__).resolve().parent.parent / ".cache" / "models"


def first_weights() -> Path:
    """The GGUF file of the model that every deployment begins with."""
    found = sorted(MODELS.glob("*.gguf"))
    if not found:
        raise click.ClickException(f"there are no weights in {MODELS}: run `make setup`, or name a file with --gguf")
    return found[0]
