"""The program: one content, one document, one root, and every wrong field named."""

import json
from typing import Any

import pytest
from msgspec import structs

from protocol.documents import DocumentInvalid, encode
from protocol.operations import Linear, Steps
from protocol.parts import PART_WORDS, WORD
from protocol.program import decode_program, program_root, records
from tests.oracle.tiny import tiny_embedder_parts, tiny_program, tiny_tensors
from tests.protocol.documents import changed

PROGRAM = tiny_program()
SHAPES = {name: tensor.shape for name, tensor in tiny_tensors().items()}
SPELLINGS = [None, *(bytes([token % 256]) for token in range(PROGRAM.vocabulary - 1))]
EMBEDS = tiny_embedder_parts()[0]
EMBEDDING_SHAPES = {name: tensor.shape for name, tensor in tiny_embedder_parts()[1].items()}


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("format", "commonhold/program/1", "format"),
        ("arithmetic", "bfloat16", "arithmetic"),
        ("noise", "", "embeds has no stopTokens"),
        ("noise", "../gumbel", "noise"),
        ("contextLength", 2**17 + 1, "contextLength"),
        ("contextLength", "256", "contextLength"),
        ("vocabulary", 0, "vocabulary"),
        ("vocabulary", 100, "every token id must lie in the vocabulary"),
        ("template.user.before", [-1], "before"),
        ("template.assistant", [], "open the assistant's turn"),
        ("template.assistant", [4000], "every token id must lie in the vocabulary"),
        ("stopTokens", [], "stopTokens must not be empty"),
        ("stopTokens", [9], "stopTokens must be controlTokens"),
        ("controlTokens", [2, 1, 0], "controlTokens must rise"),
        ("steps", ..., "steps"),
        ("steps.after", [], "must end in an operation"),
        ("steps.layers.0.0.op", "conv", "conv"),
        ("steps.layers.0.0.colour", "red", "colour"),
    ],
)
def test_a_program_with_a_wrong_field_is_refused_by_its_name(path: str, value: object, message: str) -> None:
    with pytest.raises(DocumentInvalid, match=message):
        decode_program(changed(PROGRAM, path, value))


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("stopTokens", [2], "a program that embeds has no stopTokens"),
        ("template.assistant", [1], "has a user's turn alone"),
        ("template.defaultSystem", [1], "has a user's turn alone"),
        ("template.system.after", [1], "has a user's turn alone"),
        ("template.user", {"before": [], "after": []}, "must not be empty"),
        ("noise", "gumbel", "stopTokens must not be empty"),
    ],
)
def test_a_program_that_embeds_has_nothing_of_a_chat(path: str, value: object, message: str) -> None:
    with pytest.raises(DocumentInvalid, match=message):
        decode_program(changed(EMBEDS, path, value))


def test_a_program_that_embeds_draws_from_no_table() -> None:
    assert decode_program(encode(EMBEDS)) == EMBEDS
    first = next(records(EMBEDS, EMBEDDING_SHAPES, SPELLINGS))
    assert int.from_bytes(first[7 * WORD : 8 * WORD], "big") == 0
    assert (EMBEDS.longest_prompt, PROGRAM.longest_prompt) == (256, 255)


def test_a_program_survives_being_written() -> None:
    assert decode_program(encode(PROGRAM)) == PROGRAM


def numbers(tree: Any, path: str = "") -> list[tuple[str, int]]:
    """Every number of a document with its path."""
    if isinstance(tree, bool | str):
        return []
    if isinstance(tree, int):
        return [(path, tree)]
    children = tree.items() if isinstance(tree, dict) else enumerate(tree)
    return [found for key, child in children for found in numbers(child, f"{path}.{key}".lstrip("."))]


FORMS = numbers(
    json.loads(
        encode(
            structs.replace(PROGRAM, steps=Steps(PROGRAM.steps.before, PROGRAM.steps.layers[:1], PROGRAM.steps.after))
        )
    )
)


def test_every_number_of_a_program_is_under_its_root() -> None:
    roots = {program_root(PROGRAM, SHAPES, SPELLINGS)}
    tried = 0
    for path, number in FORMS:
        _, _, last = path.rpartition(".")
        if last.isdigit():
            continue
        document = changed(PROGRAM, path, number - 1 if last in {"of", "left", "right"} else number + 1)
        try:
            roots.add(program_root(decode_program(document), SHAPES, SPELLINGS))
        except ValueError:
            continue
        tried += 1
    assert tried > 35
    assert len(roots) == tried + 1


def test_the_tensors_that_an_operation_takes_are_under_the_root() -> None:
    first = next(op for op in PROGRAM.steps.layers[0] if isinstance(op, Linear))
    second = next(op for op in PROGRAM.steps.layers[1] if isinstance(op, Linear) and op.of == first.of)
    layer = tuple(structs.replace(op, weights=second.weights) if op is first else op for op in PROGRAM.steps.layers[0])
    steps = structs.replace(PROGRAM.steps, layers=(layer, *PROGRAM.steps.layers[1:]))
    other = structs.replace(PROGRAM, steps=steps)
    assert program_root(other, SHAPES, SPELLINGS) != program_root(PROGRAM, SHAPES, SPELLINGS)


def test_the_bytes_of_tokens_are_under_the_root() -> None:
    other = [*SPELLINGS[:-1], b"other"]
    assert program_root(PROGRAM, SHAPES, other) != program_root(PROGRAM, SHAPES, SPELLINGS)


def test_records_of_parts_have_one_width_and_say_what_they_are() -> None:
    found = [record for record in records(PROGRAM, SHAPES, SPELLINGS) if int.from_bytes(record[:WORD], "big") == 3]
    assert {len(record) for record in found} == {PART_WORDS * WORD}
    assert len(set(found)) == len(found) > len(tuple(PROGRAM.steps))
