"""From a GGUF file to a model in the store: tokenizer, weights, program and the manifest that names them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from oracle.models.blocks import Array, Blocks, quantise
from oracle.models.gguf_file import GgufFile, reading
from oracle.models.model import ModelIdentity, identify
from oracle.models.tokenizer import Tokenizer
from oracle.models.weights import write_weights
from oracle.store import Store
from protocol.errors import CommonholdError
from protocol.manifest import MANIFEST_FORMAT, Manifest, Program, decode_manifest, decode_program, encode

ORIGINAL = "original"
QUANTISATIONS = {"q8_0": 8, "q6_0": 6, "q5_0": 5, "q4_0": 4}
"""Bits of the symmetric blocks to which the linear layers can be rounded anew; the embedding keeps its own."""


class QuantisationUnknown(CommonholdError, ValueError):
    """A quantisation that is not offered."""


def import_gguf(path: Path, store: Store, *, name: str = "", quantisation: str = ORIGINAL) -> ModelIdentity:
    """Puts the model of a GGUF file into the store. The same file and choices give the same identity anywhere.

    `quantisation` is `original`, which keeps every weight of the file, or one of `QUANTISATIONS`. Raises
    `GgufUnsupported`, `QuantisationUnknown`, `ManifestInvalid`, `StoreUnwritable`.
    """
    if quantisation not in {ORIGINAL, *QUANTISATIONS}:
        raise QuantisationUnknown(f"{quantisation!r}: known are {', '.join([ORIGINAL, *QUANTISATIONS])}")
    with reading(path):
        file = GgufFile(path)
        tokenizer = file.tokenizer()
        program = file.program(Tokenizer(store.get(store.put(tokenizer))).encode)
        licence, tensors = file.licence, dict(_quantised(file, quantisation))
    return put_model(
        store,
        name=name or _name(path, quantisation),
        licence=licence,
        quantisation=quantisation,
        program=program,
        weights=write_weights(tensors),
        tokenizer=tokenizer,
    )


def put_model(
    store: Store,
    *,
    name: str,
    licence: str,
    quantisation: str,
    program: Program,
    weights: Iterable[bytes],
    tokenizer: bytes,
) -> ModelIdentity:
    """Puts a model's files into the store, the manifest last. Raises `ManifestInvalid`, `StoreUnwritable`."""
    decode_program(encode(program))
    manifest = Manifest(
        format=MANIFEST_FORMAT,
        kind="chat",
        name=name,
        licence=licence,
        quantisation=quantisation,
        program=str(store.put(encode(program))),
        weights=str(store.put(weights)),
        tokenizer=str(store.put(tokenizer)),
    )
    decode_manifest(encode(manifest))
    return identify(store.put(encode(manifest)).digest, manifest, program)


def _quantised(file: GgufFile, quantisation: str) -> Iterator[tuple[str, Array | Blocks]]:
    for name, tensor in file.tensors():
        if quantisation == ORIGINAL or name == "embedding" or name.endswith("norm"):
            yield name, tensor
        else:
            values = tensor.values() if isinstance(tensor, Blocks) else tensor
            yield name, quantise(values, QUANTISATIONS[quantisation])


def _name(path: Path, quantisation: str) -> str:
    stem = re.sub(r"\.gguf$", "", path.name)
    return stem if quantisation == ORIGINAL else f"{stem}, rounded to {quantisation}"
