"""Models to register: those that set-up prepared, and any file or folder."""

from __future__ import annotations

from pathlib import Path

import click

from oracle.models import ModelIdentity, quantise
from oracle.models.prepared import take_over
from oracle.quantising.method import Method
from oracle.store import Store

MODELS = Path(__file__).resolve().parent.parent / ".cache" / "models"
PREPARED = ("smollm2", "minilm")
"""What models.lock names: a chat model and a sentence encoder."""


def model_of(weights: Path | None, prepared: str, method: Method, store: Store, name: str = "") -> ModelIdentity:
    """The model of a file or folder, made now, or one that set-up prepared by this method."""
    if weights is None:
        return take_over(MODELS / prepared, method, store)
    click.echo(f"quantising {weights.name}: about a minute …")
    return quantise(weights, store, name=name, method=method, progress=click.echo)
