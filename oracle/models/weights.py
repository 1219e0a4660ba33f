"""The weights file, and the root of what it holds (`docs/inference.md`, section 6).

The file is safetensors whose bytes depend on nothing but the tensors. The root is over trees of leaves that a contract
can check one by one: a row of a matrix with its multiplier and bias, a piece of a vector or a table.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from protocol.errors import CommonholdError
from protocol.merkle import LEAF, root
from protocol.program import Program

SAFETENSORS_TYPES = {torch.int8: "I8", torch.int16: "I16", torch.int32: "I32"}
ALIGNMENT = 8
PIECE = 1_024
"""Codes of a matrix, or bytes of another tensor, in a leaf at most."""
TENSOR = b"\2"
OFFSET = 128


class WeightsInvalid(CommonholdError, ValueError):
    """A weights file that does not fit its program; the message names the tensor."""


def write_weights(tensors: Mapping[str, Tensor]) -> Iterator[bytes]:
    """The file in pieces: the same tensors give the same bytes."""
    header, offset = {}, 0
    for name, tensor in sorted(tensors.items()):
        span = [offset, offset + tensor.nbytes]
        header[name] = {"dtype": SAFETENSORS_TYPES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": span}
        offset = span[1]
    text = json.dumps(header, sort_keys=True, separators=(",", ":")).encode()
    text += b" " * (-len(text) % ALIGNMENT)
    yield len(text).to_bytes(8, "little") + text
    yield from (tensor.contiguous().numpy().tobytes() for _, tensor in sorted(tensors.items()))


def read_weights(path: Path, program: Program) -> dict[str, Tensor]:
    """The tensors that the program names. Raises `WeightsInvalid` unless the file holds just those, rightly typed."""
    try:
        stored = load_file(path)
    except (SafetensorError, OSError) as error:
        raise WeightsInvalid(f"{path} is no safetensors file: {error}") from error
    wanted = dict(_types(program))
    if missing := sorted(wanted.keys() - stored.keys()):
        raise WeightsInvalid(f"weights lack {missing[0]}")
    if spare := sorted(stored.keys() - wanted.keys()):
        raise WeightsInvalid(f"weights hold tensors that the program has no use for: {spare[:3]}")
    for name, tensor in stored.items():
        if tensor.dtype not in wanted[name]:
            raise WeightsInvalid(f"{name} is {tensor.dtype}")
    return stored


def _types(program: Program) -> Iterator[tuple[str, set[torch.dtype]]]:
    matrices = program.matrices
    for name in program.tensors:
        yield name, {torch.int8} if name in matrices else {torch.int16, torch.int32}
    for name, bias in matrices.items():
        yield f"{name}.multiplier", {torch.int32}
        if bias:
            yield bias, {torch.int32}


def weights_root(program: Program, tensors: Mapping[str, Tensor]) -> bytes:
    """What the registry keeps of the weights: about half a second for 135 million. Raises `WeightsInvalid`."""
    matrices = program.matrices
    entries = []
    for name in program.tensors:
        tensor = tensors[name]
        if name in matrices:
            bias = tensors[matrices[name]] if matrices[name] else None
            leaves = _matrix_leaves(name, tensor, tensors[f"{name}.multiplier"], bias)
        else:
            leaves = _leaves(tensor)
        entries.append(_entry(tensor, root(leaves)))
    return root(entries)


def _entry(tensor: Tensor, tree: bytes) -> bytes:
    """A tensor's element size and shape, and the root of its leaves."""
    shape = b"".join(size.to_bytes(8, "big") for size in tensor.shape)
    return sha256(TENSOR + bytes([tensor.element_size(), tensor.dim()]) + shape + tree).digest()


def _matrix_leaves(name: str, codes: Tensor, multiplier: Tensor, bias: Tensor | None) -> Iterable[bytes]:
    """For each row, its pieces: multiplier and bias, big-endian, then at most 1,024 codes, each plus 128."""
    rows, columns = codes.shape
    if multiplier.shape != (rows,) or (bias is not None and bias.shape != (rows,)):
        raise WeightsInvalid(f"{name} has {rows} rows, and not as many multipliers or biases")
    words = np.zeros((rows, 2), ">i4")
    words[:, 0] = multiplier.numpy()
    if bias is not None:
        words[:, 1] = bias.numpy()
    first = np.full((rows, 1), LEAF[0], np.uint8)
    heads = np.concatenate([first, np.frombuffer(words.tobytes(), np.uint8).reshape(rows, -1)], 1)
    coded = codes.numpy().view(np.uint8) ^ OFFSET
    pieces = [_hashes(np.concatenate([heads, coded[:, i : i + PIECE]], 1)) for i in range(0, columns, PIECE)]
    return (hashed for row in zip(*pieces, strict=True) for hashed in row)


def _hashes(rows: NDArray[np.uint8]) -> Iterator[bytes]:
    content, size = memoryview(rows.tobytes()), rows.shape[1]
    return (sha256(content[i : i + size]).digest() for i in range(0, len(content), size))


def _leaves(tensor: Tensor) -> Iterable[bytes]:
    """Pieces of 1,024 bytes, elements big-endian."""
    array = tensor.contiguous().numpy().reshape(-1)
    content = array.astype(array.dtype.newbyteorder(">")).tobytes()
    return (sha256(LEAF + content[i : i + PIECE]).digest() for i in range(0, len(content), PIECE))
