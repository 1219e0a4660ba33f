"""Transformers as `contender` runs it, in the environment that `peers` makes."""

from __future__ import annotations

import time
from typing import Any

import torch
from transformers import AutoModelForCausalLM

TOKEN = 504


class Transformers:
    """Hugging Face's implementation in float32, eager attention."""

    def __init__(self, folder: str, source: str) -> None:
        self._model = AutoModelForCausalLM.from_pretrained(
            folder, gguf_file=source, dtype=torch.float32, attn_implementation="eager"
        ).eval()

    @torch.inference_mode()
    def prefill(self, tokens: int) -> float:
        began = time.perf_counter()
        self._read(tokens, 1)
        return time.perf_counter() - began

    @torch.inference_mode()
    def decode(self, context: int, tokens: int, beside: int = 1) -> float:
        past = self._read(context, beside).past_key_values
        began = time.perf_counter()
        for _ in range(tokens):
            ids = torch.full((beside, 1), TOKEN)
            self._model(ids, past_key_values=past, use_cache=True).logits[:, -1].argmax(1)
        return time.perf_counter() - began

    def _read(self, tokens: int, beside: int) -> Any:
        return self._model(torch.full((beside, tokens), TOKEN), use_cache=True, logits_to_keep=1)
