"""The models in service: fetched, verified, loaded and measured on a thread of their own, one after the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum

import torch

from oracle.engine import Engine
from oracle.logging import Log
from oracle.models import ModelIdentity, load_model
from oracle.store import Store
from protocol.types import ModelFacts, ModelId, Sampling

log = Log(__name__)

PROMPT_TOKENS, OUTPUT_TOKENS = 64, 16
"""Lengths that speed is measured with."""

RETRY_SECONDS = 30.0
"""Pause after a model that could not be loaded."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model ready to run, and the tokens a second that it reads and writes."""

    engine: Engine
    prompt_rate: float
    output_rate: float


class LoadState(StrEnum):
    LOADING = "loading"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ModelState:
    state: LoadState
    detail: str


def identity_of(facts: ModelFacts) -> ModelIdentity:
    """What the registry says of a model's files."""
    return ModelIdentity(facts.manifest, facts.program, facts.weights, facts.tokenizer, facts.arithmetic)


def load(store: Store, facts: ModelFacts, device: torch.device | None) -> Loaded:
    """Raises the errors of store, models and weights: each says which file and what to do."""
    engine = Engine(load_model(store, facts.manifest, identity_of(facts)), device)
    return Loaded(engine, *measure(engine))


def measure(engine: Engine) -> tuple[float, float]:
    """Tokens a second, read and written. The first run, which also warms up, is not counted. What embeds only reads."""
    program = engine.model.program
    prompt = [0] * min(PROMPT_TOKENS, program.context_length // 2)
    engine.run(prompt, Sampling(1))
    prompt_rate = len(prompt) / max(engine.run(prompt, Sampling(1)).seconds, 1e-6)
    if program.embeds:
        return prompt_rate, prompt_rate
    written = engine.run([0], Sampling(OUTPUT_TOKENS))
    return prompt_rate, len(written.output) / max(written.seconds, 1e-6)


class Serving:
    """Loads what is wanted. `ready` holds what can be used now; what is no longer wanted is let go."""

    def __init__(self, store: Store, device: torch.device | None, clock: Callable[[], float] = time.monotonic) -> None:
        self.ready: dict[ModelId, Loaded] = {}
        self._store, self._device, self._clock = store, device, clock
        self._loader = ThreadPoolExecutor(1, thread_name_prefix="loading")
        self._loading: dict[ModelId, Future[Loaded]] = {}
        self._failed: dict[ModelId, tuple[float, str]] = {}

    def want(self, models: Iterable[ModelId], facts: Mapping[ModelId, ModelFacts]) -> None:
        """Starts what is missing, takes over what has been loaded. Never waits."""
        wanted = set(models)
        self._collect()
        for model in set(self.ready) - wanted:
            del self.ready[model]
        for model in sorted(wanted - set(self.ready) - set(self._loading)):
            if model in facts and self._may_try(model):
                self._loading[model] = self._loader.submit(load, self._store, facts[model], self._device)

    def states(self) -> dict[ModelId, ModelState]:
        ready = {
            model: ModelState(LoadState.READY, loaded.engine.model.manifest.name)
            for model, loaded in self.ready.items()
        }
        failed = {model: ModelState(LoadState.FAILED, why) for model, (_, why) in self._failed.items()}
        return {**failed, **dict.fromkeys(self._loading, ModelState(LoadState.LOADING, "")), **ready}

    def close(self) -> None:
        self._loader.shutdown(cancel_futures=True)

    def _may_try(self, model: ModelId) -> bool:
        return self._clock() >= self._failed.get(model, (0.0, ""))[0]

    def _collect(self) -> None:
        for model, future in list(self._loading.items()):
            if not future.done():
                continue
            del self._loading[model]
            error = future.exception()
            if error is None:
                self._take(model, future.result())
            else:
                log.error("model not loaded", model=model, why=str(error))
                self._failed[model] = (self._clock() + RETRY_SECONDS, f"{type(error).__name__}: {error}")

    def _take(self, model: ModelId, loaded: Loaded) -> None:
        self._failed.pop(model, None)
        self.ready[model] = loaded
        log.info(
            "model ready",
            model=model,
            name=loaded.engine.model.manifest.name,
            device=str(loaded.engine.device),
            prompt_rate=round(loaded.prompt_rate, 1),
            output_rate=round(loaded.output_rate, 1),
        )
