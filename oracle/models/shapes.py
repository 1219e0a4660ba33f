"""Which tensors a published model has, and of what sizes: outputs × inputs, or one vector."""

from __future__ import annotations

from dataclasses import dataclass

Shapes = dict[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Sizes:
    """The shape of a model, in the literature's words."""

    layers: int
    width: int
    heads: int
    key_value_heads: int
    head_width: int
    hidden_width: int
    vocabulary: int


def decoder_shapes(sizes: Sizes) -> Shapes:
    """Every tensor of a Llama-style decoder with tied embeddings."""
    queries = sizes.heads * sizes.head_width
    keys = sizes.key_value_heads * sizes.head_width
    layer = {
        "attention_norm": (sizes.width,),
        "query": (queries, sizes.width),
        "key": (keys, sizes.width),
        "value": (keys, sizes.width),
        "attention_output": (sizes.width, queries),
        "feed_norm": (sizes.width,),
        "gate": (sizes.hidden_width, sizes.width),
        "up": (sizes.hidden_width, sizes.width),
        "down": (sizes.width, sizes.hidden_width),
    }
    shapes = {f"layers.{i}.{name}": shape for i in range(sizes.layers) for name, shape in layer.items()}
    return {"embedding": (sizes.vocabulary, sizes.width), **shapes, "output_norm": (sizes.width,)}


def encoder_shapes(sizes: Sizes, positions: int, kinds: int) -> Shapes:
    """Every tensor of a BERT-style encoder; `kinds`: of segments, the first of which is used."""
    width, hidden = (sizes.width,), (sizes.hidden_width,)
    square = (sizes.width, sizes.width)
    layer = {
        **dict.fromkeys(("query", "key", "value", "attention_output"), square),
        **{f"{name}.bias": width for name in ("query", "key", "value", "attention_output", "down")},
        **dict.fromkeys(("attention_norm", "attention_norm.bias", "feed_norm", "feed_norm.bias"), width),
        "up": (sizes.hidden_width, sizes.width),
        "up.bias": hidden,
        "down": (sizes.width, sizes.hidden_width),
    }
    return {
        "embedding": (sizes.vocabulary, sizes.width),
        "positions": (positions, sizes.width),
        "segments": (kinds, sizes.width),
        "embedding_norm": width,
        "embedding_norm.bias": width,
        **{f"layers.{i}.{name}": shape for i in range(sizes.layers) for name, shape in layer.items()},
    }
