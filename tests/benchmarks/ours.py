"""The engine's paths, and our float32 forward pass, as `contender` runs them."""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

import torch

from oracle.accuracy.original_decoder import OriginalDecoder
from oracle.engine import Engine
from oracle.inference.batch import Batch
from oracle.inference.devices import CPU, torch_kernels, why_not_native
from oracle.inference.machine import Kernels, Machine
from oracle.inference.matmul import PATHS
from oracle.inference.native.kernels import NativeKernels
from oracle.inference.torch_kernels import TorchKernels
from oracle.models import Model, load_model
from oracle.models.importing import read_published
from oracle.models.published import PublishedDecoder
from oracle.store import Store
from protocol.operations import Linear, Operation
from protocol.types import Sampling

TOKEN = 504
"""Any ordinary token: speed does not depend on which."""
METHOD = "feedback"
QUESTION = "Tell me the whole story of the sea and of all who live in it, from the very beginning. "


class Program:
    """An integer program by one path of the engine."""

    def __init__(self, path: str, folder: str) -> None:
        """`path`: native, or a path of torch."""
        self._path, self._folder = path, Path(folder)
        self._model = self._load()
        self._machine = Machine(self._model.program.steps, self._model.tensors, self._kernels())

    def start(self) -> float:
        """Seconds until an engine is ready: files read, roots computed, ranges proved, kernels tested and loaded."""
        why_not_native.cache_clear()
        began = time.perf_counter()
        model = self._load()
        why_not_native() if self._path == "native" else torch_kernels(CPU)
        Engine(model, CPU, self._kernels())
        return time.perf_counter() - began

    def prefill(self, tokens: int) -> float:
        """Seconds to read so many tokens and have the last one's logits."""
        batch = self._batch([self._machine.cache(tokens)], tokens)
        began = time.perf_counter()
        self._machine.run(batch)
        return time.perf_counter() - began

    def decode(self, context: int, tokens: int, beside: int = 1) -> float:
        """Seconds for so many more tokens after `context`, one by one, of each of `beside` sequences together."""
        caches = [self._machine.cache(context + tokens) for _ in range(beside)]
        self._machine.run(self._batch(caches, context))
        began = time.perf_counter()
        for _ in range(tokens):
            self._machine.run(self._batch(caches, 1)).argmax(1)
        return time.perf_counter() - began

    def written(self, prompt: int, tokens: int, temperature: int) -> dict[str, float]:
        """Seconds to write an answer of so many tokens after a chat's prompt of so many, and to verify it."""
        engine = Engine(self._model, CPU, self._kernels())
        ids, sampling = self._chat(prompt), Sampling(tokens, temperature=temperature, seed=7)
        began = time.perf_counter()
        output = engine.run(ids, sampling).output
        written = time.perf_counter()
        assert len(output) == tokens, f"it stopped after {len(output)} tokens: take another seed"
        assert engine.confirm(ids, output, sampling) is not None
        return {"write": written - began, "verify": time.perf_counter() - written}

    def committed(self, prompt: int, tokens: int) -> dict[str, float]:
        """Seconds to read a chat's prompt and write so many tokens, with a trace and without."""
        ids, engine = self._chat(prompt), Engine(self._model, CPU, self._kernels())
        found = {}
        for name, tracer in (("traced", engine._tracer), ("untraced", _NoTracer())):
            engine._tracer = tracer  # type: ignore[assignment]
            began = time.perf_counter()
            output = engine.run(ids, Sampling(tokens)).output
            found[name] = time.perf_counter() - began
            assert len(output) == tokens
        return found

    def read_a_token(self) -> int:
        """Bytes of the matrices that every token is multiplied with."""
        names = [op.weights for op in self._model.program.steps if isinstance(op, Linear)]
        return sum(self._model.tensors[name].numel() for name in names)

    def shares(self, context: int, tokens: int) -> dict[str, float]:
        """The part of the time that each type of operation takes, for tokens that are read after `context`."""
        spent: Counter[str] = Counter()
        cache = self._machine.cache(context + tokens)
        if context:
            self._machine.run(self._batch([cache], context))
        last = time.perf_counter()

        def observe(part: int, index: int, _value: Any) -> None:
            nonlocal last
            now = time.perf_counter()
            spent[_name(self._model.program.steps.lists[part][index], self._model)] += now - last
            last = now

        self._machine.run(self._batch([cache], tokens), observe)
        return {name: seconds / spent.total() for name, seconds in spent.most_common()}

    def _chat(self, tokens: int) -> list[int]:
        """A prompt of so many tokens that asks for a long answer."""
        template = self._model.program.template
        before, after = template.user.before, (*template.user.after, *template.assistant)
        asked = self._model.tokenizer.encode(QUESTION * tokens)
        return [*before, *asked[: tokens - len(before) - len(after)], *after]

    def _batch(self, caches: list[Any], tokens: int) -> Batch:
        return Batch.of([(cache, [TOKEN] * tokens) for cache in caches], CPU, last_only=True)

    def _load(self) -> Model:
        manifest = json.loads((self._folder / f"{METHOD}.json").read_text())["manifest"]
        return load_model(Store(self._folder / "store"), bytes.fromhex(manifest[2:]))

    def _kernels(self) -> Kernels:
        return NativeKernels() if self._path == "native" else TorchKernels(CPU, PATHS[self._path])


class _NoTracer:
    """Commits to nothing: what an engine would cost without its trace."""

    def observe(self, *_: Any) -> None: ...

    def collect(self, *_: Any) -> None: ...

    def trace(self, *_: Any) -> None: ...


def _name(operation: Operation, model: Model) -> str:
    head = operation == model.program.steps.after[-1]
    return "head" if head else operation.__struct_config__.tag


class Original:
    """Our forward pass of the published model in float32."""

    def __init__(self, folder: str, source: str) -> None:
        published = read_published(Path(folder) / source)
        assert isinstance(published, PublishedDecoder)
        self._model = OriginalDecoder(published.shape, published.weights, CPU)

    def prefill(self, tokens: int) -> float:
        cache = self._model.cache(tokens)
        began = time.perf_counter()
        self._model.forward([TOKEN] * tokens, cache)
        return time.perf_counter() - began

    def decode(self, context: int, tokens: int) -> float:
        _, cache = self._model.forward([TOKEN] * context, self._model.cache(context + tokens))
        began = time.perf_counter()
        for _ in range(tokens):
            logits, cache = self._model.forward([TOKEN], cache)
            logits.argmax(1)
        return time.perf_counter() - began


def bandwidth() -> float:
    """Bytes a second that all threads together read from memory."""
    block = torch.ones(1 << 27, dtype=torch.int64)
    best = float("inf")
    for _ in range(5):
        began = time.perf_counter()
        block.sum()
        best = min(best, time.perf_counter() - began)
    return block.nbytes / best
