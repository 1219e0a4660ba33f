"""A model as the registry names it and as its files describe it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from oracle.inference.ranges import prove
from oracle.models.tokenizer import Tokenizer
from oracle.models.weights import read_weights, weights_root
from oracle.store import Store
from protocol.cid import Cid
from protocol.errors import CommonholdError
from protocol.manifest import Manifest, decode_manifest
from protocol.program import ARITHMETIC_VERSION, Program, decode_program, program_root


class ModelInconsistent(CommonholdError):
    """Files of a model that contradict each other, or facts of the registry that its manifest contradicts."""


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """What `ModelRegistry` keeps of a model: digests of manifest and tokenizer, roots of program and weights, and the
    version of the arithmetic."""

    manifest: bytes
    program: bytes
    weights: bytes
    tokenizer: bytes
    arithmetic: int


@dataclass(frozen=True, slots=True)
class Model:
    """A model whose files are in the store and verified. `tensors`: the weights, by name; `width`: numbers in the row
    that the program ends in, which are logits or an embedding's elements."""

    identity: ModelIdentity
    manifest: Manifest
    program: Program
    tokenizer: Tokenizer
    tensors: Mapping[str, Tensor]
    width: int


def load_model(store: Store, manifest: bytes, registered: ModelIdentity | None = None) -> Model:
    """The model whose manifest has this SHA-256, with every file fetched and verified and both roots computed.

    Give the registry's facts as `registered` to have them compared. Raises the store's errors, `DocumentInvalid`,
    `TokenizerInvalid`, `WeightsInvalid`, `ProgramUnsafe`, `ModelInconsistent`.
    """
    document = decode_manifest(store.read(Cid(manifest)))
    program = decode_program(store.read(Cid.parse(document.program)))
    tensors = read_weights(store.get(Cid.parse(document.weights)), program)
    values = prove(program, tensors)
    tokenizer = Tokenizer.read(store.get(Cid.parse(document.tokenizer)))
    identity = identify(manifest, document, program, tensors, tokenizer)
    if registered is not None:
        _compare(registered, identity)
    _check_consistent(document, program, tokenizer)
    return Model(identity, document, program, tokenizer, tensors, values[-1][-1].width)


def identify(
    digest: bytes, manifest: Manifest, program: Program, tensors: Mapping[str, Tensor], tokenizer: Tokenizer
) -> ModelIdentity:
    """What the registry has to keep of the model with this manifest, whose SHA-256 is `digest`."""
    return ModelIdentity(
        manifest=digest,
        program=program_root(program, {name: tensor.shape for name, tensor in tensors.items()}, tokenizer.spellings),
        weights=weights_root(program, tensors),
        tokenizer=Cid.parse(manifest.tokenizer).digest,
        arithmetic=ARITHMETIC_VERSION,
    )


def _compare(registered: ModelIdentity, found: ModelIdentity) -> None:
    for field in ("manifest", "program", "weights", "tokenizer", "arithmetic"):
        ours, theirs = getattr(found, field), getattr(registered, field)
        if ours != theirs:
            named = [value.hex() if isinstance(value, bytes) else value for value in (ours, theirs)]
            raise ModelInconsistent(f"{field}: the manifest says {named[0]}, the registry {named[1]}")


def kind_of(program: Program) -> Literal["chat", "embedding"]:
    """What the manifest calls a model with this program."""
    return "embedding" if program.embeds else "chat"


def _check_consistent(manifest: Manifest, program: Program, tokenizer: Tokenizer) -> None:
    if manifest.kind != kind_of(program):
        raise ModelInconsistent(f"the manifest says {manifest.kind}, and the program is of the kind {kind_of(program)}")
    if tokenizer.vocabulary != program.vocabulary:
        raise ModelInconsistent(f"tokenizer has {tokenizer.vocabulary} ids, program {program.vocabulary}")
    if tokenizer.control != set(program.control_tokens):
        raise ModelInconsistent("tokenizer and program name other control tokens")
