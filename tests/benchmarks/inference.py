"""How fast the operator reads and writes with the model that set-up brings: `python -m tests.benchmarks.inference`.

Prints the rows of docs/operating.md. Each figure is the best of several runs: whatever else the machine does
only slows them.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch

from oracle.engine import Engine
from oracle.inference.devices import use_threads
from oracle.models import load_model
from oracle.models.prepared import take_over
from oracle.store import Store
from protocol.types import Sampling
from tests.oracle.real import real_model

RUNS = 3
PROMPTS = (64, 512, 2_048)
WRITTEN = 64
TOKEN = 504
"""Any ordinary token: speed does not depend on which."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu", help="cpu, cuda, cuda:1 …")
    parser.add_argument("--threads", type=int, default=0, help="of the CPU; 0: all cores but one")
    options = parser.parse_args()
    use_threads(options.threads)
    device = torch.device(options.device)
    where = torch.cuda.get_device_name(device) if device.type == "cuda" else f"threads: {torch.get_num_threads()}"
    print(f"{device}, {where}, torch {torch.__version__}")
    with tempfile.TemporaryDirectory() as folder:
        for name, figure in _figures(Store(Path(folder)), device).items():
            print(f"| {name} | {figure} |")


def _figures(store: Store, device: torch.device) -> dict[str, str]:
    manifest = take_over(real_model(), "feedback", store).manifest
    loading = _best(lambda: Engine(load_model(Store(store.root), manifest), device))
    engine = Engine(load_model(store, manifest), device)
    engine.run([TOKEN], Sampling(1))
    figures = {"load, compute roots, self-test": f"{loading:.1f} s"}
    for length in PROMPTS:
        reading = _best(lambda prompt=[TOKEN] * length: engine.run(prompt, Sampling(1)))
        figures[f"read a prompt of {length:,} tokens"] = f"{length / reading:.0f} tokens/s"
    for length in (1, PROMPTS[1]):
        both, read = (_written(engine, length, tokens) for tokens in (WRITTEN, 1))
        figures[f"write after {length:,} tokens"] = f"{(WRITTEN - 1) / (both - read):.1f} tokens/s"
    figures["memory of the process, at most"] = f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10:,} MiB"
    return figures


def _written(engine: Engine, prompt: int, tokens: int) -> float:
    """Seconds to read a prompt and write so many tokens; the model must not stop before."""

    def run() -> None:
        written = engine.run([TOKEN] * prompt, Sampling(tokens)).output
        assert len(written) == tokens, f"it stopped after {len(written)} tokens: choose another TOKEN"

    return _best(run)


def _best(work: Callable[[], object]) -> float:
    return min(_seconds(work) for _ in range(RUNS))


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
