"""Whatever computes a program computes the same bits: path, chunks, batch, threads, instruction set."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path as FilePath
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle.inference import matmul, reference
from oracle.inference.batch import Batch
from oracle.inference.machine import Kernels, Machine
from oracle.inference.matmul import FLOAT64, FLOAT_BLOCKS, INT_MM, Path, PathRefused, self_test
from oracle.inference.native.building import NativeUnavailable, compiler
from oracle.inference.native.kernels import NativeKernels
from oracle.inference.torch_kernels import TorchKernels
from tests.oracle.inference.programs import Small, decoder, encoder

CPU = torch.device("cpu")
DEVICES = [CPU, *([torch.device("cuda")] if torch.cuda.is_available() else [])]
SEEDS = st.integers(0, 2**32 - 1)
QUICK = settings(max_examples=12, deadline=None)
MAKERS = [decoder, encoder]
CAPACITY = 40


def native(threads: int = 1) -> Kernels:
    try:
        return NativeKernels(threads)
    except NativeUnavailable as error:
        pytest.skip(str(error))


KERNELS: dict[str, Callable[[], Kernels]] = {
    "native": native,
    **{
        f"{device.type} {name}": lambda device=device, path=path: TorchKernels(device, path)  # type: ignore[misc]
        for device in DEVICES
        for name, path in matmul.allowed(device).items()
    },
}


def tokens_of(small: Small, seed: int, most: int = 12) -> list[int]:
    generator = torch.Generator().manual_seed(seed)
    length = int(torch.randint(1, most + 1, (), generator=generator))
    return [int(token) for token in torch.randint(small.vocabulary, (length,), generator=generator)]


def expected(small: Small, tokens: Sequence[int]) -> list[list[list[Any]]]:
    return reference.run(small.steps, {name: tensor.tolist() for name, tensor in small.tensors.items()}, tokens)


def machine(small: Small, kernels: Kernels) -> Machine:
    return Machine(small.steps, small.tensors, kernels)


def last(running: Machine, *parts: Sequence[int]) -> list[Any]:
    """The program's last value, each of the parts a sequence of its own."""
    batch = Batch.of([(running.cache(CAPACITY), part) for part in parts], running.device)
    value: list[Any] = running.run(batch).tolist()
    return value


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize("make", MAKERS)
@QUICK
@given(seed=SEEDS)
def test_every_value_of_every_operation_is_that_of_the_reference(
    name: str, make: Callable[[int], Small], seed: int
) -> None:
    small = make(seed)
    tokens, wrong = tokens_of(small, seed), []
    values = expected(small, tokens)

    def observe(part: int, index: int, value: Any) -> None:
        wanted = values[part][index]
        if isinstance(value, tuple):
            found = list(zip(value[0].tolist(), value[1].flatten().tolist(), strict=True))
            if isinstance(wanted[0], reference.Scaled):
                agrees = found == [(row.elements, row.exponent) for row in wanted]
            else:
                agrees = True  # a fused pair: the second's value follows
        else:
            agrees = value.tolist() == wanted
        if not agrees:
            wrong.append((part, index))

    running = machine(small, KERNELS[name]())
    running.run(Batch.of([(running.cache(CAPACITY), tokens)], running.device), observe)
    assert not wrong


@pytest.mark.parametrize("name", KERNELS)
@QUICK
@given(seed=SEEDS, cuts=st.lists(st.integers(1, 5), min_size=1, max_size=6))
def test_one_pass_chunks_and_token_by_token_agree(name: str, seed: int, cuts: list[int]) -> None:
    small = decoder(seed)
    tokens = tokens_of(small, seed, 30)
    running = machine(small, KERNELS[name]())
    whole = last(running, tokens)
    cache, pieces, start = running.cache(CAPACITY), [], 0
    while start < len(tokens):
        size = cuts[len(pieces) % len(cuts)]
        pieces.append(running.run(Batch.of([(cache, tokens[start : start + size])], running.device)).tolist())
        start += size
    assert [row for piece in pieces for row in piece] == whole


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize("make", MAKERS)
@QUICK
@given(seed=SEEDS, count=st.sampled_from([2, 3, 8]))
def test_a_sequence_is_not_changed_by_those_beside_it(
    name: str, make: Callable[[int], Small], seed: int, count: int
) -> None:
    small = make(seed)
    running = machine(small, KERNELS[name]())
    parts = [tokens_of(small, seed + i) for i in range(count)]
    assert last(running, *parts) == [row for part in parts for row in last(running, part)]


@QUICK
@given(seed=SEEDS)
def test_threads_change_nothing(seed: int) -> None:
    small = decoder(seed)
    parts = [tokens_of(small, seed + i, 30) for i in range(3)]
    one, two, four = (last(machine(small, native(threads)), *parts) for threads in (1, 2, 4))
    assert one == two == four


def test_only_the_rows_that_are_wanted_are_computed_to_the_end() -> None:
    small = decoder(5)
    running = machine(small, TorchKernels(CPU))
    parts = [[1, 0, 1], [0, 1]]
    batch = Batch.of([(running.cache(CAPACITY), part) for part in parts], CPU, last_only=True)
    assert running.run(batch).tolist() == [last(running, part)[-1] for part in parts]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device is here: nothing is claimed of CUDA")
