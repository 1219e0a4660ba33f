"""A tiny random model for tests, made and stored like any other: loads in milliseconds, answers nonsense at once."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from torch import Tensor

from oracle.inference import tables
from oracle.models import ModelIdentity, put_model
from oracle.models.byte_level import byte_characters, byte_level_document
from oracle.models.importing import NOISE
from oracle.models.shapes import Sizes, decoder_shapes
from oracle.quantising.llama import quantise_llama
from oracle.quantising.rounding import Array
from oracle.quantising.shape import Shape
from oracle.store import Store
from protocol.program import ARITHMETIC, PROGRAM_FORMAT, Program, Template, Turn
from tests.oracle.inference.programs import encoder

CONTROL = ("<|end|>", "<|start|>", "<|stop|>")
END, START, STOP = range(3)
MERGES = ("t h", "th e", "s e", "se c", "r e", "re t", "sec ret")
"""Enough to spell `secret` and `the` in one token, in letters and in ways between."""

TOKENS = (*CONTROL, *byte_characters(), *(merge.replace(" ", "") for merge in MERGES))
FIRST_BYTE = len(CONTROL)
SIZES = Sizes(
    layers=2,
    width=64,
    heads=4,
    key_value_heads=2,
    head_width=16,
    hidden_width=96,
    vocabulary=len(TOKENS),
)
CONTEXT = 256
NOBODY = Turn(before=(), after=())


def spelt(text: str) -> tuple[int, ...]:
    """The ids of a text, one a byte."""
    return tuple(FIRST_BYTE + byte for byte in text.encode())


def tiny_template() -> Template:
    return Template(
        system=Turn(before=(START, *spelt("system\n")), after=(STOP, *spelt("\n"))),
        default_system=spelt("You are tiny."),
        user=Turn(before=(START, *spelt("user\n")), after=(STOP, *spelt("\n"))),
        assistant=(START, *spelt("assistant\n")),
    )


def tiny_weights(seed: int = 0, sizes: Sizes = SIZES) -> dict[str, Array]:
    """Random weights as a model file would hold them."""
    random = np.random.default_rng(seed)
    return {
        name: random.uniform(0.5, 1.5, shape) if len(shape) == 1 else random.normal(0, 0.3, shape)
        for name, shape in decoder_shapes(sizes).items()
    }


def tiny_shape(sizes: Sizes = SIZES, context: int = CONTEXT) -> Shape:
    return Shape(
        layers=sizes.layers,
        heads=sizes.heads,
        key_value_heads=sizes.key_value_heads,
        head_width=sizes.head_width,
        epsilon=1e-5,
        base=10_000,
        context=context,
    )


@cache
def tiny_parts(seed: int = 0, context: int = CONTEXT) -> tuple[Program, dict[str, Tensor]]:
    """Program and tensors of the model with this seed."""
    random = np.random.default_rng(seed)
    rows = random.integers(0, len(TOKENS), (4, 32)).tolist()
    steps, tensors = quantise_llama(tiny_weights(seed), tiny_shape(context=context), rows, "nearest")
    tensors[NOISE] = torch.from_numpy(tables.gumbel())
    program = Program(
        format=PROGRAM_FORMAT,
        arithmetic=ARITHMETIC,
        vocabulary=len(TOKENS),
        context_length=context,
        steps=steps,
        template=tiny_template(),
        control_tokens=(END, START, STOP),
        stop_tokens=(STOP,),
        noise=NOISE,
    )
    return program, tensors


def tiny_program(context: int = CONTEXT) -> Program:
    return tiny_parts(context=context)[0]


def tiny_tensors(seed: int = 0) -> dict[str, Tensor]:
    return dict(tiny_parts(seed)[1])


def tiny_tokenizer() -> bytes:
    return byte_level_document(TOKENS, MERGES, range(len(CONTROL)))


@cache
def tiny_embedder_parts() -> tuple[Program, dict[str, Tensor]]:
    """Program and tensors of a random encoder with the same tokenizer; of this seed every letter counts."""
    small = encoder(110, len(TOKENS), CONTEXT)
    program = Program(
        format=PROGRAM_FORMAT,
        arithmetic=ARITHMETIC,
        vocabulary=len(TOKENS),
        context_length=CONTEXT,
        steps=small.steps,
        template=Template(system=NOBODY, default_system=(), user=Turn(before=(START,), after=(END,)), assistant=()),
        control_tokens=(END, START, STOP),
        stop_tokens=(),
        noise="",
    )
    return program, small.tensors


def put_tiny_model(store: Store, seed: int = 0, context: int = CONTEXT) -> ModelIdentity:
    """Puts the model with this seed into a store; another seed is another model with the same tokenizer."""
    program, tensors = tiny_parts(seed, context)
    return put_model(
        store,
        name=f"tiny {seed}",
        licence="MIT",
        quantisation="int8, nearest",
        program=program,
        tensors=tensors,
        tokenizer=tiny_tokenizer(),
    )


def put_tiny_embedder(store: Store) -> ModelIdentity:
    program, tensors = tiny_embedder_parts()
    return put_model(
        store,
        name="tiny embedder",
        licence="MIT",
        quantisation="int8, random",
        program=program,
        tensors=tensors,
        tokenizer=tiny_tokenizer(),
    )
