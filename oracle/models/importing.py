"""From a model file to a model in the store: tokenizer, program, weights, and the manifest that names them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from torch import Tensor

from oracle.inference import tables
from oracle.inference.ranges import prove
from oracle.models.folder import SAFETENSORS, read_folder
from oracle.models.gguf_file import read_gguf
from oracle.models.model import ModelIdentity, identify, kind_of
from oracle.models.published import PublishedDecoder, PublishedEncoder
from oracle.models.tokenizer import Tokenizer
from oracle.models.weights import write_weights
from oracle.quantising.bert import quantise_bert
from oracle.quantising.calibration import calibration_lines, calibration_rows
from oracle.quantising.llama import quantise_llama
from oracle.quantising.method import METHODS, Method
from oracle.store import Store
from protocol.documents import encode
from protocol.errors import CommonholdError
from protocol.manifest import MANIFEST_FORMAT, Manifest, decode_manifest
from protocol.program import ARITHMETIC, PROGRAM_FORMAT, Program, decode_program

NOISE = "gumbel"
Progress = Callable[[str], None]


class MethodUnknown(CommonholdError, ValueError):
    """A way of rounding that is not offered."""


def quantise(
    path: Path,
    store: Store,
    *,
    name: str = "",
    method: Method = "feedback",
    progress: Callable[[str], None] = lambda _: None,
) -> ModelIdentity:
    """Makes an integer program of a model and puts it into the store; the same model gives the same bytes anywhere.

    `path`: a GGUF file, or a folder in Hugging Face's layout, or its safetensors file.
    Raises `SourceUnsupported`, `MethodUnknown`, `DocumentInvalid`, `ProgramUnsafe`, `StoreUnwritable`.
    """
    if method not in METHODS:
        raise MethodUnknown(f"{method!r}: known are {', '.join(METHODS)}")
    published = read_published(path)
    tokenizer = Tokenizer(published.tokenizer)
    if isinstance(published, PublishedDecoder):
        program, tensors = _decoder(published, tokenizer, method, progress)
    else:
        program, tensors = _encoder(published, tokenizer, method, progress)
    return put_model(
        store,
        name=name or path.name.removesuffix(".gguf"),
        licence=published.licence,
        quantisation=f"int8, {method}",
        program=program,
        tensors=tensors,
        tokenizer=published.tokenizer,
    )


def read_published(path: Path) -> PublishedDecoder | PublishedEncoder:
    """What a file or folder holds. Raises `SourceUnsupported`, naming what does not fit."""
    if path.suffix == SAFETENSORS:
        return read_folder(path.parent, path.name)
    return read_folder(path) if path.is_dir() else read_gguf(path)


def _decoder(
    published: PublishedDecoder, tokenizer: Tokenizer, method: Method, progress: Progress
) -> tuple[Program, dict[str, Tensor]]:
    rows = calibration_rows(tokenizer.encode, published.shape.context)
    steps, tensors = quantise_llama(published.weights, published.shape, rows, method, progress)
    tensors[NOISE] = torch.from_numpy(tables.gumbel())
    return Program(
        format=PROGRAM_FORMAT,
        arithmetic=ARITHMETIC,
        vocabulary=tokenizer.vocabulary,
        context_length=published.shape.context,
        steps=steps,
        template=published.template,
        control_tokens=tuple(sorted(tokenizer.control)),
        stop_tokens=published.stop_tokens,
        noise=NOISE,
    ), tensors


def _encoder(
    published: PublishedEncoder, tokenizer: Tokenizer, method: Method, progress: Progress
) -> tuple[Program, dict[str, Tensor]]:
    around = published.template.user
    room = published.context - len(around.before) - len(around.after)
    rows = [[*around.before, *ids[:room], *around.after] for ids in calibration_lines(tokenizer.encode)]
    steps, tensors = quantise_bert(published.weights, published.shape, rows, method, progress)
    return Program(
        format=PROGRAM_FORMAT,
        arithmetic=ARITHMETIC,
        vocabulary=tokenizer.vocabulary,
        context_length=published.context,
        steps=steps,
        template=published.template,
        control_tokens=tuple(sorted(tokenizer.control)),
        stop_tokens=(),
        noise="",
    ), tensors


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

    Raises `DocumentInvalid`, `ProgramUnsafe`, `TokenizerInvalid`, `StoreUnwritable`.
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
    return identify(store.put(encode(manifest)).digest, manifest, program, tensors, Tokenizer(tokenizer))
