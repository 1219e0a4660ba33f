"""A BERT-style sentence encoder (Devlin et al. 2019; Reimers and Gurevych 2019) in float32: what an integer program is
compared with.

T: tokens; W width, H heads, D head width, F hidden width. One sequence; no batch axis.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from oracle.quantising.rounding import Array
from oracle.quantising.shape import EncoderShape


class OriginalEncoder:
    """The forward pass of a model as it was published."""

    def __init__(self, shape: EncoderShape, weights: Mapping[str, Array], dtype: torch.dtype = torch.float32) -> None:
        self.shape = shape
        self._weights = {name: torch.from_numpy(w).to(dtype) for name, w in weights.items()}

    @torch.inference_mode()
    def embed(self, ids: Sequence[int]) -> Tensor:
        """The mean over all positions, divided by its length: [W]."""
        x = self._weights["embedding"][torch.tensor(ids)] + self._weights["positions"][: len(ids)]  # [T, W]
        x = self._norm(x, "embedding_norm")
        for i in range(self.shape.layers):
            prefix = f"layers.{i}."
            x = self._norm(x + self._attention(x, prefix), f"{prefix}attention_norm")
            hidden = functional.gelu(self._linear(x, f"{prefix}up"))  # [T, F]
            x = self._norm(x + self._linear(hidden, f"{prefix}down"), f"{prefix}feed_norm")
        return functional.normalize(x.mean(0), dim=0)

    def _attention(self, x: Tensor, prefix: str) -> Tensor:
        names = ("query", "key", "value")
        heads = [self._linear(x, prefix + name).view(1, len(x), self.shape.heads, -1) for name in names]
        q, k, v = (part.transpose(1, 2) for part in heads)  # [1, H, T, D]
        mixed = functional.scaled_dot_product_attention(q, k, v)[0]
        return self._linear(mixed.transpose(0, 1).reshape(len(x), -1), f"{prefix}attention_output")

    def _linear(self, x: Tensor, name: str) -> Tensor:
        return functional.linear(x, self._weights[name], self._weights[f"{name}.bias"])

    def _norm(self, x: Tensor, name: str) -> Tensor:
        gain = self._weights[name]
        return functional.layer_norm(x, gain.shape, gain, self._weights[f"{name}.bias"], self.shape.epsilon)
