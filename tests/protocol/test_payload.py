"""Token ids and witnesses on the wire."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.payload import (
    MAX_U32,
    RESERVED,
    PayloadMalformed,
    Witness,
    decode_answer,
    decode_elements,
    decode_tokens,
    decode_witness,
    encode_elements,
    encode_tokens,
    encode_witness,
    is_embedding,
)

token_ids = st.lists(st.integers(0, RESERVED - 1), max_size=50)
words = st.integers(0, MAX_U32)


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ([1, -1], "token 1 is -1"),
        ([RESERVED], f"token 0 is {RESERVED}"),
        ([1, 2, 2**24], "token 2 is 16777216"),
    ],
)
def test_an_id_that_no_vocabulary_has_is_refused_with_its_position(ids: list[int], message: str) -> None:
    with pytest.raises(PayloadMalformed, match=message):
        encode_tokens(ids)


@given(st.binary(max_size=60).filter(lambda payload: len(payload) % 3))
def test_bytes_that_are_no_whole_number_of_ids_are_refused_with_their_length(payload: bytes) -> None:
    with pytest.raises(PayloadMalformed, match=f"payload of {len(payload)} bytes"):
        decode_tokens(payload)


@given(st.binary(max_size=20).filter(lambda payload: len(payload) != 8))
def test_a_witness_of_another_length_is_refused(payload: bytes) -> None:
    with pytest.raises(PayloadMalformed, match=f"witness of {len(payload)} bytes"):
        decode_witness(payload)


@pytest.mark.parametrize(("rule", "position", "name"), [(-1, 0, "rule"), (0, MAX_U32 + 1, "position")])
def test_a_witness_that_does_not_fit_is_refused_by_name(rule: int, position: int, name: str) -> None:
    with pytest.raises(PayloadMalformed, match=f"witness {name} is"):
        encode_witness(Witness(rule, position))


def test_an_id_takes_three_bytes_with_the_highest_first() -> None:
    assert encode_tokens([0, 1, 0x010203, RESERVED - 1]) == bytes.fromhex("000000 000001 010203 ffffef")


def test_an_embedding_is_a_mark_and_two_bytes_an_element() -> None:
    assert encode_elements([1, -1, 2**15 - 1, -(2**15)]) == bytes.fromhex("ffffff 0001 ffff 7fff 8000")


@given(st.lists(st.integers(-(2**15), 2**15 - 1), max_size=50))
def test_what_was_embedded_is_read_again(elements: list[int]) -> None:
    assert decode_answer(encode_elements(elements)) == decode_elements(encode_elements(elements)) == elements


@given(token_ids)
def test_no_tokens_are_taken_for_an_embedding(ids: list[int]) -> None:
    assert not is_embedding(encode_tokens(ids))
    assert decode_answer(encode_tokens(ids)) == ids


@pytest.mark.parametrize("element", [2**15, -(2**15) - 1])
def test_an_element_that_does_not_fit_is_refused_with_its_position(element: int) -> None:
    with pytest.raises(PayloadMalformed, match=f"element 1 is {element}"):
        encode_elements([0, element])


@pytest.mark.parametrize("payload", [b"", b"\xff\xff", b"\0\0\1\0\0", b"\xff\xff\xff\0"])
def test_bytes_that_are_no_embedding_are_refused(payload: bytes) -> None:
    with pytest.raises(PayloadMalformed, match=f"payload of {len(payload)} bytes"):
        decode_elements(payload)


def test_a_witness_is_rule_then_position() -> None:
    assert encode_witness(Witness(2, 0x0A0B)) == bytes.fromhex("00000002 00000a0b")


@given(token_ids)
def test_ids_survive_the_wire(ids: list[int]) -> None:
    assert decode_tokens(encode_tokens(ids)) == ids


@given(words, words)
def test_witnesses_survive_the_wire(rule: int, position: int) -> None:
    assert decode_witness(encode_witness(Witness(rule, position))) == Witness(rule, position)


def test_reserved_ids_reach_the_reader_who_judges_them() -> None:
    assert decode_tokens(b"\xff\xff\xff") == [0xFFFFFF]
