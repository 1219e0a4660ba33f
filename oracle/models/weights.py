"""The weights file: safetensors whose bytes depend on nothing but the tensors.

Matrices are stored quantised (`blocks.py`) as `<name>.codes`, `<name>.scale` and, for nibbles, `<name>.minimum`;
vectors and unquantised matrices as they are, float32. Names and shapes are given by `tensor_shapes`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from oracle.models.blocks import BLOCK, Array, Blocks
from protocol.errors import CommonholdError
from protocol.manifest import Sizes

SAFETENSORS_TYPES = {"float32": "F32", "float16": "F16", "int8": "I8", "uint8": "U8"}
ALIGNMENT = 8


class WeightsInvalid(CommonholdError, ValueError):
    """A weights file that does not fit its program; the message names the tensor."""


def tensor_shapes(sizes: Sizes) -> dict[str, tuple[int, ...]]:
    """Every tensor of a Llama-style decoder with tied embeddings: outputs × inputs, or one vector."""
    queries = sizes.heads * sizes.head_width
    keys = sizes.key_value_heads * sizes.head_width
    layer = {
        "attention_norm": (sizes.width,),
        "query": (queries, sizes.width),
        "key": (keys, sizes.width),
        "value": (keys, sizes.width),
        "attention_output": (sizes.width, queries),
        "feed_norm": (sizes.width,),
        "gate": (sizes.hidden_width, sizes.width),
        "up": (sizes.hidden_width, sizes.width),
        "down": (sizes.width, sizes.hidden_width),
    }
    shapes = {f"layers.{i}.{name}": shape for i in range(sizes.layers) for name, shape in layer.items()}
    return {"embedding": (sizes.vocabulary, sizes.width), **shapes, "output_norm": (sizes.width,)}


def write_weights(tensors: Mapping[str, Array | Blocks]) -> Iterator[bytes]:
    """The file in pieces: the same tensors give the same bytes."""
    arrays = dict(sorted(_stored(tensors)))
    header, offset = {}, 0
    for name, array in arrays.items():
        span = [offset, offset + array.nbytes]
        header[name] = {
            "dtype": SAFETENSORS_TYPES[array.dtype.name],
            "shape": list(array.shape),
            "data_offsets": span,
        }
        offset = span[1]
    text = json.dumps(header, sort_keys=True, separators=(",", ":")).encode()
    text += b" " * (-len(text) % ALIGNMENT)
    yield len(text).to_bytes(8, "little") + text
    yield from (np.ascontiguousarray(array).tobytes() for array in arrays.values())


def _stored(tensors: Mapping[str, Array | Blocks]) -> Iterable[tuple[str, Array]]:
    for name, tensor in tensors.items():
        if isinstance(tensor, Blocks):
            yield f"{name}.codes", tensor.codes
            yield f"{name}.scale", tensor.scale
            if tensor.minimum is not None:
                yield f"{name}.minimum", tensor.minimum
        else:
            yield name, tensor.astype(np.float32)


def read_weights(path: Path, sizes: Sizes) -> dict[str, Tensor]:
    """All tensors in float32, dequantised. Raises `WeightsInvalid` unless they are just those of the sizes."""
    try:
        stored = load_file(path)
    except (SafetensorError, OSError) as error:
        raise WeightsInvalid(f"{path} is no safetensors file: {error}") from error
    tensors = {name: _tensor(stored, name, shape) for name, shape in tensor_shapes(sizes).items()}
    if stored:
        raise WeightsInvalid(f"weights hold tensors that the program has no use for: {sorted(stored)[:3]}")
    return tensors


def _tensor(stored: dict[str, Tensor], name: str, shape: tuple[int, ...]) -> Tensor:
    if name in stored:
        return _shaped(name, stored.pop(name), shape, torch.float32)
    rows, blocks = shape[0], shape[-1] // BLOCK
    scale = _shaped(f"{name}.scale", stored.pop(f"{name}.scale", None), (rows, blocks), torch.float16)
    codes = stored.pop(f"{name}.codes", None)
    if codes is not None and codes.dtype == torch.int8:
        codes = _shaped(f"{name}.codes", codes, (rows, blocks, BLOCK), torch.int8)
        return (codes.float() * scale.float()[..., None]).view(shape)
    codes = _shaped(f"{name}.codes", codes, (rows, blocks, BLOCK // 2), torch.uint8)
    minimum = _shaped(f"{name}.minimum", stored.pop(f"{name}.minimum", None), (rows, blocks), torch.float16)
    nibbles = torch.cat([codes & 15, codes >> 4], dim=-1)
    return nibbles.float().mul_(scale.float()[..., None]).add_(minimum.float()[..., None]).view(shape)


def _shaped(name: str, tensor: Tensor | None, shape: tuple[int, ...], kind: torch.dtype) -> Tensor:
    if tensor is None:
        raise WeightsInvalid(f"weights lack {name}")
    if tensor.shape != shape or tensor.dtype != kind:
        found = f"{tensor.dtype} {list(tensor.shape)}"
        raise WeightsInvalid(f"{name} is {found}, and the program needs {kind} {list(shape)}")
    return tensor
