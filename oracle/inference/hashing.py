"""Hashes of many rows of integers, and roots of many trees: `docs/inference.md`, sections 6.2 and 6.6."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from protocol import merkle

Hashes = NDArray[np.uint8]
PIECE = 256
"""Elements of a row in one leaf at most."""
DIGEST = 32


def leaves(values: NDArray[np.integer[Any]]) -> Hashes:
    """Leaf hashes [N, pieces, 32] of the rows of `values` [N, W]."""
    rows, width = values.shape
    content = np.ascontiguousarray(values).astype(values.dtype.newbyteorder(">")).tobytes()
    size, piece = width * values.itemsize, PIECE * values.itemsize
    begins = [row * size + at for row in range(rows) for at in range(0, size, piece)]
    hashed = [merkle.leaf(content[at : min(at + piece, at - at % size + size)]) for at in begins]
    return _hashes(hashed, rows)


def roots(hashes: Hashes) -> Hashes:
    """Roots [M, 32] of trees over `hashes` [M, n, 32]."""
    return _hashes([merkle.root(row.tobytes() for row in tree) for tree in hashes], len(hashes))[:, 0]


def _hashes(digests: list[bytes], rows: int) -> Hashes:
    return np.frombuffer(b"".join(digests), np.uint8).reshape(rows, -1, DIGEST)
