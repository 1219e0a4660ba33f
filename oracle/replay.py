"""Checks an answer in one pass over all its tokens, faster than writing it: the bits are the same either way."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from oracle.engine import Engine, Generation, never
from oracle.models import Model
from protocol.payload import PayloadMalformed, decode_tokens
from protocol.types import Sampling


class Replay:
    """Runs as its engine does, but at once where the output that was posted is right."""

    def __init__(self, engine: Engine, posted: bytes | None) -> None:
        """`posted`: the output as it is on the chain; `None` where it is no answer."""
        self._engine = engine
        self._posted = _tokens(posted)

    @property
    def model(self) -> Model:
        return self._engine.model

    def run(self, prompt_ids: Sequence[int], sampling: Sampling, should_stop: Callable[[], bool] = never) -> Generation:
        """The generation that is right. Raises `PromptInvalid`."""
        started = time.monotonic()
        if self._posted and (reason := self._engine.confirm(prompt_ids, self._posted, sampling)):
            return Generation(self._posted, reason, time.monotonic() - started)
        return self._engine.run(prompt_ids, sampling, should_stop)


def _tokens(posted: bytes | None) -> tuple[int, ...]:
    try:
        return tuple(decode_tokens(posted)) if posted else ()
    except PayloadMalformed:
        return ()
