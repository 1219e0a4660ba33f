"""A tokenizer's file, in the `tokenizers` library's format: the same bytes for the same tokenizer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def tokenizer_document(
    model: Mapping[str, Any],
    control: Mapping[int, str],
    *,
    pre_tokenizer: Mapping[str, Any],
    decoder: Mapping[str, Any],
    normalizer: Mapping[str, Any] | None = None,
) -> bytes:
    """`control`: ids that no text becomes. Nothing is cut off, filled up or put around a text."""
    document = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [_added(token, content) for token, content in control.items()],
        "normalizer": normalizer,
        "pre_tokenizer": pre_tokenizer,
        "post_processor": None,
        "decoder": decoder,
        "model": model,
    }
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _added(token: int, content: str) -> dict[str, Any]:
    plain = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    return {"id": token, "content": content, "special": True, **plain}
