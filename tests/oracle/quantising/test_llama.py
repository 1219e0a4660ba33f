"""A whole decoder: its integer program says what the published model says, and the same bytes are made every time."""

from functools import cache

import numpy as np
import pytest
import torch
from torch import Tensor

from oracle.inference import devices
from oracle.inference.batch import Batch
from oracle.inference.machine import Machine
from oracle.inference.native import building
from oracle.inference.torch_kernels import TorchKernels
from oracle.quantising.llama import quantise_llama
from oracle.quantising.method import METHODS, Method
from oracle.quantising.rounding import Array
from oracle.quantising.shape import Shape
from protocol.operations import Steps

SHAPE = Shape(layers=2, heads=4, key_value_heads=2, head_width=16, epsilon=1e-5, base=10_000, context=64)
WIDTH, HIDDEN, VOCABULARY = 64, 96, 200
ROWS = np.random.default_rng(9).integers(0, VOCABULARY, (6, 40)).tolist()
TOKENS = np.random.default_rng(4).integers(0, VOCABULARY, 50).tolist()
CPU = torch.device("cpu")


@cache
def published() -> dict[str, Array]:
    random = np.random.default_rng(1)

    def matrix(*shape: int) -> Array:
        return np.asarray(random.normal(0, shape[1] ** -0.5, shape))

    weights = {"embedding": random.normal(0, 1, (VOCABULARY, WIDTH)), "output_norm": random.uniform(0.5, 1.5, WIDTH)}
    for i in range(SHAPE.layers):
        weights |= {
            f"layers.{i}.attention_norm": random.uniform(0.5, 1.5, WIDTH),
            f"layers.{i}.query": matrix(64, WIDTH) * 2,
            f"layers.{i}.key": matrix(32, WIDTH) * 2,
            f"layers.{i}.value": matrix(32, WIDTH),
            f"layers.{i}.attention_output": matrix(WIDTH, 64),
            f"layers.{i}.feed_norm": random.uniform(0.5, 1.5, WIDTH),
            f"layers.{i}.gate": matrix(HIDDEN, WIDTH),
            f"layers.{i}.up": matrix(HIDDEN, WIDTH),
            f"layers.{i}.down": matrix(WIDTH, HIDDEN),
        }
    return weights


@cache
def quantised(method: Method) -> tuple[Steps, dict[str, Tensor]]:
    return quantise_llama(published(), SHAPE, ROWS, method)


def original(tokens: list[int]) -> Array:
    """Logits [T, V] in float64, one position and one head at a time (Touvron et al. 2023)."""
    weights = published()
    rows = [weights["embedding"][token] for token in tokens]
    for i in range(SHAPE.layers):
        layer = {name.split(".")[2]: w for name, w in weights.items() if name.startswith(f"layers.{i}.")}
        normed = [norm(row, layer["attention_norm"]) for row in rows]
        rows = [row + mixed for row, mixed in zip(rows, attention(layer, normed), strict=True)]
        rows = [row + feed_forward(layer, norm(row, layer["feed_norm"])) for row in rows]
    return np.stack([weights["embedding"] @ norm(row, weights["output_norm"]) for row in rows])


def norm(row: Array, gain: Array) -> Array:
    return np.asarray(row / np.sqrt(np.mean(row**2) + SHAPE.epsilon) * gain)


def attention(layer: dict[str, Array], rows: list[Array]) -> list[Array]:
    queries = [(layer["query"] @ row).reshape(SHAPE.heads, -1) for row in rows]
    keys = [(layer["key"] @ row).reshape(SHAPE.key_value_heads, -1) for row in rows]
    values = [(layer["value"] @ row).reshape(SHAPE.key_value_heads, -1) for row in rows]
    outs = []
    for here in range(len(rows)):
        heads = []
        for head in range(SHAPE.heads):
            group = head * SHAPE.key_value_heads // SHAPE.heads
            query = rotated(queries[here][head], here)
            scores = np.array([query @ rotated(keys[there][group], there) for there in range(here + 1)])
            weights = np.exp(scores / np.sqrt(SHAPE.head_width))
            heads.append(sum(w * values[there][group] for there, w in enumerate(weights / weights.sum())))
        outs.append(layer["attention_output"] @ np.concatenate(heads))
    return outs


def rotated(head: Array, position: int) -> Array:
    a, b = np.split(head, 2)
    angles = position * SHAPE.base ** (-np.arange(0, SHAPE.head_width, 2) / SHAPE.head_width)
    return np.concatenate([a * np.cos(angles) - b * np.sin(angles), a * np.sin(angles) + b * np.cos(angles)])


def feed_forward(layer: dict[str, Array], row: Array) -> Array:
    gate = layer["gate"] @ row
    return np.asarray(layer["down"] @ (gate / (1 + np.exp(-gate)) * (layer["up"] @ row)))


def logits(method: Method) -> Array:
    steps, tensors = quantised(method)
    running = Machine(steps, tensors, TorchKernels(CPU))
    batch = Batch.of([(running.cache(len(TOKENS)), TOKENS)], CPU)
    return np.asarray(running.run(batch).numpy() / 2.0**16)


@pytest.mark.parametrize(("method", "part"), [("feedback", 0.03), ("nearest", 0.03)])
def test_logits_are_near_those_of_the_published_model(method: Method, part: float) -> None:
    wanted = original(TOKENS)
    error = logits(method) - wanted
    assert np.sqrt((error**2).mean() / wanted.var()) < part


def test_the_same_weights_give_the_same_bytes_whatever_computes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    steps, tensors = quantised("feedback")
    monkeypatch.setattr(building, "COMPILERS", ())
    monkeypatch.delenv("CXX", raising=False)
    building.library.cache_clear()
    devices.why_not_native.cache_clear()
    try:
        assert "no C++ compiler" in devices.why_not_native()
        again_steps, again = quantise_llama(published(), SHAPE, ROWS, "feedback")
    finally:
        building.library.cache_clear()
        devices.why_not_native.cache_clear()
    assert again_steps == steps
    assert all(torch.equal(tensor, again[name]) for name, tensor in tensors.items())
    assert again.keys() == tensors.keys()


@pytest.mark.parametrize("method", METHODS)
def test_nothing_that_was_only_looked_at_stays(method: Method) -> None:
    steps, tensors = quantised(method)
    named = {name for operation in steps for name in operation.tensors}
    assert {name.removesuffix(".multiplier") for name in tensors} == named
