"""The documents that describe a model: the manifest, which names its files, and the program.

Both are canonical JSON (keys sorted, no white space, UTF-8, no floating-point numbers), so that one content
has one digest: a document that is spelt otherwise is refused. The manifest's SHA-256, and those of program,
weights and tokenizer that it names, are the model's facts in `ModelRegistry`.

The **program** is everything that decides which token ids come out, but the weights: architecture and
sizes, arithmetic, context length, the token ids of the chat template, control and stop tokens, and the way
of sampling.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from protocol.cid import Cid, CidInvalid
from protocol.errors import CommonholdError
from protocol.payload import RESERVED

MANIFEST_FORMAT: Final = "commonhold/model/1"
PROGRAM_FORMAT: Final = "commonhold/program/1"
MAX_DOCUMENT = 1 << 20
ARITHMETIC_VERSIONS = {"float32": 0}

Size = Annotated[int, Meta(ge=1, le=1 << 24)]
Layers = Annotated[int, Meta(ge=1, le=1 << 10)]
ContextLength = Annotated[int, Meta(ge=1, le=1 << 20)]
TokenId = Annotated[int, Meta(ge=0, lt=RESERVED)]
TokenIds = tuple[TokenId, ...]
Text = Annotated[str, Meta(min_length=1, max_length=200)]


class ManifestInvalid(CommonholdError, ValueError):
    """A document that describes no model which this version can serve; the message names the field."""


class Document(Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """An object of a canonical JSON document."""


D = TypeVar("D", bound=Document)


class Turn(Document, frozen=True):
    """Token ids that the template puts before and after what one speaker says."""

    before: TokenIds
    after: TokenIds


class Template(Document, frozen=True):
    """The chat template in token ids: system turn, user turn, and what opens the assistant's turn."""

    system: Turn
    default_system: TokenIds
    user: Turn
    assistant: TokenIds


class Sizes(Document, frozen=True):
    """The shape of a Llama-style decoder, in the literature's words."""

    layers: Layers
    width: Size
    heads: Size
    key_value_heads: Size
    head_width: Size
    hidden_width: Size
    vocabulary: Annotated[int, Meta(ge=1, lt=RESERVED)]


class Program(Document, frozen=True):
    """What decides the computation, but the weights. `norm_epsilon` is a decimal text, read as float32."""

    format: Literal["commonhold/program/1"]
    architecture: Literal["llama"]
    arithmetic: Literal["float32"]
    sizes: Sizes
    norm_epsilon: Annotated[str, Meta(pattern=r"^[0-9.]{1,20}(e-[0-9]{1,2})?$")]
    rope_base: Size
    context_length: ContextLength
    template: Template
    control_tokens: TokenIds
    stop_tokens: TokenIds
    sampling: Literal["greedy, gumbel-max/1"]


class Manifest(Document, frozen=True):
    """The files of a model by content address, and what people want to know of it."""

    format: Literal["commonhold/model/1"]
    kind: Literal["chat"]
    name: Text
    licence: Text
    quantisation: Text
    program: str
    weights: str
    tokenizer: str


def encode(document: Document) -> bytes:
    """The canonical bytes of a manifest or a program."""
    return msgspec.json.encode(document, order="sorted")


def decode_manifest(document: bytes) -> Manifest:
    """Raises `ManifestInvalid`, naming the field that is wrong."""
    manifest = _decode(document, Manifest)
    for field in ("program", "weights", "tokenizer"):
        try:
            Cid.parse(getattr(manifest, field))
        except CidInvalid as error:
            raise ManifestInvalid(f"manifest: {field}: {error}") from error
    return manifest


def decode_program(document: bytes) -> Program:
    """Raises `ManifestInvalid`, naming the field that is wrong."""
    program = _decode(document, Program)
    for requirement, holds in _requirements(program):
        if not holds:
            raise ManifestInvalid(f"program: {requirement}")
    return program


def _decode(document: bytes, kind: type[D]) -> D:
    name = kind.__name__.lower()
    if len(document) > MAX_DOCUMENT:
        raise ManifestInvalid(f"{name} of {len(document)} bytes; at most {MAX_DOCUMENT}")
    try:
        decoded = msgspec.json.decode(document, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ManifestInvalid(f"{name}: {error}") from error
    if encode(decoded) != document:
        raise ManifestInvalid(f"{name} is not canonical JSON: keys sorted, no white space, nothing twice")
    return decoded


def _requirements(program: Program) -> list[tuple[str, bool]]:
    sizes, template = program.sizes, program.template
    turns = (template.system, template.user)
    template_ids = [i for turn in turns for part in (turn.before, turn.after) for i in part]
    named = {*template_ids, *template.default_system, *template.assistant}
    named |= {*program.control_tokens, *program.stop_tokens}
    return [
        ("heads must be a multiple of keyValueHeads", sizes.heads % sizes.key_value_heads == 0),
        ("headWidth must be even", sizes.head_width % 2 == 0),
        ("normEpsilon must be more than zero", _positive(program.norm_epsilon)),
        ("every token id must lie in the vocabulary", all(i < sizes.vocabulary for i in named)),
        ("stopTokens must not be empty", bool(program.stop_tokens)),
        ("stopTokens must be controlTokens", set(program.stop_tokens) <= set(program.control_tokens)),
        ("the template must open the assistant's turn", bool(template.assistant)),
        ("controlTokens must rise", list(program.control_tokens) == sorted(set(program.control_tokens))),
    ]


def _positive(decimal: str) -> bool:
    try:
        return float(decimal) > 0
    except ValueError:
        return False
