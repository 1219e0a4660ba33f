"""Canonical documents with one field changed."""

from __future__ import annotations

import json

from protocol.documents import Document, encode


def changed(document: Document, path: str, value: object) -> bytes:
    """The canonical document with one field, `a.b.3.c`, set to something else; a value of `...` removes it."""
    tree = json.loads(encode(document))
    *parents, last = path.split(".")
    inner = tree
    for parent in parents:
        inner = inner[int(parent)] if isinstance(inner, list) else inner[parent]
    inner[last] = value
    if value is ...:
        del inner[last]
    return json.dumps(tree, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
