"""The models that set-up prepared."""

from __future__ import annotations

from pathlib import Path

import click

from oracle.models import ModelIdentity, quantise
from oracle.models.prepared import take_over
from oracle.quantising.method import Method
from oracle.store import Store

MODELS = Path(__file__).resolve().parent.parent / ".cache" / "models"


def model_of(gguf: Path | None, method: Method, store: Store, name: str = "") -> ModelIdentity:
    """A file's model, made now, or the one that set-up prepared by this method."""
    if gguf is None:
        return take_over(MODELS, method, store)
    click.echo(f"quantising {gguf.name}: some minutes …")
    return quantise(gguf, store, name=name, method=method, progress=click.echo)
