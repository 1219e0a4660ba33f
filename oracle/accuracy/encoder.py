"""How near an encoder's integer program is to the model that it was made of, in float32, on a text's sentences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from oracle.accuracy.original_encoder import OriginalEncoder
from oracle.accuracy.ranks import rank_correlation
from oracle.accuracy.text import Text, TextUnreadable
from oracle.inference.batch import Batch
from oracle.inference.machine import Machine

NEAR = 0.999
Rows = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class EncoderAccuracy:
    """Cosines of the program's embedding with the original's; `below`: how many are less than 0.999.
    `rank_correlation`: Spearman's, of the cosines of all pairs of sentences, the program's with the original's."""

    text: str
    sha256: str
    sentences: int
    cosine_mean: float
    cosine_least: float
    below: int
    rank_correlation: float


def measure_encoder(
    machine: Machine,
    original: OriginalEncoder,
    prompt: Callable[[str], list[int]],
    text: Text,
    progress: Callable[[str], None] = lambda _: None,
) -> EncoderAccuracy:
    """`prompt`: the ids that are embedded for a text. Raises `TextUnreadable` for less than three sentences."""
    rows = list(map(prompt, text.sentences))
    if len(rows) < 3:
        raise TextUnreadable(f"{text.name}: ranks need three sentences")
    ours, theirs = embeddings(machine, rows), originals(original, rows)
    progress(f"{text.name}: {len(rows)} sentences")
    cosines = (ours * theirs).sum(1)
    return EncoderAccuracy(
        text=text.name,
        sha256=text.sha256,
        sentences=len(rows),
        cosine_mean=float(cosines.mean()),
        cosine_least=float(cosines.min()),
        below=int((cosines < NEAR).sum()),
        rank_correlation=rank_correlation(pairs(ours), pairs(theirs)),
    )


def embeddings(machine: Machine, rows: Sequence[Sequence[int]]) -> Rows:
    """Of the program, each divided by its length: [N, W]."""
    batches = (Batch.of([(machine.cache(len(ids)), ids)], machine.device) for ids in rows)
    found = np.concatenate([machine.run(batch).cpu().numpy() for batch in batches]).astype(np.float64)
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True))


def originals(original: OriginalEncoder, rows: Sequence[Sequence[int]]) -> Rows:
    """As `embeddings`, of the original."""
    return np.stack([original.embed(ids).double().numpy() for ids in rows])


def pairs(rows: Rows) -> Rows:
    """The cosine of each pair of rows that have the length one: [N · (N − 1) / 2]."""
    return np.asarray((rows @ rows.T)[np.triu_indices(len(rows), 1)])
