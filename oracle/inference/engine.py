"""The seam between jobs and arithmetic: a program in, token ids out."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import torch

from oracle.inference.network import Network
from oracle.inference.sampling import choose
from oracle.models import Model, read_weights
from protocol.errors import CommonholdError
from protocol.types import Sampling


class PromptInvalid(CommonholdError, ValueError):
    """A prompt that the program cannot take: empty, too long, or with ids outside the vocabulary."""


class StopReason(StrEnum):
    """Why a generation ended."""

    STOP_TOKEN = "stop token"  # noqa: S105
    LENGTH = "length"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Generation:
    """Token ids that were generated, the stop token included. A cancelled one is a part and must not be posted."""

    token_ids: tuple[int, ...]
    stop_reason: StopReason
    seconds: float


def never() -> bool:
    return False


def best_device() -> torch.device:
    """CUDA where it is, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def use_threads(count: int) -> None:
    """Has torch compute on so many threads of the CPU; 0: on all cores but one, where it would on all.

    Its threads wait for each other some two hundred times a token: one that finds its core taken holds up the rest.
    With one other busy process on two cores, one thread is four times as fast as two.
    """
    spare = min(torch.get_num_threads(), max(1, len(os.sched_getaffinity(0)) - 1))
    torch.set_num_threads(count or spare)


class Engine:
    """One model, loaded and ready. Runs may follow each other on any thread, one at a time."""

    def __init__(self, model: Model, device: torch.device | None = None) -> None:
        """Reads the weights: about a second for 135 million. Raises `WeightsInvalid`."""
        self.model = model
        self.device = device or best_device()
        self._stop = frozenset(model.program.stop_tokens)
        tensors = read_weights(model.weights, model.program.sizes)
        self._network = Network(model.program, tensors, self.device)

    def run(self, prompt_ids: Sequence[int], sampling: Sampling, should_stop: Callable[[], bool] = never) -> Generation:
        """Generates until a stop token, `sampling.max_tokens` or the end of the context.

        The same arguments give the same ids on the same machine; float32 sums differ in their last bits between
        machines, so equality elsewhere is usual but not promised (arithmetic version 0). `should_stop` is asked before
        each token. Raises `PromptInvalid`.
        """
        self.check(prompt_ids)
        started = time.monotonic()
        room = min(sampling.max_tokens, self.model.program.context_length - len(prompt_ids))
        cache = self._network.cache(len(prompt_ids) + room)
        pending, output = list(prompt_ids), list[int]()
        reason = StopReason.LENGTH
        while len(output) < room:
            if should_stop():
                reason = StopReason.CANCELLED
                break
            logits, cache = self._network.forward(pending, cache)
            token = choose(logits[-1].cpu().numpy(), sampling, len(output))
            output.append(token)
            if token in self._stop:
                reason = StopReason.STOP_TOKEN
                break
            pending = [token]
        return Generation(tuple(output), reason, time.monotonic() - started)

    def check(self, prompt_ids: Sequence[int]) -> None:
        """Raises `PromptInvalid` for a prompt that `run` would refuse."""
        context, vocabulary = self.model.program.context_length, self.model.program.sizes.vocabulary
        if not prompt_ids:
            raise PromptInvalid("the prompt is empty")
        if len(prompt_ids) >= context:
            raise PromptInvalid(f"the prompt has {len(prompt_ids)} tokens; the context of {context} leaves no room")
        for position, token in enumerate(prompt_ids):
            if not 0 <= token < vocabulary:
                raise PromptInvalid(f"token {position} is {token}; the vocabulary has {vocabulary} ids")
