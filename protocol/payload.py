"""What a job's `input` and an answer's `output` hold: token ids, or the elements of an embedding.

Each token id is three bytes, big-endian ("u24"): vocabularies above 65,535 exist, and a fixed width lets a
contract find the n-th token without reading the others.

`input` holds the tokens of the client's text only. The operator puts the model's pinned template and the
safety rules' prefix around them, so control tokens have no place in an input. In this version an input is
one turn of the user. The sixteen ids from `RESERVED` up are no vocabulary's: they are marks. A later version
shows with them where the next speaker's turn begins, and an input without marks keeps its meaning.

`output` holds every token that was generated, the stop token included, so that the decision to stop can be
checked like any other. An embedding's `output` is a mark, so that nobody takes it for tokens, and then its
elements, two bytes each, two's complement, big-endian.
A refusal's `output` is its witness instead: rule index ‖ position, four bytes each. The position is a token's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from protocol.errors import CommonholdError

WIDTH = 3
ELEMENT = 2
MOST_ELEMENT = 2**15 - 1
EMBEDDING = b"\xff\xff\xff"
"""What an embedding begins with: the last of the reserved ids."""
RESERVED = 0xFFFFF0
WITNESS = 8
MAX_U32 = 2**32 - 1
NO_RULE = MAX_U32


class PayloadMalformed(CommonholdError, ValueError):
    """Bytes or ids that are no payload; the message gives the length or the position."""


@dataclass(frozen=True, slots=True)
class Witness:
    """Where a rule is broken: at which token. `NO_RULE` as the index: by tokens that no rule set could allow."""

    rule: int
    position: int

    @property
    def order(self) -> tuple[int, int]:
        """Of two witnesses, the one with the lower is the one to post: what no rules allow comes before all rules."""
        return (self.rule + 1) % (MAX_U32 + 1), self.position


def encode_tokens(ids: Sequence[int]) -> bytes:
    """Three bytes an id. Raises `PayloadMalformed` naming the first id that is out of range."""
    for position, token in enumerate(ids):
        if not 0 <= token < RESERVED:
            raise PayloadMalformed(f"token {position} is {token}; ids are 0 to {RESERVED - 1}")
    return b"".join(token.to_bytes(WIDTH, "big") for token in ids)


def decode_tokens(payload: bytes) -> list[int]:
    """The ids of a payload; reserved ids are passed on for the reader to judge. Raises `PayloadMalformed`."""
    if len(payload) % WIDTH:
        raise PayloadMalformed(f"payload of {len(payload)} bytes: token ids take {WIDTH} bytes each")
    return [int.from_bytes(payload[i : i + WIDTH], "big") for i in range(0, len(payload), WIDTH)]


def encode_elements(elements: Sequence[int]) -> bytes:
    """The mark and an embedding's elements, each −32,768 to 32,767. Raises `PayloadMalformed`."""
    for position, element in enumerate(elements):
        if not -MOST_ELEMENT - 1 <= element <= MOST_ELEMENT:
            raise PayloadMalformed(f"element {position} is {element}; elements are within {ELEMENT} bytes")
    return EMBEDDING + b"".join(element.to_bytes(ELEMENT, "big", signed=True) for element in elements)


def decode_elements(payload: bytes) -> list[int]:
    """The elements of an embedding. Raises `PayloadMalformed`."""
    marked = payload.startswith(EMBEDDING)
    if not marked or (len(payload) - len(EMBEDDING)) % ELEMENT:
        raise PayloadMalformed(
            f"payload of {len(payload)} bytes: no embedding, which is a mark and {ELEMENT} bytes each"
        )
    places = range(len(EMBEDDING), len(payload), ELEMENT)
    return [int.from_bytes(payload[i : i + ELEMENT], "big", signed=True) for i in places]


def is_embedding(output: bytes) -> bool:
    """Whether an answer's output is marked as an embedding."""
    return output.startswith(EMBEDDING)


def decode_answer(output: bytes) -> list[int]:
    """Token ids, or the elements of what is marked as an embedding. Raises `PayloadMalformed`."""
    return decode_elements(output) if is_embedding(output) else decode_tokens(output)


def encode_witness(witness: Witness) -> bytes:
    """Rule index ‖ position, four bytes each, big-endian."""
    for name, value in (("rule", witness.rule), ("position", witness.position)):
        if not 0 <= value <= MAX_U32:
            raise PayloadMalformed(f"witness {name} is {value}; it takes four bytes")
    return witness.rule.to_bytes(4, "big") + witness.position.to_bytes(4, "big")


def decode_witness(payload: bytes) -> Witness:
    """The witness of a refusal. Raises `PayloadMalformed`."""
    if len(payload) != WITNESS:
        raise PayloadMalformed(f"witness of {len(payload)} bytes: a refusal posts {WITNESS}")
    return Witness(int.from_bytes(payload[:4], "big"), int.from_bytes(payload[4:], "big"))
