"""A model's program: operations, context, and the tokens that a chat is written with; its document and its root.

The document is canonical JSON. The root is over records of fixed width, which a contract can read: `docs/inference.md`,
section 6.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Annotated, Final, Literal

from msgspec import Meta

from protocol.documents import Document, DocumentInvalid, decode, encode
from protocol.merkle import leaf, root
from protocol.operations import Bias, Embed, Linear, Operation, Steps
from protocol.parts import PartList, Shapes, list_record, part_lists, to_words
from protocol.payload import RESERVED
from protocol.spellings import TOKENS_A_LEAF, Spellings, spellings_root

PROGRAM_FORMAT: Final = "commonhold/program/2"
ARITHMETIC: Final = "integer/1"
ARITHMETIC_VERSION = 1

IDS_A_LEAF = 256
CONTEXT_LENGTHS = range(2, (1 << 17) + 1)

TokenId = Annotated[int, Meta(ge=0, lt=RESERVED)]
TokenIds = tuple[TokenId, ...]


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


class Program(Document, frozen=True):
    """What decides what comes out, but the weights. `noise`: the table that sampling draws from; empty: the program
    does not generate, it embeds."""

    format: Literal["commonhold/program/2"]
    arithmetic: Literal["integer/1"]
    vocabulary: Annotated[int, Meta(ge=1, lt=RESERVED)]
    context_length: Annotated[int, Meta(ge=CONTEXT_LENGTHS[0], le=CONTEXT_LENGTHS[-1])]
    steps: Steps
    template: Template
    control_tokens: TokenIds
    stop_tokens: TokenIds
    noise: Bias

    @property
    def embeds(self) -> bool:
        """Whether its value is one row of numbers, not the next token's logits."""
        return not self.noise

    @property
    def longest_prompt(self) -> int:
        """Tokens that can be read: all of the context, less one to generate."""
        return self.context_length - (not self.embeds)

    @property
    def matrices(self) -> dict[str, str]:
        """Names of the matrices, each with the name of its bias or nothing; the multipliers of `name` are
        `name.multiplier`."""
        return {op.weights: getattr(op, "bias", "") for op in self.steps if isinstance(op, Embed | Linear)}

    @property
    def tensors(self) -> tuple[str, ...]:
        """Names of what has a tree of its own, in the order of the weights' root: matrices, vectors and tables."""
        named = {name for operation in self.steps for name in operation.tensors}
        return tuple(sorted((named | {self.noise}) - {"", *self.matrices.values()}))


def decode_program(document: bytes) -> Program:
    """Raises `DocumentInvalid`, naming the field that is wrong."""
    program = decode(document, Program)
    for requirement, holds in _requirements(program):
        if not holds:
            raise DocumentInvalid(f"program: {requirement}")
    return program


def program_root(program: Program, shapes: Shapes, spellings: Spellings) -> bytes:
    """What the registry keeps of a program: the root over its records. `shapes`: its tensors' sizes; `spellings`: its
    tokens' bytes."""
    return root(leaf(record) for record in records(program, shapes, spellings))


def records(program: Program, shapes: Shapes, spellings: Spellings) -> Iterator[bytes]:
    """The leaves: sizes, each list of parts, the lists of tokens, the root over tokens' bytes. Each begins with its
    type."""
    lists, tokens = parts_of(program, shapes), token_lists(program)
    tensors = program.tensors
    noise = tensors.index(program.noise) + 1 if program.noise else 0
    columns = sum(len(parts.columns) for parts in lists)
    sizes = [len(lists), len(tensors), columns, noise, *map(len, tokens)]
    width = embedding_width(program, lists)
    yield to_words([1, ARITHMETIC_VERSION, program.vocabulary, program.context_length, *sizes, width])
    for index, parts in enumerate(lists):
        yield from list_record(index, parts)
    for index in range(len(tokens)):
        yield from token_list_records(program, index)
    yield spellings_record(spellings)


def spellings_record(spellings: Spellings) -> bytes:
    """Of the tree of the tokens' bytes."""
    return to_words([5, TOKENS_A_LEAF]) + spellings_root(spellings)


def token_list_records(program: Program, index: int) -> Iterator[bytes]:
    """Of one list of token ids, in leaves of `IDS_A_LEAF`."""
    ids = token_lists(program)[index]
    for begin in range(0, max(1, len(ids)), IDS_A_LEAF):
        part = ids[begin : begin + IDS_A_LEAF]
        yield to_words([4, index, len(ids), begin]) + b"".join(token.to_bytes(4, "big") for token in part)


def parts_of(program: Program, shapes: Shapes) -> tuple[PartList, ...]:
    """The parts that its operations are cut into; `shapes` as in `program_root`."""
    return part_lists(program.steps, program.tensors, shapes, embeds=program.embeds)


def embedding_width(program: Program, lists: Sequence[PartList]) -> int:
    """Elements of the embedding; zero of a program that generates."""
    return lists[-1].parts[-1].shape.width if program.embeds else 0


def token_lists(program: Program) -> tuple[TokenIds, ...]:
    """In the order in which they are hashed."""
    template = program.template
    turns = chain.from_iterable((turn.before, turn.after) for turn in (template.system, template.user))
    return (*turns, template.default_system, template.assistant, program.control_tokens, program.stop_tokens)


def _well_named(operation: Operation) -> bool:
    return not isinstance(operation, Linear) or operation.bias in {"", f"{operation.weights}.bias"}


def _requirements(program: Program) -> list[tuple[str, bool]]:
    named = {token for ids in token_lists(program) for token in ids}
    rules = _embedding(program) if program.embeds else _generating(program)
    return [
        *rules,
        ("every token id must lie in the vocabulary", all(i < program.vocabulary for i in named)),
        ("stopTokens must be controlTokens", set(program.stop_tokens) <= set(program.control_tokens)),
        ("controlTokens must rise", list(program.control_tokens) == sorted(set(program.control_tokens))),
        ("the bias of a linear must be named after its weights", all(_well_named(op) for op in program.steps)),
        ("the steps must end in an operation", bool(program.steps.after)),
    ]


def _generating(program: Program) -> list[tuple[str, bool]]:
    return [
        ("stopTokens must not be empty", bool(program.stop_tokens)),
        (f"stopTokens must be at most {IDS_A_LEAF}", len(program.stop_tokens) <= IDS_A_LEAF),
        ("the template must open the assistant's turn", bool(program.template.assistant)),
    ]


def _embedding(program: Program) -> list[tuple[str, bool]]:
    template = program.template
    chat = (*template.system.before, *template.system.after, *template.default_system, *template.assistant)
    return [
        ("a program that embeds has no stopTokens", not program.stop_tokens),
        ("the template of a program that embeds has a user's turn alone", not chat),
        ("the template of a program that embeds must not be empty", bool(template.user.before or template.user.after)),
    ]


__all__ = ["Program", "Template", "Turn", "decode_program", "encode", "parts_of", "program_root", "records"]
