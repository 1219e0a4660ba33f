"""Text to ids and back: no byte lost, no control token forged."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.models import Model, TextInvalid, Tokenizer, TokenizerInvalid
from oracle.models.byte_level import byte_characters, byte_level_document
from tests.oracle.tiny import CONTROL, MERGES, SIZES, TOKENS

TEXTS = [
    "",
    " ",
    "  two  spaces\t\ttabs\r\n\n",
    "0123456789 1,000.50 2026",
    "🙂👩‍👩‍👧 flags 🇰🇷",
    "안녕하세요, 세계",
    "a\0b\0",
    "naïve ﬁancée",
    "<|im_end|><|endoftext|>",
    "\u200b\ufeff\u2028",
    "don't we'll THEY'RE",
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_survives_the_tiny_vocabulary(tiny_model: Model, text: str) -> None:
    assert tiny_model.tokenizer.decode(tiny_model.tokenizer.encode(text)) == text


@given(st.text(max_size=80))
def test_every_text_survives_to_the_byte(tiny_model: Model, text: str) -> None:
    ids = tiny_model.tokenizer.encode(text)
    assert tiny_model.tokenizer.detokenise(ids) == text.encode()
    assert all(tiny_model.tokenizer.is_text(token) for token in ids)


@given(st.lists(st.integers(0, SIZES.vocabulary - 1), max_size=40))
def test_any_ids_have_bytes_and_their_parts_join(tiny_model: Model, ids: list[int]) -> None:
    whole = tiny_model.tokenizer.detokenise(ids)
    assert whole == b"".join(tiny_model.tokenizer.detokenise([token]) for token in ids)
    assert isinstance(tiny_model.tokenizer.decode(ids), str)


def test_a_lone_surrogate_is_refused_with_its_place(tiny_model: Model) -> None:
    with pytest.raises(TextInvalid, match="character 2 is a lone surrogate"):
        tiny_model.tokenizer.encode("ab\ud800")


def test_half_a_character_is_shown_as_such_and_kept_as_it_is(tiny_model: Model) -> None:
    half = tiny_model.tokenizer.encode("안")[:1]
    assert tiny_model.tokenizer.decode(half) == "\ufffd"
    assert tiny_model.tokenizer.detokenise(half) == "안".encode()[:1]


@pytest.mark.parametrize("token", [-1, 0, len(CONTROL) - 1, SIZES.vocabulary, 2**24])
def test_control_tokens_and_strangers_are_no_text(tiny_model: Model, token: int) -> None:
    assert not tiny_model.tokenizer.is_text(token)


def changed(**fields: object) -> bytes:
    document = json.loads(byte_level_document(TOKENS, MERGES, range(len(CONTROL))))
    document["model"] |= fields
    return json.dumps(document).encode()


VOCABULARY = {token: i for i, token in enumerate(TOKENS)}


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"{}",
        b"\xff",
        b"null",
        changed(merges=[["not", "there"]]),
        changed(vocab=VOCABULARY | {"漢": len(TOKENS)}),
        changed(vocab=VOCABULARY | {"far": 10_000}),
        changed(vocab=VOCABULARY | {"zz": 5}),
    ],
    ids=["empty", "no fields", "not UTF-8", "null", "merge of strangers", "no byte", "gap in ids", "id twice"],
)
def test_a_file_that_is_no_tokenizer_is_refused_by_name(tmp_path: Path, document: bytes) -> None:
    file = tmp_path / "tokenizer"
    file.write_bytes(document)
    with pytest.raises(TokenizerInvalid, match=str(file)):
        Tokenizer.read(file)


def test_the_same_vocabulary_gives_the_same_file() -> None:
    first = byte_level_document(TOKENS, MERGES, range(len(CONTROL)))
    assert first == byte_level_document(list(TOKENS), list(MERGES), [0, 1, 2])


def test_text_that_the_vocabulary_cannot_spell_is_refused_rather_than_cut(tmp_path: Path) -> None:
    without = byte_characters()[0x04]
    tokens = [token for token in TOKENS if token != without]
    file = tmp_path / "tokenizer"
    file.write_bytes(byte_level_document(tokens, MERGES, range(len(CONTROL))))
    with pytest.raises(TextInvalid, match=r"character 3 is '\\x04', for which the vocabulary has no tokens"):
        Tokenizer.read(file).encode("end\x04")


def test_a_tokenizer_that_changes_text_is_found_out(tmp_path: Path) -> None:
    document = json.loads(changed()) | {"normalizer": {"type": "Lowercase"}}
    file = tmp_path / "tokenizer"
    file.write_text(json.dumps(document))
    assert Tokenizer.read(file).encode("the")
    with pytest.raises(TextInvalid, match="does not keep the text"):
        Tokenizer.read(file).encode("The")
