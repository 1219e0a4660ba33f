"""llama.cpp as `contender` runs it, in the environment that `peers` makes."""

from __future__ import annotations

import time
from pathlib import Path

import llama_cpp

TOKEN = 504
CONTEXT = 2_304


class LlamaCpp:
    """`kind`: as the file is, or q8_0, which is made of it."""

    def __init__(self, folder: str, source: str, kind: str, threads: str) -> None:
        path = Path(folder) / source
        if kind == "q8_0":
            path = _requantised(path)
        options = {"n_threads": int(threads), "n_threads_batch": int(threads), "n_gpu_layers": 0}
        self._model = llama_cpp.Llama(str(path), n_ctx=CONTEXT, n_batch=512, verbose=False, **options)

    def prefill(self, tokens: int) -> float:
        self._model.reset()
        began = time.perf_counter()
        self._model.eval([TOKEN] * tokens)
        return time.perf_counter() - began

    def decode(self, context: int, tokens: int) -> float:
        self._model.reset()
        self._model.eval([TOKEN] * context)
        began = time.perf_counter()
        for _ in range(tokens):
            self._model.eval([TOKEN])
        return time.perf_counter() - began


def _requantised(source: Path) -> Path:
    made = source.with_name(f"{source.name}.q8_0")
    if not made.exists():
        parameters = llama_cpp.llama_model_quantize_default_params()
        parameters.ftype = llama_cpp.LLAMA_FTYPE_MOSTLY_Q8_0
        parameters.allow_requantize = True
        if llama_cpp.llama_model_quantize(str(source).encode(), str(made).encode(), parameters):
            raise RuntimeError(f"llama.cpp could not make {made}")
    return made
