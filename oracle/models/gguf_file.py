"""A GGUF file of a Llama-style chat model, read into our names, rows and documents.

GGUF stores the rows of queries and keys so that each rotary pair is adjacent; they are put back into the published
model's order, in which pair i of a head is (i, i + half).
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from gguf.quants import dequantize

from oracle.models.byte_level import byte_level_document
from oracle.models.chat_ml import CHAT_ML, chat_template
from oracle.models.published import PublishedDecoder, SourceUnsupported, finite, reading
from oracle.models.shapes import Sizes, decoder_shapes
from oracle.models.tokenizer import Tokenizer
from oracle.quantising.rounding import Array
from oracle.quantising.shape import Shape
from protocol.program import CONTEXT_LENGTHS

CONTROL = 3
"""GGUF's token type of control tokens."""

NAMES = {
    "token_embd": "embedding",
    "output_norm": "output_norm",
    "attn_norm": "attention_norm",
    "attn_q": "query",
    "attn_k": "key",
    "attn_v": "value",
    "attn_output": "attention_output",
    "ffn_norm": "feed_norm",
    "ffn_gate": "gate",
    "ffn_up": "up",
    "ffn_down": "down",
}


def read_gguf(path: Path) -> PublishedDecoder:
    """Raises `SourceUnsupported`, naming what does not fit."""
    with reading(path, "GGUF file"):
        return _GgufFile(path).published()


class _GgufFile:
    def __init__(self, path: Path) -> None:
        self._reader = gguf.GGUFReader(path)
        self.path = path
        self._require("general.architecture", "llama")
        self._require("tokenizer.ggml.model", "gpt2")
        self._require("tokenizer.ggml.pre", "smollm")
        self._require("tokenizer.chat_template", CHAT_ML)
        self._require("llama.rope.dimension_count", self.sizes.head_width)
        if any(name.startswith("llama.rope.scaling") for name in self._reader.fields):
            raise SourceUnsupported(f"{path}: rotary scaling is not known")

    @cached_property
    def tokens(self) -> list[str]:
        return list(self._field("tokenizer.ggml.tokens"))

    @cached_property
    def sizes(self) -> Sizes:
        width, heads = self._number("embedding_length"), self._number("attention.head_count")
        return Sizes(
            layers=self._number("block_count"),
            width=width,
            heads=heads,
            key_value_heads=self._number("attention.head_count_kv"),
            head_width=width // heads,
            hidden_width=self._number("feed_forward_length"),
            vocabulary=len(self.tokens),
        )

    def _control_tokens(self) -> list[int]:
        kinds = self._field("tokenizer.ggml.token_type")
        return [token for token, kind in enumerate(kinds) if kind == CONTROL]

    def published(self) -> PublishedDecoder:
        document = byte_level_document(self.tokens, self._field("tokenizer.ggml.merges"), self._control_tokens())
        ids = {token: i for i, token in enumerate(self.tokens)}
        return PublishedDecoder(
            licence=str(self._field("general.license")),
            shape=self._shape(),
            weights=self._weights(),
            tokenizer=document,
            template=chat_template(ids, Tokenizer(document).encode),
            stop_tokens=(int(self._field("tokenizer.ggml.eos_token_id")),),
        )

    def _shape(self) -> Shape:
        sizes = self.sizes
        return Shape(
            layers=sizes.layers,
            heads=sizes.heads,
            key_value_heads=sizes.key_value_heads,
            head_width=sizes.head_width,
            epsilon=float(self._field("llama.attention.layer_norm_rms_epsilon")),
            base=int(self._field("llama.rope.freq_base")),
            context=self._context(),
        )

    def _context(self) -> int:
        found = self._number("context_length")
        if found not in CONTEXT_LENGTHS:
            raise SourceUnsupported(
                f"{self.path}: llama.context_length is {found}; known are 2 to {CONTEXT_LENGTHS[-1]}"
            )
        return found

    def _weights(self) -> dict[str, Array]:
        """Every tensor under our name, float64, with rows in the published order. Raises when one is missing or odd."""
        if self.sizes.layers > len(self._reader.tensors):
            raise SourceUnsupported(f"{self.path} lacks the tensors of most of its {self.sizes.layers} layers")
        missing, found = decoder_shapes(self.sizes), {}
        for tensor in self._reader.tensors:
            name = _name(tensor.name)
            shape = tuple(int(size) for size in reversed(tensor.shape))
            if missing.pop(name, None) != shape:
                raise SourceUnsupported(f"{self.path}: tensor {tensor.name} {list(shape)} has no place in the model")
            values = self._values(tensor).reshape(shape)
            finite(self.path, tensor.name, values)
            found[name] = values[self._order(name)] if name.endswith((".query", ".key")) else values
        if missing:
            raise SourceUnsupported(f"{self.path} lacks the tensors {sorted(missing)[:3]}")
        return found

    def _values(self, tensor: gguf.ReaderTensor) -> Array:
        try:
            with np.errstate(all="ignore"):  # what is not finite is refused by its tensor's name
                return np.asarray(dequantize(tensor.data, tensor.tensor_type), np.float64)
        except NotImplementedError as error:
            raise SourceUnsupported(
                f"{self.path}: {tensor.name} is {tensor.tensor_type.name}, not known here"
            ) from error

    def _order(self, name: str) -> Array:
        heads = self.sizes.heads if name.endswith(".query") else self.sizes.key_value_heads
        return np.arange(heads * self.sizes.head_width).reshape(heads, -1, 2).swapaxes(1, 2).reshape(-1)

    def _field(self, name: str) -> Any:
        field = self._reader.fields.get(name)
        if field is None:
            raise SourceUnsupported(f"{self.path} lacks the field {name}")
        return field.contents()

    def _number(self, name: str) -> int:
        return int(self._field(f"llama.{name}"))

    def _require(self, name: str, expected: object) -> None:
        found = self._field(name)
        if found != expected:
            raise SourceUnsupported(f"{self.path}: {name} is {found!r}; known is {expected!r}")


def _name(tensor: str) -> str:
    stem = tensor.removesuffix(".weight")
    if stem.startswith("blk."):
        _, layer, part = stem.split(".", 2)
        return f"layers.{layer}.{NAMES.get(part, part)}"
    return NAMES.get(stem, stem)
