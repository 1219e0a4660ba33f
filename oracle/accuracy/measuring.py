"""A model against what it was made of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch

from oracle.accuracy.decoder import DecoderAccuracy, measure_decoder
from oracle.accuracy.encoder import EncoderAccuracy, measure_encoder
from oracle.accuracy.original_decoder import OriginalDecoder
from oracle.accuracy.original_encoder import OriginalEncoder
from oracle.accuracy.text import Text
from oracle.inference.devices import CPU, kernels_for
from oracle.inference.machine import Machine
from oracle.models import Model
from oracle.models.importing import read_published
from oracle.models.published import PublishedDecoder

Accuracy = DecoderAccuracy | EncoderAccuracy


def measure(
    model: Model,
    source: Path,
    text: Text,
    progress: Callable[[str], None] = lambda _: None,
    device: torch.device = CPU,
) -> Accuracy:
    """How near the model is to `source`, which it was made of. Raises `SourceUnsupported`, `TextUnreadable`."""
    published = read_published(source)
    machine = Machine(model.program.steps, model.tensors, kernels_for(device))
    if isinstance(published, PublishedDecoder):
        decoder = OriginalDecoder(published.shape, published.weights, device)
        return measure_decoder(machine, decoder, model.tokenizer.encode, text, progress)
    return measure_encoder(
        machine, OriginalEncoder(published.shape, published.weights), prompt_of(model), text, progress
    )


def prompt_of(model: Model) -> Callable[[str], list[int]]:
    """From a text to the ids that are embedded for it, cut to the context."""
    around = model.program.template.user
    room = model.program.context_length - len(around.before) - len(around.after)
    return lambda text: [*around.before, *model.tokenizer.encode(text)[:room], *around.after]
