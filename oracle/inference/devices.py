"""Where to compute, and with which kernels: the fastest that give right answers on this machine."""

from __future__ import annotations

import os
from functools import cache

import torch

from oracle.inference.batch import Batch
from oracle.inference.machine import Kernels
from oracle.inference.matmul import PathRefused, adversarial, allowed
from oracle.inference.native.building import NativeUnavailable
from oracle.inference.native.kernels import NativeKernels
from oracle.inference.torch_kernels import TorchKernels
from oracle.logging import Log
from protocol.operations import WIDE, Linear

log = Log(__name__)

FASTEST = ("int_mm", "float32-blocks", "float64")
"""Paths of torch in the order in which they are preferred."""
CPU = torch.device("cpu")
SHIFT = 12


def best_device() -> torch.device:
    """CUDA where it is, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def use_threads(count: int) -> None:
    """Has torch and the native kernels compute on so many threads of the CPU; 0: on all cores but one.

    Its threads wait for each other some two hundred times a token: one that finds its core taken holds up the rest.
    """
    spare = min(torch.get_num_threads(), max(1, len(os.sched_getaffinity(0)) - 1))
    torch.set_num_threads(count or spare)


def kernels_for(device: torch.device) -> Kernels:
    """Raises `PathRefused` where nothing gives right answers."""
    if device.type == "cpu":
        return cpu_kernels()
    return torch_kernels(device)


def cpu_kernels() -> Kernels:
    """Native ones where there is a compiler, else torch's."""
    why = why_not_native()
    if not why:
        return NativeKernels()
    log.warning("native kernels not used", why=why)
    return torch_kernels(CPU)


def torch_kernels(device: torch.device) -> TorchKernels:
    paths = allowed(device)
    for name in FASTEST:
        if name in paths:
            return TorchKernels(device, paths[name])
    raise PathRefused(f"no way of multiplying gives right answers on {device}")


@cache
def why_not_native() -> str:
    """Empty where the native kernels compile and give the same products as torch's portable ones."""
    try:
        native = NativeKernels()
    except NativeUnavailable as error:
        return str(error)
    portable = TorchKernels(CPU)
    op = Linear(of=0, weights="w", bias="", shift=SHIFT, bound=WIDE)
    for activations, weights in adversarial():
        multiplier = torch.arange(1, len(weights) + 1, dtype=torch.int32)
        tensors = {"w": weights, "w.multiplier": multiplier}
        batch = Batch(torch.zeros(0), torch.zeros(0), ())
        found, wanted = (each.run(op, each.load(op, tensors), batch, 0, activations) for each in (native, portable))
        if not torch.equal(found, wanted):
            return f"{int((found != wanted).sum())} of {found.numel()} products are wrong"
    return ""