def test_cuda_is_held_to_the_same() -> None:
    assert any(name.startswith("cuda") for name in KERNELS)


# ---------------------------------------------------------------- the self-test


@pytest.mark.parametrize("path", [FLOAT_BLOCKS, FLOAT64])
@pytest.mark.parametrize("device", DEVICES)
def test_the_portable_paths_pass_the_self_test(path: Path, device: torch.device) -> None:
    self_test(path, device)


def saturating(activations: torch.Tensor, prepared: tuple[torch.Tensor, int]) -> torch.Tensor:
    """As int8 kernels of processors without VNNI: unsigned times signed, sums of two products kept within 16 bits."""
    weights, outputs = prepared
    split = torch.nn.functional.pad(matmul.limbs(activations), (0, weights.shape[0] - activations.shape[1]))
    products = (split.to(torch.int32) + 128)[:, :, None] * weights.to(torch.int32)[None]
    pairs = products.view(len(split), -1, 2, weights.shape[1]).sum(2).clamp(-(1 << 15), (1 << 15) - 1)
    return matmul.join((pairs.sum(1) - 128 * weights.to(torch.int32).sum(0))[:, :outputs])


def failing(*_: object) -> torch.Tensor:
    return torch.zeros(1) @ torch.zeros(2)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("saturates", Path("saturating", 1, INT_MM.prepare, saturating)),
        ("loses bits", Path("float32", 4, lambda w: w.float().T, lambda a, w: (a.float() @ w).long())),
        ("TF32", Path("tf32", 4, FLOAT_BLOCKS.prepare, lambda a, w: FLOAT_BLOCKS.multiply(a & ~0x3, w))),
        ("fails", Path("none", 1, INT_MM.prepare, failing)),
    ],
)
def test_a_path_that_is_not_exact_is_refused(name: str, path: Path) -> None:
    with pytest.raises(PathRefused, match=path.name):
        self_test(path, CPU)


# ---------------------------------------------------------------- instruction sets


CHILD = """
import hashlib, sys, torch
from oracle.inference import matmul, tables
from protocol.types import Sampling
from tests.oracle.inference.test_exact import last, machine, native, tokens_of
from tests.oracle.inference.programs import decoder
from oracle.inference.torch_kernels import TorchKernels
device = torch.device("cpu")
paths = matmul.allowed(device).values()
kernels = [native()] if "native" in sys.argv else [TorchKernels(device, path) for path in paths]
digest, NOISE = hashlib.sha256(), tables.gumbel()
for seed in range(6):
    small = decoder(seed)
    values = [last(machine(small, each), tokens_of(small, seed, 30)) for each in kernels]
    logits, sampling = torch.tensor(values[0], dtype=torch.int32), Sampling(1, 900, seed)
    chosen = [each.choose(logits, sampling, 0, NOISE) for each in kernels]
    assert all(value == values[0] for value in values), seed
    assert all(tokens == chosen[0] for tokens in chosen), seed
    digest.update(repr((values[0], chosen[0])).encode())
print(digest.hexdigest())
"""
COMPILER = """#!/bin/sh
case "$*" in *--version*) exec {compiler} "$@" ;; esac
exec {compiler} "$@" {flags}
"""


@cache
def digest_with(*arguments: str, **environment: str) -> str:
    """Of values that another process computes, in this environment besides ours."""
    command = [sys.executable, "-c", CHILD, *arguments]
    return subprocess.run(
        command, stdout=subprocess.PIPE, text=True, check=True, env={**os.environ, **environment}
    ).stdout.strip()


@pytest.mark.parametrize(
    "environment",
    [
        {"ATEN_CPU_CAPABILITY": "default"},
        {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"},
        {"ONEDNN_MAX_CPU_ISA": "SSE41", "MKL_ENABLE_INSTRUCTIONS": "SSE4_2"},
    ],
    ids=lambda environment: ", ".join(environment.values()),
)
def test_instruction_sets_change_nothing(environment: dict[str, str]) -> None:
    assert digest_with(**environment) == digest_with()


@pytest.mark.skipif(platform.machine() != "x86_64", reason="these flags are of x86-64's compilers")
@pytest.mark.parametrize("flags", ["-mno-avx512vnni", "-mno-avx512f", "-march=x86-64"])
def test_native_kernels_of_lesser_processors_change_nothing(flags: str, tmp_path: FilePath) -> None:
    native()
    wrapper = tmp_path / "compiler"
    wrapper.write_text(COMPILER.format(compiler=compiler(), flags=flags))
    wrapper.chmod(0o755)
    assert digest_with("native", CXX=str(wrapper), XDG_CACHE_HOME=str(tmp_path)) == digest_with()


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize("past", ["cache", "rotations"])
def test_positions_beyond_the_cache_or_the_rotations_are_refused(name: str, past: str) -> None:
    """A library that reads or writes past its memory would go on with whatever lies there."""
    small, kernels = decoder(1), KERNELS[name]()
    machine = Machine(small.steps, small.tensors, kernels)
    sequence = machine.cache(16 if past == "cache" else CAPACITY + 1)
    tokens = sequence.capacity + 1 if past == "cache" else CAPACITY + 1
    with pytest.raises(IndexError):
        machine.run(Batch.of([(sequence, [0] * tokens)], kernels.device))
