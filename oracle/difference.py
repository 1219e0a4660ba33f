"""Where an answer that was posted leaves the right one: token or element, position, and operation.

Only the output is posted. Up to the first token that differs both have read the same, so all that the layers compute is
the same too, and what differs is the choice; an embedding differs in what its last operation gives.
"""

from __future__ import annotations

from itertools import zip_longest

from oracle.answering import Answered, Question
from oracle.engine import Engine
from oracle.inference.sampling import LOGIT_FRACTION, THOUSAND
from protocol.payload import PayloadMalformed, decode_answer, is_embedding

UNIT = THOUSAND << LOGIT_FRACTION


def difference(engine: Engine, question: Question, posted: bytes, right: Answered) -> str:
    """In words, for two answers to a question that are not the same."""
    if is_embedding(posted) is not engine.model.program.embeds:
        return "posted is an embedding, here tokens" if is_embedding(posted) else "posted are tokens, here an embedding"
    try:
        theirs, ours = decode_answer(posted), decode_answer(right.output)
    except PayloadMalformed as error:
        return f"posted bytes are no answer: {error}"
    place, (theirs_there, ours_there) = next(
        (i, pair) for i, pair in enumerate(zip_longest(theirs, ours)) if pair[0] != pair[1]
    )
    what = "element" if engine.model.program.embeds else "token"
    said = [str("the end" if there is None else there) for there in (theirs_there, ours_there)]
    where = _operation(engine, question, ours[:place], theirs_there, ours_there)
    return f"at {what} {place} of {len(theirs)}: posted {said[0]}, here {said[1]}; {where}"


def _operation(engine: Engine, question: Question, before: list[int], theirs: int | None, ours: int | None) -> str:
    program = engine.model.program
    if program.embeds:
        return f"all positions, after the layers, {program.steps.after[-1].__struct_config__.tag}"
    place = f"position {len(question.prompt_ids) + len(before) - 1}, after the layers"
    if theirs is None or ours is None:
        return f"{place}, stop rule: the answer {'goes on' if theirs is None else 'is over'}"
    keys = engine.keys([*question.prompt_ids, *before], question.sampling, len(before), (theirs, ours))
    said = ["out of reach" if key is None else f"{key / UNIT:.4f}" for key in keys]
    return f"{place}, choose: their keys are {said[0]} and {said[1]}"
