"""A Llama-style decoder (Touvron et al. 2023) in float32: what an integer program is compared with.

T: tokens of this call; P: tokens in the cache before it; W width, H heads, G key-value heads, D head width, F hidden
width, V vocabulary, C capacity of the cache. One sequence; no batch axis.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor
from torch.nn import functional

from oracle.quantising.rounding import Array
from oracle.quantising.shape import Shape


@dataclass(frozen=True, slots=True)
class Cache:
    """Keys and values of the tokens so far, one pair [G, C, D] a layer, and how many tokens there are."""

    keys: list[Tensor]
    values: list[Tensor]
    length: int = 0

    @classmethod
    def empty(cls, shape: Shape, capacity: int, device: torch.device) -> Self:
        sizes = (shape.key_value_heads, capacity, shape.head_width)
        keys = [torch.zeros(sizes, device=device) for _ in range(shape.layers)]
        values = [torch.zeros(sizes, device=device) for _ in range(shape.layers)]
        return cls(keys, values)

    def longer(self, tokens: int) -> Cache:
        """The same cache after so many more tokens."""
        return Cache(self.keys, self.values, self.length + tokens)


@dataclass(frozen=True, slots=True)
class Layer:
    """Weights of one block; matrices are outputs × inputs."""

    attention_norm: Tensor  # [W]
    query_key_value: Tensor  # [(H + 2G)·D, W]
    attention_output: Tensor  # [W, H·D]
    feed_norm: Tensor  # [W]
    gate_up: Tensor  # [2F, W]
    down: Tensor  # [W, F]

    @classmethod
    def build(cls, tensors: Mapping[str, Tensor], layer: int) -> Self:
        def named(*names: str) -> Tensor:
            return torch.cat([tensors[f"layers.{layer}.{name}"] for name in names])

        return cls(
            named("attention_norm"),
            named("query", "key", "value"),
            named("attention_output"),
            named("feed_norm"),
            named("gate", "up"),
            named("down"),
        )


class OriginalDecoder:
    """The forward pass of a model as it was published, on one device."""

    def __init__(self, shape: Shape, weights: Mapping[str, Array], device: torch.device) -> None:
        self.shape = shape
        self.device = device
        on_device = {name: torch.from_numpy(w).to(device, torch.float32) for name, w in weights.items()}
        self.embedding = on_device["embedding"]  # [V, W], also the output head
        self.layers = [Layer.build(on_device, i) for i in range(shape.layers)]
        self.output_norm = on_device["output_norm"]  # [W]
        cosine, sine = rotations(shape)
        self.cosine, self.sine = cosine.to(device), sine.to(device)  # [context, D/2]

    def cache(self, capacity: int) -> Cache:
        return Cache.empty(self.shape, capacity, self.device)

    @torch.inference_mode()
    def forward(self, ids: list[int], cache: Cache, rows: int = 1) -> tuple[Tensor, Cache]:
        """Logits [rows, V] after each of the last `rows` of `ids`, and the cache with all of them."""
        x = self.embedding[torch.tensor(ids, device=self.device)]  # [T, W]
        for i, layer in enumerate(self.layers):
            x = x + self._attention(layer, self._norm(x, layer.attention_norm), cache, i)
            x = x + self._feed_forward(layer, self._norm(x, layer.feed_norm))
        x = self._norm(x[-rows:], self.output_norm)
        return functional.linear(x, self.embedding), cache.longer(len(ids))

    def _norm(self, x: Tensor, gain: Tensor) -> Tensor:
        return functional.rms_norm(x, gain.shape, gain, self.shape.epsilon)

    def _attention(self, layer: Layer, x: Tensor, cache: Cache, index: int) -> Tensor:
        shape, start, end = self.shape, cache.length, cache.length + len(x)
        heads = [shape.heads, shape.key_value_heads, shape.key_value_heads]
        projected = functional.linear(x, layer.query_key_value).view(len(x), -1, shape.head_width)
        q, k, v = torch.split(projected.transpose(0, 1), heads)  # [H, T, D], [G, T, D], [G, T, D]
        cache.keys[index][:, start:end] = self._rotate(k, start)
        cache.values[index][:, start:end] = v
        keys, values = cache.keys[index][:, :end], cache.values[index][:, :end]  # [G, P + T, D]
        mixed = attend(self._rotate(q, start), keys, values)  # [H, T, D]
        return functional.linear(mixed.transpose(0, 1).reshape(len(x), -1), layer.attention_output)

    def _rotate(self, x: Tensor, start: int) -> Tensor:
        """Rotary position embedding (Su et al. 2021) on pairs (i, i + D/2)."""
        cosine, sine = self.cosine[start : start + x.shape[1]], self.sine[start : start + x.shape[1]]
        a, b = x.chunk(2, dim=-1)
        return torch.cat([a * cosine - b * sine, b * cosine + a * sine], dim=-1)

    def _feed_forward(self, layer: Layer, x: Tensor) -> Tensor:
        gate, up = functional.linear(x, layer.gate_up).chunk(2, dim=-1)  # [T, F] each
        return functional.linear(functional.silu(gate) * up, layer.down)


def attend(q: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """Causal attention of the last T positions: q [H, T, D] over keys and values [G, P + T, D] gives [H, T, D]."""
    heads, new, width = q.shape
    group = heads // len(keys)
    if new == 1:
        shared = q.view(len(keys), group, width)[None]  # queries of a group share their keys
        return functional.scaled_dot_product_attention(shared, keys[None], values[None]).view(q.shape)
    mask = torch.ones(new, keys.shape[1], dtype=torch.bool, device=q.device).tril(keys.shape[1] - new)
    keys, values = keys.repeat_interleave(group, 0), values.repeat_interleave(group, 0)
    return functional.scaled_dot_product_attention(q[None], keys[None], values[None], attn_mask=mask)[0]


def rotations(shape: Shape) -> tuple[Tensor, Tensor]:
    """Cosine and sine [context, D/2] of position · base^(−2i/D), computed in float64."""
    width = shape.head_width
    exponents = torch.arange(0, width, 2, dtype=torch.float64) / width
    frequencies = float(shape.base) ** -exponents
    angles = torch.arange(shape.context, dtype=torch.float64)[:, None] * frequencies
    return angles.cos().float(), angles.sin().float()
