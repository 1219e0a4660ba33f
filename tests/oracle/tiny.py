"""A tiny random model for tests, made and stored like any other: loads in milliseconds, answers nonsense at once."""

from __future__ import annotations

import numpy as np

from oracle.models import ModelIdentity, put_model
from oracle.models.blocks import Array, Blocks, quantise
from oracle.models.tokenizer import byte_characters, tokenizer_document
from oracle.models.weights import tensor_shapes, write_weights
from oracle.store import Store
from protocol.manifest import PROGRAM_FORMAT, Program, Sizes, Template, Turn

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


def spelt(text: str) -> tuple[int, ...]:
    """The ids of a text, one a byte."""
    return tuple(FIRST_BYTE + byte for byte in text.encode())


def tiny_program(sizes: Sizes = SIZES, context: int = CONTEXT) -> Program:
    return Program(
        format=PROGRAM_FORMAT,
        architecture="llama",
        arithmetic="float32",
        sizes=sizes,
        norm_epsilon="1e-05",
        rope_base=10_000,
        context_length=context,
        template=Template(
            system=Turn(before=(START, *spelt("system\n")), after=(STOP, *spelt("\n"))),
            default_system=spelt("You are tiny."),
            user=Turn(before=(START, *spelt("user\n")), after=(STOP, *spelt("\n"))),
            assistant=(START, *spelt("assistant\n")),
        ),
        control_tokens=(END, START, STOP),
        stop_tokens=(STOP,),
        sampling="greedy, gumbel-max/1",
    )


def tiny_tensors(seed: int = 0, sizes: Sizes = SIZES) -> dict[str, Array | Blocks]:
    """Random weights: matrices in int8 blocks, norms in float32. The same seed gives the same bytes."""
    random = np.random.default_rng(seed)
    return {name: _tensor(random, shape) for name, shape in tensor_shapes(sizes).items()}


def put_tiny_model(store: Store, seed: int = 0, context: int = CONTEXT) -> ModelIdentity:
    """Puts the model with this seed into a store; another seed is another model with the same tokenizer."""
    return put_model(
        store,
        name=f"tiny {seed}",
        licence="MIT",
        quantisation="q8_0",
        program=tiny_program(context=context),
        weights=write_weights(tiny_tensors(seed)),
        tokenizer=tokenizer_document(TOKENS, MERGES, range(len(CONTROL))),
    )


def _tensor(random: np.random.Generator, shape: tuple[int, ...]) -> Array | Blocks:
    if len(shape) == 1:
        return random.uniform(0.5, 1.5, shape).astype(np.float32)
    return quantise(random.normal(0, 0.3, shape).astype(np.float32), bits=8)
