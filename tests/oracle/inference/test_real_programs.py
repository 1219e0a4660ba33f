"""The real models give the same bits whatever computes them. `make test-models` runs this; it takes minutes."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from array import array
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from oracle.inference import reference
from oracle.inference.batch import Batch
from oracle.inference.machine import Kernels, Machine
from oracle.models import Model, load_model
from oracle.store import Store
from tests.oracle.inference.test_exact import CPU, KERNELS, native
from tests.oracle.real import real_model

pytestmark = pytest.mark.models

MODELS = ["smollm2", "minilm"]
TEXTS = [
    "The contract holds the money until the answer is final.",
    "Bees",
    "In 2026, 1,000.50 dollars bought 안녕 🙂 and not much else; " * 6,
    "def main():\n    return 0\n",
    "Why is the sky blue?",
    "x",
    "No vendor, no key, no administrator. " * 3,
    "Photosynthesis turns light, water and carbon dioxide into sugar and oxygen.",
]
CAPACITY = 192
ENVIRONMENTS = {
    "as it is": {},
    "avx2": {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"},
    "sse4": {"ATEN_CPU_CAPABILITY": "default", "ONEDNN_MAX_CPU_ISA": "SSE41", "MKL_ENABLE_INSTRUCTIONS": "SSE4_2"},
    **{f"{n} threads": {"OMP_NUM_THREADS": str(n), "MKL_NUM_THREADS": str(n)} for n in (1, 2, 4)},
}


@cache
def real(name: str) -> Model:
    made = real_model(name)
    return load_model(
        Store(made / "store"), bytes.fromhex(json.loads((made / "feedback.json").read_text())["manifest"][2:])
    )


def tokens(model: Model) -> list[list[int]]:
    return [ids[:CAPACITY] for text in TEXTS if (ids := model.tokenizer.encode(text))]


def machine(model: Model, kernels: Kernels) -> Machine:
    return Machine(model.program.steps, model.tensors, kernels)


def rows(running: Machine, *parts: Sequence[int]) -> list[np.ndarray[Any, Any]]:
    """The rows of the last value for each part, all parts in one batch."""
    batch = Batch.of([(running.cache(CAPACITY), part) for part in parts], running.device)
    found = running.run(batch).cpu().numpy()
    if len(found) == len(parts):
        return list(found[:, None])
    return np.split(found, np.cumsum([len(part) for part in parts])[:-1])


def alike(found: Sequence[Any], wanted: Sequence[Any]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(found, wanted, strict=True))


@cache
def wanted(name: str) -> list[np.ndarray[Any, Any]]:
    model = real(name)
    return [rows(machine(model, native()), part)[0] for part in tokens(model)]


def plain(tensor: torch.Tensor) -> Any:
    """Rows of bytes where they are bytes: a list of all weights would take gigabytes."""
    if tensor.dtype is torch.int8:
        return [array("b", row.tobytes()) for row in tensor.numpy()]
    return tensor.tolist()


@pytest.mark.parametrize("name", MODELS)
def test_every_value_is_that_of_the_reference(name: str) -> None:
    model = real(name)
    part, wrong = tokens(model)[0][:5], []
    values = reference.run(model.program.steps, {key: plain(t) for key, t in model.tensors.items()}, part)

    def observe(index: int, place: int, value: Any) -> None:
        found, expected = value, values[index][place]
        if isinstance(expected[0], reference.Scaled):
            found, expected = value[0], [row.elements for row in expected]
        elif isinstance(value, tuple):
            return  # a fused pair: the second's value follows
        if found.tolist() != expected:
            wrong.append((index, place))

    running = machine(model, native())
    running.run(Batch.of([(running.cache(CAPACITY), part)], CPU), observe)
    assert not wrong


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("kernels", KERNELS)
@pytest.mark.parametrize("count", [1, 3, 8])
def test_kernels_and_batches_change_nothing(name: str, kernels: str, count: int) -> None:
    model = real(name)
    running = machine(model, KERNELS[kernels]())
    assert alike(rows(running, *tokens(model)[:count]), wanted(name)[:count])


@pytest.mark.parametrize("kernels", KERNELS)
@pytest.mark.parametrize("cuts", [[1], [5, 1, 17, 2]])
def test_chunks_change_nothing(kernels: str, cuts: list[int]) -> None:
    running, part, pieces, start = machine(real("smollm2"), KERNELS[kernels]()), tokens(real("smollm2"))[0], [], 0
    sequence = running.cache(CAPACITY)
    while start < len(part):
        size = cuts[len(pieces) % len(cuts)]
        pieces.append(running.run(Batch.of([(sequence, part[start : start + size])], running.device)).cpu().numpy())
        start += size
    assert np.array_equal(np.concatenate(pieces), wanted("smollm2")[0])


def digests() -> set[str]:
    """Of short parts by each model, by each kind of kernels that passes here: one for each model, if all agree."""
    found = set()
    for name in MODELS:
        for make in KERNELS.values():
            values = rows(machine(real(name), make()), *[part[:12] for part in tokens(real(name))[:3]])
            found.add(hashlib.sha256(b"".join(value.tobytes() for value in values)).hexdigest())
    return found


@cache
def digests_with(environment: str) -> set[str]:
    command = [sys.executable, "-c", "import tests.oracle.inference.test_real_programs as here; print(*here.digests())"]
    variables = {**os.environ, **ENVIRONMENTS[environment]}
    root = Path(__file__).resolve().parents[3]
    ran = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=variables, cwd=root)
    return set(ran.stdout.split())


@pytest.mark.parametrize("environment", list(ENVIRONMENTS)[1:])
def test_instruction_sets_and_threads_change_nothing(environment: str) -> None:
    assert len(digests_with("as it is")) == len(MODELS)
    assert digests_with(environment) == digests_with("as it is")
