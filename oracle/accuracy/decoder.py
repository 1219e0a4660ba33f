"""How near a decoder's integer program is to the model that it was made of, in float32, on a text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp, sqrt

import numpy as np
import torch
from torch import Tensor

from oracle.accuracy.original_decoder import OriginalDecoder
from oracle.accuracy.text import Text, TextUnreadable
from oracle.inference.batch import Batch
from oracle.inference.machine import Machine

LONGEST = 512
"""Tokens of a passage that are looked at."""
LOGIT_UNIT = 1 << 16


@dataclass(frozen=True, slots=True)
class DecoderAccuracy:
    """`tokens`: how many were predicted, each from those before it in its passage. `perplexity_change`: of the
    program against the original, as a part of it, with its standard error over passages. `top1`: the part of
    positions at which both find the same token likeliest. `divergence`: Kullback–Leibler's, of the program's
    predictions from the original's, mean over positions, in nats."""

    text: str
    sha256: str
    tokens: int
    original_perplexity: float
    perplexity: float
    perplexity_change: float
    perplexity_change_error: float
    top1: float
    divergence: float


@dataclass(frozen=True, slots=True)
class _Passage:
    """Sums over the predictions of one passage."""

    tokens: int
    original_loss: float
    loss: float
    agreed: int
    divergence: float


def measure_decoder(
    machine: Machine,
    original: OriginalDecoder,
    encode: Callable[[str], list[int]],
    text: Text,
    progress: Callable[[str], None] = lambda _: None,
) -> DecoderAccuracy:
    """Raises `TextUnreadable` where the text has nothing to predict."""
    longest = min(LONGEST, original.shape.context)
    rows = [ids for passage in text.passages if len(ids := encode(passage)[:longest]) > 1]
    if len(rows) < 2:
        raise TextUnreadable(f"{text.name}: a standard error needs two lines of more than one token")
    found = []
    for done, ids in enumerate(rows, 1):
        found.append(_passage(_program(machine, ids), _original(original, ids), ids[1:]))
        if done % 50 == 0 or done == len(rows):
            progress(f"{text.name}: {done} of {len(rows)} passages")
    return _sum(text, found)


@torch.inference_mode()
def _passage(program: Tensor, original: Tensor, following: Sequence[int]) -> _Passage:
    """`program`, `original`: logarithms of probabilities, [T, V]; `following`: the T tokens that came."""
    places = torch.arange(len(following)), torch.tensor(following)
    return _Passage(
        len(following),
        -float(original[places].sum(dtype=torch.float64)),
        -float(program[places].sum(dtype=torch.float64)),
        int((program.argmax(1) == original.argmax(1)).sum()),
        float((original.exp() * (original - program)).sum(dtype=torch.float64)),
    )


def _program(machine: Machine, ids: Sequence[int]) -> Tensor:
    logits = machine.run(Batch.of([(machine.cache(len(ids)), ids[:-1])], machine.device)).cpu()
    return torch.log_softmax(logits.to(torch.float32) / LOGIT_UNIT, 1)


def _original(original: OriginalDecoder, ids: Sequence[int]) -> Tensor:
    logits, _ = original.forward(list(ids[:-1]), original.cache(len(ids)), rows=len(ids) - 1)
    return torch.log_softmax(logits.cpu(), 1)


def _sum(text: Text, found: Sequence[_Passage]) -> DecoderAccuracy:
    tokens = sum(passage.tokens for passage in found)
    before, after = (sum(values) / tokens for values in zip(*((p.original_loss, p.loss) for p in found), strict=True))
    change = after - before
    strays = np.array([p.loss - p.original_loss - change * p.tokens for p in found])
    error = sqrt(len(found) / (len(found) - 1) * float(strays @ strays)) / tokens
    return DecoderAccuracy(
        text=text.name,
        sha256=text.sha256,
        tokens=tokens,
        original_perplexity=exp(before),
        perplexity=exp(after),
        perplexity_change=exp(change) - 1,
        perplexity_change_error=exp(change) * error,
        top1=sum(passage.agreed for passage in found) / tokens,
        divergence=sum(passage.divergence for passage in found) / tokens,
    )
