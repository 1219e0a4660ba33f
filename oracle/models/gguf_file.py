"""A GGUF file of a Llama-style chat model, read into our names, rows and documents.

GGUF stores the rows of queries and keys so that each rotary pair is adjacent; they are put back into the published
model's order, in which pair i of a head is (i, i + half).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from gguf.quants import dequantize

from oracle.models.tokenizer import tokenizer_document
from oracle.quantising.rounding import Array
from oracle.quantising.shape import Shape
from protocol.errors import CommonholdError
from protocol.program import CONTEXT_LENGTHS, Template, Turn

CONTROL = 3
"""GGUF's token type of control tokens."""

CHAT_ML = (
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n' }}"
    "{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
DEFAULT_SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"

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


class GgufUnsupported(CommonholdError, ValueError):
    """A file that is no GGUF, is damaged, or holds a model of a kind that is not known here."""


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turns whatever a damaged file makes the library raise into `GgufUnsupported`."""
    try:
        yield
    except CommonholdError:
        raise
    except (ArithmeticError, LookupError, OSError, TypeError, ValueError) as error:
        raise GgufUnsupported(f"{path} is no readable GGUF file: {error}") from error


@dataclass(frozen=True, slots=True)
class Sizes:
    """The shape of a Llama-style decoder, in the literature's words."""

    layers: int
    width: int
    heads: int
    key_value_heads: int
    head_width: int
    hidden_width: int
    vocabulary: int


def tensor_shapes(sizes: Sizes) -> dict[str, tuple[int, ...]]:
    """Every tensor of a Llama-style decoder with tied embeddings: outputs × inputs, or one vector."""
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


class GgufFile:
    """One GGUF file, to be used within `reading`. Raises `GgufUnsupported`, naming what does not fit."""

    def __init__(self, path: Path) -> None:
        self._reader = gguf.GGUFReader(path)
        self.path = path
        self._require("general.architecture", "llama")
        self._require("tokenizer.ggml.model", "gpt2")
        self._require("tokenizer.ggml.pre", "smollm")
        self._require("tokenizer.chat_template", CHAT_ML)
        self._require("llama.rope.dimension_count", self.sizes.head_width)
        if any(name.startswith("llama.rope.scaling") for name in self._reader.fields):
            raise GgufUnsupported(f"{path}: rotary scaling is not known")

    @property
    def licence(self) -> str:
        return str(self._field("general.license"))

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

    def control_tokens(self) -> list[int]:
        kinds = self._field("tokenizer.ggml.token_type")
        return [token for token, kind in enumerate(kinds) if kind == CONTROL]

    def tokenizer(self) -> bytes:
        """The tokenizer file."""
        return tokenizer_document(self.tokens, self._field("tokenizer.ggml.merges"), self.control_tokens())

    def stop_tokens(self) -> tuple[int, ...]:
        return (int(self._field("tokenizer.ggml.eos_token_id")),)

    def template(self, encode: Callable[[str], list[int]]) -> Template:
        """The chat template in the ids that `encode` gives to text."""
        start, end = self._token("<|im_start|>"), self._token("<|im_end|>")
        after = (end, *encode("\n"))
        return Template(
            system=Turn(before=(start, *encode("system\n")), after=after),
            default_system=tuple(encode(DEFAULT_SYSTEM)),
            user=Turn(before=(start, *encode("user\n")), after=after),
            assistant=(start, *encode("assistant\n")),
        )

    def shape(self) -> Shape:
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
            raise GgufUnsupported(f"{self.path}: llama.context_length is {found}; known are 2 to {CONTEXT_LENGTHS[-1]}")
        return found

    def weights(self) -> dict[str, Array]:
        """Every tensor under our name, float64, with rows in the published order. Raises when one is missing or odd."""
        if self.sizes.layers > len(self._reader.tensors):
            raise GgufUnsupported(f"{self.path} lacks the tensors of most of its {self.sizes.layers} layers")
        missing, found = tensor_shapes(self.sizes), {}
        for tensor in self._reader.tensors:
            name = _name(tensor.name)
            shape = tuple(int(size) for size in reversed(tensor.shape))
            if missing.pop(name, None) != shape:
                raise GgufUnsupported(f"{self.path}: tensor {tensor.name} {list(shape)} has no place in the model")
            values = self._values(tensor).reshape(shape)
            if not np.isfinite(values).all():
                raise GgufUnsupported(f"{self.path}: {tensor.name} holds numbers that are not finite")
            found[name] = values[self._order(name)] if name.endswith((".query", ".key")) else values
        if missing:
            raise GgufUnsupported(f"{self.path} lacks the tensors {sorted(missing)[:3]}")
        return found

    def _values(self, tensor: gguf.ReaderTensor) -> Array:
        try:
            with np.errstate(all="ignore"):  # what is not finite is refused by its tensor's name
                return np.asarray(dequantize(tensor.data, tensor.tensor_type), np.float64)
        except NotImplementedError as error:
            raise GgufUnsupported(f"{self.path}: {tensor.name} is {tensor.tensor_type.name}, not known here") from error

    def _order(self, name: str) -> Array:
        heads = self.sizes.heads if name.endswith(".query") else self.sizes.key_value_heads
        return np.arange(heads * self.sizes.head_width).reshape(heads, -1, 2).swapaxes(1, 2).reshape(-1)

    def _field(self, name: str) -> Any:
        field = self._reader.fields.get(name)
        if field is None:
            raise GgufUnsupported(f"{self.path} lacks the field {name}")
        return field.contents()

    def _number(self, name: str) -> int:
        return int(self._field(f"llama.{name}"))

    def _token(self, text: str) -> int:
        if text not in self.tokens:
            raise GgufUnsupported(f"{self.path} has no token {text}")
        return self.tokens.index(text)

    def _require(self, name: str, expected: object) -> None:
        found = self._field(name)
        if found != expected:
            raise GgufUnsupported(f"{self.path}: {name} is {found!r}; known is {expected!r}")


def _name(tensor: str) -> str:
    stem = tensor.removesuffix(".weight")
    if stem.startswith("blk."):
        _, layer, part = stem.split(".", 2)
        return f"layers.{layer}.{NAMES.get(part, part)}"
    return NAMES.get(stem, stem)
