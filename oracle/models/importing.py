"""From a model file to a model in the store: tokenizer, program, weights, and the manifest that names them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from torch import Tensor

from oracle.inference import tables
from oracle.inference.ranges import prove
from oracle.models.gguf_file import GgufFile, reading
from oracle.models.model import ModelIdentity, identify, kind_of
from oracle.models.tokenizer import Tokenizer
from oracle.models.weights import write_weights
from oracle.quantising.calibration import calibration_rows
from oracle.quantising.llama import quantise_llama
from oracle.quantising.method import METHODS, Method
from oracle.store import Store
from protocol.documents import encode
from protocol.errors import CommonholdError
from protocol.manifest import MANIFEST_FORMAT, Manifest, decode_manifest
from protocol.program import ARITHMETIC, PROGRAM_FORMAT, Program, decode_program

NOISE = "gumbel"


class MethodUnknown(CommonholdError, ValueError):
    """A way of rounding that is not offered."""


def quantise_gguf(
    path: Path,
    store: Store,
    *,
    name: str = "",
    method: Method = "feedback",
    progress: Callable[[str], None] = lambda _: None,
) -> ModelIdentity:
    """Makes an integer program of a GGUF file and puts it into the store; the same file gives the same bytes anywhere.

    Raises `GgufUnsupported`, `MethodUnknown`, `DocumentInvalid`, `ProgramUnsafe`, `StoreUnwritable`.
    """
    if method not in METHODS:
        raise MethodUnknown(f"{method!r}: known are {', '.join(METHODS)}")
    with reading(path):
        file = GgufFile(path)
        document = file.tokenizer()
        tokenizer = Tokenizer(store.get(store.put(document)))
        shape, weights, template = file.shape(), file.weights(), file.template(tokenizer.encode)
        control, stop, licence = file.control_tokens(), file.stop_tokens(), file.licence
    steps, tensors = quantise_llama(weights, shape, calibration_rows(tokenizer.encode), method, progress)
    tensors[NOISE] = torch.from_numpy(tables.gumbel())
    program = Program(
        format=PROGRAM_FORMAT,
        arithmetic=ARITHMETIC,
        vocabulary=tokenizer.vocabulary,
        context_length=shape.context,
        steps=steps,
        template=template,
        control_tokens=tuple(control),
        stop_tokens=stop,
        noise=NOISE,
    )
    return put_model(
        store,
        name=name or re.sub(r"\.gguf$", "", path.name),
        licence=licence,
        quantisation=f"int8, {method}",
        program=program,
        tensors=tensors,
        tokenizer=document,
    )


def put_model(
    store: Store,
    *,
    name: str,
    licence: str,
    quantisation: str,
    program: Program,
    tensors: Mapping[str, Tensor],
    tokenizer: bytes,
) -> ModelIdentity:
    """Puts a model's files into the store, the manifest last.

    Raises `DocumentInvalid`, `ProgramUnsafe`, `StoreUnwritable`.
    """
    decode_program(encode(program))
    prove(program, tensors)
    manifest = Manifest(
        format=MANIFEST_FORMAT,
        kind=kind_of(program),
        name=name,
        licence=licence,
        quantisation=quantisation,
        program=str(store.put(encode(program))),
        weights=str(store.put(write_weights(tensors))),
        tokenizer=str(store.put(tokenizer)),
    )
    decode_manifest(encode(manifest))
    return identify(store.put(encode(manifest)).digest, manifest, program, tensors)
