"""The forward pass again, slow and plain in NumPy float64, one position and one head at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oracle.models.blocks import Blocks
from protocol.manifest import Program

Array = NDArray[Any]


def logits(program: Program, tensors: Mapping[str, Array | Blocks], ids: Sequence[int]) -> Array:
    """Logits float64 [T, V] after each of the ids."""
    weights = {name: plain(tensor) for name, tensor in tensors.items()}
    rows = [weights["embedding"][token] for token in ids]
    for i in range(program.sizes.layers):
        layer = {name: weights[f"layers.{i}.{name}"] for name in LAYER}
        normed = [_norm(program, row, layer["attention_norm"]) for row in rows]
        rows = [row + mixed for row, mixed in zip(rows, _attention(program, layer, normed), strict=True)]
        rows = [row + _feed_forward(layer, _norm(program, row, layer["feed_norm"])) for row in rows]
    return np.stack([weights["embedding"] @ _norm(program, row, weights["output_norm"]) for row in rows])


LAYER = ("attention_norm", "query", "key", "value", "attention_output", "feed_norm", "gate", "up", "down")


def plain(tensor: Array | Blocks) -> Array:
    return np.asarray(tensor.values() if isinstance(tensor, Blocks) else tensor, np.float64)


def _norm(program: Program, row: Array, gain: Array) -> Array:
    return row / np.sqrt(np.mean(row**2) + float(program.norm_epsilon)) * gain


def _attention(program: Program, layer: Mapping[str, Array], rows: Sequence[Array]) -> list[Array]:
    sizes = program.sizes
    queries = [(layer["query"] @ row).reshape(sizes.heads, -1) for row in rows]
    keys = [(layer["key"] @ row).reshape(sizes.key_value_heads, -1) for row in rows]
    values = [(layer["value"] @ row).reshape(sizes.key_value_heads, -1) for row in rows]
    mixed = []
    for here in range(len(rows)):
        heads = []
        for head in range(sizes.heads):
            group = head * sizes.key_value_heads // sizes.heads
            query = _rotated(program, queries[here][head], here)
            scores = [query @ _rotated(program, keys[there][group], there) for there in range(here + 1)]
            weights = np.exp(np.array(scores) / np.sqrt(sizes.head_width))
            heads.append(sum(w * values[there][group] for there, w in enumerate(weights / weights.sum())))
        mixed.append(layer["attention_output"] @ np.concatenate(heads))
    return mixed


def _rotated(program: Program, head: Array, position: int) -> Array:
    half = len(head) // 2
    turned = np.empty_like(head)
    for i in range(half):
        angle = position * program.rope_base ** (-2 * i / len(head))
        a, b = head[i], head[i + half]
        turned[i] = a * np.cos(angle) - b * np.sin(angle)
        turned[i + half] = a * np.sin(angle) + b * np.cos(angle)
    return turned


def _feed_forward(layer: Mapping[str, Array], row: Array) -> Array:
    gate = layer["gate"] @ row
    return layer["down"] @ (gate / (1 + np.exp(-gate)) * (layer["up"] @ row))
