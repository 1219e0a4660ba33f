"""Manifest and program: one content, one document, and every wrong field named."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.cid import Cid
from protocol.manifest import (
    MAX_DOCUMENT,
    Manifest,
    ManifestInvalid,
    decode_manifest,
    decode_program,
    encode,
)
from tests.oracle.tiny import tiny_program

FILES = {name: str(Cid.of(name.encode())) for name in ("program", "weights", "tokenizer")}
MANIFEST = Manifest("commonhold/model/1", "chat", "tiny", "MIT", "original", **FILES)
PROGRAM = tiny_program()
SURROGATES_EXCLUDED = st.characters(codec="utf-8")

texts = st.text(SURROGATES_EXCLUDED, min_size=1, max_size=200)
addresses = st.binary(min_size=32, max_size=32).map(lambda digest: str(Cid(digest)))


def changed(document: Manifest | Any, path: str, value: object) -> bytes:
    """The canonical document with one field set to something else; a value of `...` removes it."""
    tree = json.loads(encode(document))
    *parents, last = path.split(".")
    inner = tree
    for parent in parents:
        inner = inner[parent]
    inner[last] = value
    if value is ...:
        del inner[last]
    return json.dumps(tree, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("format", "commonhold/model/2", "format"),
        ("kind", "image", "kind"),
        ("name", "", "name"),
        ("name", "x" * 201, "name"),
        ("licence", 7, "licence"),
        ("weights", "QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o", "manifest: weights: .* not a CIDv1"),
        ("tokenizer", "", "manifest: tokenizer"),
        ("program", ..., "program"),
        ("colour", "red", "colour"),
    ],
)
def test_a_manifest_with_a_wrong_field_is_refused_by_its_name(path: str, value: object, message: str) -> None:
    with pytest.raises(ManifestInvalid, match=message):
        decode_manifest(changed(MANIFEST, path, value))


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("architecture", "mamba", "architecture"),
        ("arithmetic", "bfloat16", "arithmetic"),
        ("sampling", "beam", "sampling"),
        ("normEpsilon", "-1", "normEpsilon"),
        ("normEpsilon", "0.0", "normEpsilon must be more than zero"),
        ("normEpsilon", "1.2.3", "normEpsilon must be more than zero"),
        ("sizes.layers", 0, "layers"),
        ("sizes.layers", 1.5, "layers"),
        ("sizes.layers", 2**10 + 1, "layers"),
        ("contextLength", 2**20 + 1, "contextLength"),
        ("sizes.width", 2**24 + 1, "width"),
        ("sizes.keyValueHeads", 3, "heads must be a multiple of keyValueHeads"),
        ("sizes.headWidth", 15, "headWidth must be even"),
        ("sizes.vocabulary", 100, "every token id must lie in the vocabulary"),
        ("template.user.before", [-1], "before"),
        ("template.assistant", [], "open the assistant's turn"),
        ("template.assistant", [4000], "every token id must lie in the vocabulary"),
        ("stopTokens", [], "stopTokens must not be empty"),
        ("stopTokens", [9], "stopTokens must be controlTokens"),
        ("controlTokens", [2, 1, 0], "controlTokens must rise"),
        ("contextLength", "256", "contextLength"),
        ("sizes", ..., "sizes"),
    ],
)
def test_a_program_with_a_wrong_field_is_refused_by_its_name(path: str, value: object, message: str) -> None:
    with pytest.raises(ManifestInvalid, match=message):
        decode_program(changed(PROGRAM, path, value))


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"null",
        b"{",
        b"\xff\xfe",
        b'"\\ud800"',
        b"[" * 100_000,
        encode(MANIFEST) + b"\n",
        encode(MANIFEST) + b"\x00",
        json.dumps(json.loads(encode(MANIFEST))).encode(),
        encode(MANIFEST).replace(b'"kind":"chat"', b'"kind":"chat","kind":"chat"'),
        encode(MANIFEST).replace(b'"tiny"', b'"\\u0074iny"'),
    ],
)
def test_another_spelling_or_no_spelling_at_all_is_refused(document: bytes) -> None:
    with pytest.raises(ManifestInvalid, match="manifest"):
        decode_manifest(document)


def test_a_document_without_end_is_refused_before_it_is_read() -> None:
    with pytest.raises(ManifestInvalid, match=f"at most {MAX_DOCUMENT}"):
        decode_program(b" " * (MAX_DOCUMENT + 1))


@given(st.builds(Manifest, st.just(MANIFEST.format), st.just("chat"), *[texts] * 3, *[addresses] * 3))
def test_every_manifest_survives_being_written(manifest: Manifest) -> None:
    assert decode_manifest(encode(manifest)) == manifest


@given(st.data())
def test_a_manifest_with_any_byte_changed_is_refused_or_is_another(data: st.DataObject) -> None:
    document = bytearray(encode(MANIFEST))
    position = data.draw(st.integers(0, len(document) - 1))
    document[position] ^= data.draw(st.integers(1, 255))
    try:
        manifest = decode_manifest(bytes(document))
    except ManifestInvalid:
        return
    assert manifest != MANIFEST
    assert encode(manifest) == document


def test_a_program_survives_being_written() -> None:
    assert decode_program(encode(PROGRAM)) == PROGRAM
