"""Text to token ids and back, by the tokenizer that a model is registered with."""

from __future__ import annotations

import json

from oracle.models.tokenizer import Tokenizer
from protocol.cid import Cid
from protocol.facts import JobRecord
from protocol.payload import decode_answer, decode_witness, encode_tokens, is_embedding
from protocol.types import ModelId, Outcome
from scripts._session import Session

UNIT = 1 << 15
"""One, in the elements of an embedding."""


def tokenizer_of(session: Session, model: ModelId) -> Tokenizer:
    """From the store, verified. Raises `ContentMissing` where it is not."""
    facts = session.contracts.models.model_of(model)
    return Tokenizer.read(session.store.get(Cid(facts.tokenizer)))


def payload_of(session: Session, model: ModelId, text: str) -> bytes:
    return encode_tokens(tokenizer_of(session, model).encode(text))


def said_in(session: Session, record: JobRecord) -> str:
    """What became of a job, for people: its answer's text, its embedding to five places, or the
    rule that it was refused by."""
    if record.outcome is None or record.output is None:
        return f"{record.status.name.lower()}, not answered"
    if record.outcome is Outcome.ANSWERED:
        said = decode_answer(record.output)
        if is_embedding(record.output):
            return json.dumps([round(element / UNIT, 5) for element in said])
        return tokenizer_of(session, record.sheet.model).decode(said)
    witness = decode_witness(record.output)
    what = "input" if record.outcome is Outcome.INPUT_REFUSED else "answer"
    return f"{what} refused by rule {witness.rule} at token {witness.position}"
