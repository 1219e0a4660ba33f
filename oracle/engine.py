"""The seam between jobs and arithmetic: a program in, token ids or an embedding out, the same on every machine."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np
import torch
from torch import Tensor

from oracle.inference.batch import Batch, Cache
from oracle.inference.devices import best_device, kernels_for
from oracle.inference.machine import Kernels, Machine
from oracle.inference.sampling import is_kept, keys
from oracle.inference.tracing import Tracer, Tracing
from oracle.models.model import Model
from protocol.errors import CommonholdError
from protocol.trace import Trace
from protocol.types import Sampling


class PromptInvalid(CommonholdError, ValueError):
    """A prompt that the program cannot take: empty, too long, or with ids outside the vocabulary."""


class StopReason(StrEnum):
    """Why a generation ended."""

    STOP_TOKEN = "stop token"  # noqa: S105
    LENGTH = "length"
    EMBEDDED = "embedded"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Generation:
    """Token ids that were generated, the stop token included, or an embedding's elements, and the trace of all that was
    computed; none where nothing was. What was cancelled is a part and must not be posted."""

    output: tuple[int, ...]
    stop_reason: StopReason
    seconds: float
    trace: Trace | None = None


@dataclass(slots=True, eq=False)
class Stream:
    """A generation under way: its prompt, what the cache holds, what it has yet to read, the most steps that it takes,
    what it commits to, and what came out."""

    prompt: tuple[int, ...]
    cache: Cache
    pending: list[int]
    sampling: Sampling
    room: int
    tracing: Tracing
    started: float
    output: list[int] = field(default_factory=list)
    ended: StopReason | None = None


def never() -> bool:
    return False


class Engine:
    """One model, loaded and ready. Any thread may ask; what it computes at once is one pass."""

    def __init__(self, model: Model, device: torch.device | None = None, kernels: Kernels | None = None) -> None:
        """Raises `PathRefused` where nothing computes exactly on the device."""
        self._model = model
        self.device = device or best_device()
        self._stop = frozenset(model.program.stop_tokens)
        self._kernels = kernels or kernels_for(self.device)
        self._machine = Machine(model.program.steps, model.tensors, self._kernels)
        self._tracer = Tracer(model.program, self._kernels)
        self._lock = threading.Lock()
        self._noise = None if model.program.embeds else model.tensors[model.program.noise].numpy()

    @property
    def model(self) -> Model:
        return self._model

    def run(self, prompt_ids: Sequence[int], sampling: Sampling, should_stop: Callable[[], bool] = never) -> Generation:
        """Generates until a stop token, `sampling.max_tokens` or the end of the context; or embeds, at once.

        The same arguments give the same output on every machine. `should_stop` is asked before each token. Raises
        `PromptInvalid`.
        """
        stream = self.open(prompt_ids, sampling)
        while stream.ended is None and not should_stop():
            self.step([stream])
        return self.generation(stream)

    def generation(self, stream: Stream) -> Generation:
        """What has come of a stream; an unended one was cancelled."""
        output, seconds = tuple(stream.output), time.monotonic() - stream.started
        if stream.ended is None:
            return Generation(output, StopReason.CANCELLED, seconds)
        tokens = stream.prompt if self._noise is None else stream.prompt + output
        with self._lock:
            trace = self._tracer.trace(stream.tracing, tokens, len(output)) if output else None
        return Generation(output, stream.ended, seconds, trace)

    def open(self, prompt_ids: Sequence[int], sampling: Sampling) -> Stream:
        """A generation that `step` carries on. Raises `PromptInvalid`."""
        self.check(prompt_ids)
        room = self._room(len(prompt_ids), sampling)
        cache = self._machine.cache(len(prompt_ids) + room - 1)
        ended = None if room else StopReason.LENGTH
        return Stream(
            tuple(prompt_ids), cache, list(prompt_ids), sampling, room, Tracing(), time.monotonic(), ended=ended
        )

    def step(self, streams: Sequence[Stream]) -> None:
        """One more token of each: together they read the weights once, and none changes a bit of another."""
        parts = [(stream.cache, stream.pending) for stream in streams]
        batch = Batch.of(parts, self._machine.device, last_only=self._noise is not None)
        with self._lock:
            rows = self._machine.run(batch, lists=self._tracer.observe).cpu().split(1)
            self._tracer.collect(batch, [stream.tracing for stream in streams])
        for stream, row in zip(streams, rows, strict=True):
            if self._noise is None:
                stream.output, stream.ended = row[0].tolist(), StopReason.EMBEDDED
            else:
                self._append(stream, *self._kernels.choose(row, stream.sampling, len(stream.output), self._noise))

    def _append(self, stream: Stream, token: int) -> None:
        stream.output.append(token)
        stream.pending = [token]
        if token in self._stop:
            stream.ended = StopReason.STOP_TOKEN
        elif len(stream.output) == stream.room:
            stream.ended = StopReason.LENGTH

    def confirm(self, prompt_ids: Sequence[int], output: Sequence[int], sampling: Sampling) -> Generation | None:
        """The generation whose output this is, if it is the right one: one pass over all tokens. Raises as `run`."""
        self.check(prompt_ids)
        if self._noise is None:
            made = self.run(prompt_ids, sampling)
            return made if made.output == tuple(output) else None
        ended = self._end_of(len(prompt_ids), output, sampling)
        if ended is None or not all(0 <= token < self.model.program.vocabulary for token in output):
            return None
        started, ids, device = time.monotonic(), [*prompt_ids, *output[:-1]], self._machine.device
        batch = Batch.of([(self._machine.cache(len(ids)), ids)], device)
        batch = replace(batch, wanted=torch.arange(len(prompt_ids) - 1, len(ids), device=device))
        tracing = Tracing()
        with self._lock:
            logits = self._machine.run(batch, lists=self._tracer.observe).cpu()
            self._tracer.collect(batch, [tracing])
        if self._kernels.choose(logits, sampling, 0, self._noise) != list(output):
            return None
        with self._lock:
            trace = self._tracer.trace(tracing, [*prompt_ids, *output], len(output))
        return Generation(tuple(output), ended, time.monotonic() - started, trace)

    def columns(self, prompt_ids: Sequence[int], output: Sequence[int]) -> list[Tensor]:
        """All rows of each column of the trace (`docs/inference.md`, 6.6), in one pass over the prompt and all of
        `output` but its last token; of a program that embeds, over the prompt. Raises `PromptInvalid`."""
        ids = [*prompt_ids, *output[:-1]]
        self.check(ids)
        batch = Batch.of([(self._machine.cache(len(ids)), ids)], self._machine.device)
        if self._noise is not None:
            batch = replace(batch, wanted=torch.arange(len(prompt_ids) - 1, len(ids), device=self._machine.device))
        held: list[Tensor] = []
        with self._lock:
            self._machine.run(batch, lists=lambda index, values: held.extend(self._tracer.columns_of(index, values)))
        return held

    def keys(self, ids: Sequence[int], sampling: Sampling, position: int, tokens: Sequence[int]) -> list[int | None]:
        """What each token's chance is decided by after `ids`, at this place of the output; None: it has none.

        In the units of `docs/inference.md`, equation (20). Raises `PromptInvalid`.
        """
        self.check(ids)
        if self._noise is None:
            raise PromptInvalid("this model embeds: it chooses no tokens")
        batch = Batch.of([(self._machine.cache(len(ids)), ids)], self._machine.device, last_only=True)
        with self._lock:
            logits = self._machine.run(batch).cpu().numpy()[0].astype(np.int64)
        known = [token for token in tokens if 0 <= token < len(logits) and is_kept(logits, sampling, token)]
        found = keys(logits, sampling, position, self._noise, np.asarray(known, np.int64))
        return [int(found[known.index(token)]) if token in known else None for token in tokens]

    def _end_of(self, prompt: int, output: Sequence[int], sampling: Sampling) -> StopReason | None:
        """Why a generation of these tokens would end with the last of them; None: it would not, or has ended before."""
        if not output or self._stop & set(output[:-1]):
            return None
        if output[-1] in self._stop:
            return StopReason.STOP_TOKEN
        return StopReason.LENGTH if len(output) == self._room(prompt, sampling) else None

    def _room(self, prompt: int, sampling: Sampling) -> int:
        if self.model.program.embeds:
            return 1
        return min(sampling.max_tokens, self.model.program.context_length - prompt)

    def check(self, prompt_ids: Sequence[int]) -> None:
        """Raises `PromptInvalid` for a prompt that `run` would refuse."""
        context, vocabulary = self.model.program.context_length, self.model.program.vocabulary
        if not prompt_ids:
            raise PromptInvalid("the prompt is empty")
        if len(prompt_ids) > self.model.program.longest_prompt:
            raise PromptInvalid(f"the prompt has {len(prompt_ids)} tokens; the context of {context} leaves no room")
        for position, token in enumerate(prompt_ids):
            if not 0 <= token < vocabulary:
                raise PromptInvalid(f"token {position} is {token}; the vocabulary has {vocabulary} ids")
