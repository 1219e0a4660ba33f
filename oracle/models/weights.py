"""The weights file, and the root of what it holds (`docs/inference.md`, section 6).

The file is safetensors whose bytes depend on nothing but the tensors. The root is over trees of leaves that a contract
can check one by one: a row of a matrix with its multiplier and bias, a piece of a vector or a table.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from protocol.errors import CommonholdError
from protocol.merkle import LEAF, leaf, root
from protocol.program import Program

SAFETENSORS_TYPES = {torch.int8: "I8", torch.int16: "I16", torch.int32: "I32"}
ALIGNMENT = 8
PIECE = 1_024
"""Codes of a row of a matrix in a leaf at most."""
BYTES = 256
"""Bytes of another tensor in a leaf at most."""
TENSOR = b"\2"
OFFSET = 128
BLOCK, GROUP = 32, 4
ORDER = (3, 7, 2, 6, 1, 5, 0, 4)
"""Of the groups of four codes in a block of a leaf: so one multiplication of 256 bits adds up eight products."""


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
    return root(entry(tensors[name], root(leaf_hashes(program, tensors, name))) for name in program.tensors)


def entry(tensor: Tensor, tree: bytes) -> bytes:
    """The leaf of the weights' root that is a tensor's: over its element size and shape, and the root of its leaves."""
    return sha256(TENSOR + entry_head(tensor) + tree).digest()


def entry_head(tensor: Tensor) -> bytes:
    """Element size, number of dimensions, and the dimensions."""
    shape = b"".join(size.to_bytes(8, "big") for size in tensor.shape)
    return bytes([tensor.element_size(), tensor.dim()]) + shape


def leaf_hashes(program: Program, tensors: Mapping[str, Tensor], name: str) -> Iterable[bytes]:
    """Of a tensor that has a tree of its own. Raises `WeightsInvalid`."""
    if name in program.matrices:
        columns = tensors[name].shape[1]
        pieces = [_hashes(_matrix_leaves(program, tensors, name, i)) for i in range(0, columns, PIECE)]
        return (hashed for row in zip(*pieces, strict=True) for hashed in row)
    content = _content(tensors[name])
    return (leaf(content[i : i + BYTES]) for i in range(0, len(content), BYTES))


def matrix_leaf(program: Program, tensors: Mapping[str, Tensor], name: str, row: int, piece: int) -> bytes:
    """The content of one leaf of a matrix."""
    named = {name, f"{name}.multiplier", program.matrices[name]} - {""}
    one = dict(tensors) | {part: tensors[part][row : row + 1] for part in named}
    return _matrix_leaves(program, one, name, piece * PIECE)[0, 1:].tobytes()


def table_leaf(tensor: Tensor, index: int) -> bytes:
    """The content of the leaf of a table or vector that holds its element `index`."""
    array = tensor.contiguous().numpy().reshape(-1)
    each = BYTES // array.itemsize
    return _big_endian(array[index // each * each : (index // each + 1) * each])


def _matrix_leaves(program: Program, tensors: Mapping[str, Tensor], name: str, begin: int) -> NDArray[np.uint8]:
    """For each row its piece from column `begin` on, with the byte that leaves begin with: multiplier and bias,
    big-endian, then at most 1,024 codes, each plus 128, and zeros up to whole blocks; in a block the groups in their
    order."""
    codes, multiplier, bias = tensors[name], tensors[f"{name}.multiplier"], program.matrices[name]
    rows, columns = codes.shape
    if multiplier.shape != (rows,) or (bias and tensors[bias].shape != (rows,)):
        raise WeightsInvalid(f"{name} has {rows} rows, and not as many multipliers or biases")
    words = np.zeros((rows, 2), ">i4")
    words[:, 0] = multiplier.numpy()
    if bias:
        words[:, 1] = tensors[bias].numpy()
    first = np.full((rows, 1), LEAF[0], np.uint8)
    heads = np.concatenate([first, np.frombuffer(words.tobytes(), np.uint8).reshape(rows, -1)], 1)
    size = min(PIECE, columns - begin)
    coded = np.full((rows, -(-size // BLOCK) * BLOCK), OFFSET, np.uint8)
    coded[:, :size] ^= codes[:, begin : begin + size].numpy().view(np.uint8)
    coded = coded.reshape(rows, -1, BLOCK // GROUP, GROUP)[:, :, ORDER].reshape(rows, -1)
    return np.concatenate([heads, coded], 1)


def _hashes(rows: NDArray[np.uint8]) -> Iterator[bytes]:
    content, size = memoryview(rows.tobytes()), rows.shape[1]
    return (sha256(content[i : i + size]).digest() for i in range(0, len(content), size))


def _content(tensor: Tensor) -> bytes:
    return _big_endian(tensor.contiguous().numpy().reshape(-1))


def _big_endian(array: NDArray[Any]) -> bytes:
    return array.astype(array.dtype.newbyteorder(">")).tobytes()
