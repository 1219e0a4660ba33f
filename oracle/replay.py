"""The right answer to a question, found in one pass where the one that was posted is right: the bits are the same."""

from __future__ import annotations

from oracle.answering import Answered, Question
from oracle.engine import Engine, Generation
from protocol.payload import PayloadMalformed, decode_answer


def replay(engine: Engine, question: Question, posted: bytes | None) -> Answered:
    """`posted`: the output that was posted; None where it is no answer. Raises `PromptInvalid`."""
    answered = question.answered(_generation(engine, question, _read(posted)))
    assert answered is not None
    return answered


def _generation(engine: Engine, question: Question, posted: tuple[int, ...]) -> Generation:
    confirmed = engine.confirm(question.prompt_ids, posted, question.sampling) if posted else None
    return confirmed or engine.run(question.prompt_ids, question.sampling)


def _read(posted: bytes | None) -> tuple[int, ...]:
    try:
        return tuple(decode_answer(posted)) if posted else ()
    except PayloadMalformed:
        return ()
