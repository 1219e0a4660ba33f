"""A model as its makers published it: what every source file is read into before it is quantised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from oracle.quantising.rounding import Array
from oracle.quantising.shape import EncoderShape, Shape
from protocol.errors import CommonholdError
from protocol.program import Template

Weights = Mapping[str, Array]
"""float64 by our names, matrices outputs × inputs."""


class SourceUnsupported(CommonholdError, ValueError):
    """A file or folder that is damaged, or holds a model of a kind that is not known here; the message names what."""


@dataclass(frozen=True, slots=True)
class PublishedDecoder:
    """A Llama-style chat model."""

    licence: str
    shape: Shape
    weights: Weights
    tokenizer: bytes
    template: Template
    stop_tokens: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PublishedEncoder:
    """A BERT-style sentence encoder; `context`: tokens that it reads at most."""

    licence: str
    shape: EncoderShape
    weights: Weights
    tokenizer: bytes
    template: Template
    context: int


@contextmanager
def reading(path: Path, kind: str) -> Iterator[None]:
    """Turns whatever a damaged file makes a library raise into `SourceUnsupported`."""
    try:
        yield
    except CommonholdError:
        raise
    except (ArithmeticError, AttributeError, LookupError, OSError, TypeError, ValueError) as error:
        raise SourceUnsupported(f"{path} is no readable {kind}: {error}") from error


def finite(path: Path, name: str, values: Array) -> Array:
    """The values. Raises `SourceUnsupported` where one is not a number."""
    if not np.isfinite(values).all():
        raise SourceUnsupported(f"{path}: {name} holds numbers that are not finite")
    return values
