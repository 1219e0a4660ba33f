"""A whole sentence encoder: its integer program says what the published model says, and the same bytes every time."""

from functools import cache
from math import erf

import numpy as np
import pytest
import torch
from torch import Tensor

from oracle.accuracy.original_encoder import OriginalEncoder
from oracle.inference.batch import Batch
from oracle.inference.machine import Machine
from oracle.inference.torch_kernels import TorchKernels
from oracle.quantising.bert import quantise_bert
from oracle.quantising.method import METHODS, Method
from oracle.quantising.rounding import Array
from oracle.quantising.shape import EncoderShape
from protocol.operations import Steps

SHAPE = EncoderShape(layers=2, heads=4, head_width=16, epsilon=1e-12)
WIDTH, HIDDEN, VOCABULARY, POSITIONS = 64, 96, 200, 64
ROWS = [ids.tolist() for ids in np.split(np.random.default_rng(9).integers(0, VOCABULARY, 240), [5, 30, 70, 130, 180])]
TOKENS = np.random.default_rng(4).integers(0, VOCABULARY, 50).tolist()
CPU = torch.device("cpu")


@cache
def published() -> dict[str, Array]:
    random = np.random.default_rng(1)
    weights: dict[str, Array] = {
        "embedding": random.normal(0, 1, (VOCABULARY, WIDTH)),
        "positions": random.normal(0, 0.3, (POSITIONS, WIDTH)),
    }

    def linear(name: str, outputs: int, inputs: int, size: float = 1.0) -> None:
        weights[name] = random.normal(0, size * inputs**-0.5, (outputs, inputs))
        weights[f"{name}.bias"] = random.normal(0, 0.2, outputs)

    def norm(name: str) -> None:
        weights[name], weights[f"{name}.bias"] = random.uniform(0.5, 1.5, WIDTH), random.normal(0, 0.2, WIDTH)

    norm("embedding_norm")
    for i in range(SHAPE.layers):
        for name in ("query", "key"):
            linear(f"layers.{i}.{name}", WIDTH, WIDTH, 2.0)
        for name in ("value", "attention_output"):
            linear(f"layers.{i}.{name}", WIDTH, WIDTH)
        norm(f"layers.{i}.attention_norm")
        linear(f"layers.{i}.up", HIDDEN, WIDTH)
        linear(f"layers.{i}.down", WIDTH, HIDDEN)
        norm(f"layers.{i}.feed_norm")
    return weights


def obvious(tokens: list[int]) -> Array:
    """In float64, one position and one head at a time (Devlin et al. 2019)."""
    weights = published()

    def linear(name: str, row: Array) -> Array:
        return np.asarray(weights[name] @ row + weights[f"{name}.bias"])

    def norm(name: str, row: Array) -> Array:
        centred = row - row.mean()
        return np.asarray(
            centred / np.sqrt(np.mean(centred**2) + SHAPE.epsilon) * weights[name] + weights[f"{name}.bias"]
        )

    rows = [
        norm("embedding_norm", weights["embedding"][token] + weights["positions"][position])
        for position, token in enumerate(tokens)
    ]
    for i in range(SHAPE.layers):
        p = f"layers.{i}."
        queries, keys, values = ([linear(p + n, row).reshape(4, -1) for row in rows] for n in ("query", "key", "value"))
        after = []
        for here, row in enumerate(rows):
            heads = []
            for head in range(SHAPE.heads):
                scores = np.exp([queries[here][head] @ key[head] / np.sqrt(SHAPE.head_width) for key in keys])
                heads.append(sum(w * v[head] for w, v in zip(scores / scores.sum(), values, strict=True)))
            after.append(norm(f"{p}attention_norm", row + linear(f"{p}attention_output", np.concatenate(heads))))
        hidden = [linear(f"{p}up", row) for row in after]
        curved = [np.array([x * (1 + erf(x / np.sqrt(2))) / 2 for x in row]) for row in hidden]
        rows = [norm(f"{p}feed_norm", row + linear(f"{p}down", h)) for row, h in zip(after, curved, strict=True)]
    mean = np.mean(rows, 0)
    return np.asarray(mean / np.linalg.norm(mean))


@cache
def quantised(method: Method) -> tuple[Steps, dict[str, Tensor]]:
    return quantise_bert(published(), SHAPE, ROWS, method)


def embedded(method: Method, tokens: list[int]) -> Array:
    steps, tensors = quantised(method)
    machine = Machine(steps, tensors, TorchKernels(CPU))
    batch = Batch.of([(machine.cache(len(tokens)), tokens)], CPU)
    return np.asarray(machine.run(batch).numpy().reshape(-1) / 2.0**15)


@pytest.mark.parametrize("tokens", [TOKENS, TOKENS[:3], TOKENS[:1]])
def test_the_original_is_what_the_literature_says(tokens: list[int]) -> None:
    found = OriginalEncoder(SHAPE, published(), torch.float64).embed(tokens).numpy()
    assert np.allclose(found, obvious(tokens), atol=1e-9)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("tokens", [TOKENS, TOKENS[:3], TOKENS[:1]])
def test_an_embedding_is_near_that_of_the_published_model(method: Method, tokens: list[int]) -> None:
    found = embedded(method, tokens)
    assert abs(np.linalg.norm(found) - 1) < 1e-3
    assert found @ obvious(tokens) > 0.9995


def test_the_same_weights_give_the_same_bytes() -> None:
    steps, tensors = quantised("feedback")
    again_steps, again = quantise_bert(published(), SHAPE, ROWS, "feedback")
    assert again_steps == steps
    assert again.keys() == tensors.keys()
    assert all(torch.equal(tensor, again[name]) for name, tensor in tensors.items())
