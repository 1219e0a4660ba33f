"""The manifest: one content, one document, and every wrong field named."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.cid import Cid
from protocol.documents import MAX_DOCUMENT, DocumentInvalid, encode
from protocol.manifest import Manifest, decode_manifest
from tests.protocol.documents import changed

FILES = {name: str(Cid.of(name.encode())) for name in ("program", "weights", "tokenizer")}
MANIFEST = Manifest("commonhold/model/2", "chat", "tiny", "MIT", "int8, nearest", **FILES)
SURROGATES_EXCLUDED = st.characters(codec="utf-8")

texts = st.text(SURROGATES_EXCLUDED, min_size=1, max_size=200)
addresses = st.binary(min_size=32, max_size=32).map(lambda digest: str(Cid(digest)))


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("format", "commonhold/model/1", "format"),
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
    with pytest.raises(DocumentInvalid, match=message):
        decode_manifest(changed(MANIFEST, path, value))


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
    with pytest.raises(DocumentInvalid, match="manifest"):
        decode_manifest(document)


def test_a_document_without_end_is_refused_before_it_is_read() -> None:
    with pytest.raises(DocumentInvalid, match=f"at most {MAX_DOCUMENT}"):
        decode_manifest(b" " * (MAX_DOCUMENT + 1))


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
    except DocumentInvalid:
        return
    assert manifest != MANIFEST
    assert encode(manifest) == document
