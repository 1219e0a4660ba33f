"""A GGUF file of a Llama-style chat model, read into our names, rows and documents.

GGUF stores the rows of queries and keys so that each rotary pair is adjacent; they are put back into the published
model's order, in which pair i of a head is (i, i + half).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import gguf
import numpy as np

from oracle.models.blocks import Array, Blocks, from_q4_0, from_q4_1, from_q8_0
from oracle.models.tokenizer import tokenizer_document
from oracle.models.weights import tensor_shapes
from protocol.errors import CommonholdError
from protocol.manifest import PROGRAM_FORMAT, Program, Sizes, Template, Turn, decode_program
from protocol.manifest import encode as encode_document

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
DECODERS = {"Q4_0": from_q4_0, "Q4_1": from_q4_1, "Q8_0": from_q8_0}


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

    def program(self, encode: Any) -> Program:
        """The program, with the template written in the ids that `encode` gives to text. Raises `ManifestInvalid`."""
        start, end = self._token("<|im_start|>"), self._token("<|im_end|>")
        after = (end, *encode("\n"))
        program = Program(
            format=PROGRAM_FORMAT,
            architecture="llama",
            arithmetic="float32",
            sizes=self.sizes,
            norm_epsilon=str(np.float32(self._field("llama.attention.layer_norm_rms_epsilon"))),
            rope_base=int(self._field("llama.rope.freq_base")),
            context_length=self._number("context_length"),
            template=Template(
                system=Turn(before=(start, *encode("system\n")), after=after),
                default_system=tuple(encode(DEFAULT_SYSTEM)),
                user=Turn(before=(start, *encode("user\n")), after=after),
                assistant=(start, *encode("assistant\n")),
            ),
            control_tokens=tuple(self.control_tokens()),
            stop_tokens=(int(self._field("tokenizer.ggml.eos_token_id")),),
            sampling="greedy, gumbel-max/1",
        )
        return decode_program(encode_document(program))

    def tensors(self) -> Iterator[tuple[str, Array | Blocks]]:
        """Every tensor under our name, with rows in the published order. Raises when one is missing or strange."""
        missing = tensor_shapes(self.sizes)
        for tensor in self._reader.tensors:
            name = _name(tensor.name)
            shape = tuple(int(size) for size in reversed(tensor.shape))
            if missing.pop(name, None) != shape:
                raise GgufUnsupported(f"{self.path}: tensor {tensor.name} {list(shape)} has no place in the model")
            yield name, self._rows(name, self._matrix(tensor))
        if missing:
            raise GgufUnsupported(f"{self.path} lacks the tensors {sorted(missing)[:3]}")

    def _matrix(self, tensor: gguf.ReaderTensor) -> Array | Blocks:
        kind = tensor.tensor_type.name
        if kind in {"F32", "F16"}:
            return np.asarray(tensor.data, np.float32)
        if kind not in DECODERS:
            known = ", ".join(["F32", "F16", *DECODERS])
            raise GgufUnsupported(f"{self.path}: {tensor.name} is {kind}; known are {known}")
        return DECODERS[kind](np.asarray(tensor.data))

    def _rows(self, name: str, matrix: Array | Blocks) -> Array | Blocks:
        part = name.rsplit(".", 1)[-1]
        if part not in {"query", "key"}:
            return matrix
        heads = self.sizes.heads if part == "query" else self.sizes.key_value_heads
        order = np.arange(heads * self.sizes.head_width).reshape(heads, -1, 2).swapaxes(1, 2).reshape(-1)
        return matrix.rows(order) if isinstance(matrix, Blocks) else matrix[order]

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
