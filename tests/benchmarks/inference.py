"""How fast the exact engine is beside what else runs the same model: `make bench-inference`.

Each contender is a process of its own, all on the same threads. They take turns, round by round, so that whatever else
the machine does meets all of them; a figure is the best of the rounds. Prints tables in Markdown; `--write` puts
them into docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from stack.setup import ROOT
from stack.setup import models as models_of_lock
from tests.benchmarks import peers
from tests.benchmarks.page import dated, put, table

THREADS = 2
ROUNDS = 3
PROMPTS = (128, 512, 1_024, 2_048)
CONTEXTS = (128, 1_024)
PREFILL_AIMS = {128: "1.2", 1_024: "0.9", 2_048: "0.9"}
STEPS = 32
BESIDE = 8
ANSWER = 120
ANSWERED = {
    f"{way}, after {prompt}": (prompt, heat) for prompt in (40, 128) for way, heat in (("greedy", 0), ("drawn", 1_000))
}
"""Prompt's tokens and temperature of what is written and verified."""
OURS, HF, Q8 = "exact, native", "transformers, float32", "llama.cpp, Q8_0"


class Contender:
    """A process that is asked for measurements."""

    def __init__(self, name: str, made: str, *arguments: str, python: Path | str = sys.executable) -> None:
        self.name = name
        self.peak = 0
        command = [str(python), "-m", "tests.benchmarks.contender", *made.split(":"), *arguments]
        threads = {name: str(THREADS) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "TORCH_NUM_THREADS")}
        environment = {**os.environ, **threads, "HF_HUB_OFFLINE": "1", "PYTHONWARNINGS": "ignore"}
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._answer()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def ask(self, *asked: Any) -> Any:
        """What the method returns."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        found, self.peak = json.loads(self._answer())
        return found

    def _answer(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended with {self._process.wait()}")
        return line


@dataclass
class Figures:
    """Best seconds so far, by what was measured and whose they are."""

    seconds: dict[tuple[str, ...], float] = field(default_factory=dict)

    def note(self, found: float, *key: str) -> None:
        self.seconds[key] = min(found, self.seconds.get(key, found))

    def rate(self, tokens: int, *key: str) -> float | None:
        """Tokens a second."""
        return tokens / self.seconds[key] if key in self.seconds else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="into docs/benchmarks.md")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    peers.make()
    with ExitStack() as at_end:
        everyone = [at_end.enter_context(contender) for contender in contenders()]
        figures = measured(everyone, options.rounds)
        parts = [
            f"{dated()} {THREADS} threads, best of {options.rounds} rounds.",
            speeds(everyone, figures),
            ratios(figures),
            *bounds(everyone[0], figures),
        ]
    for part in parts:
        print(f"\n{part}")
    if options.write:
        put("inference", parts)


def contenders() -> Iterator[Contender]:
    (model,) = (model for model in models_of_lock() if model.name == "smollm2")
    source, folder = model.source.name, str(model.folder)
    program = "tests.benchmarks.ours:Program"
    yield Contender(OURS, program, "native", folder)
    for path in ("float32-blocks", "int_mm", "float64"):
        yield Contender(f"exact, {path}", program, path, folder)
    yield Contender("our float32 forward", "tests.benchmarks.ours:Original", folder, source)
    if peers.has("transformers"):
        yield Contender(HF, "tests.benchmarks.hugging_face:Transformers", folder, source, python=peers.PYTHON)
    if peers.has("llama_cpp"):
        for name, kind in ((Q8, "q8_0"), ("llama.cpp, Q4_1", "as it is")):
            made = "tests.benchmarks.llama:LlamaCpp"
            yield Contender(name, made, folder, source, kind, str(THREADS), python=peers.PYTHON)


def measured(everyone: Sequence[Contender], rounds: int) -> Figures:
    figures = Figures()
    for turn in range(rounds):
        for tokens in PROMPTS:
            for each in everyone:
                figures.note(each.ask("prefill", tokens), "prefill", str(tokens), each.name)
            print(f"round {turn + 1}: prefill {tokens}", flush=True)
        for context in CONTEXTS:
            for each in everyone:
                figures.note(each.ask("decode", context, STEPS), "decode", str(context), each.name)
            print(f"round {turn + 1}: decode after {context}", flush=True)
        for each in (each for each in everyone if each.name in {OURS, HF}):
            figures.note(each.ask("decode", CONTEXTS[0], STEPS, BESIDE), "together", each.name)
        _note_whole_jobs(everyone[0], figures)
    return figures


def _note_whole_jobs(ours: Contender, figures: Figures) -> None:
    """What only ours has: verifying, committing, starting."""
    for what, (prompt, temperature) in ANSWERED.items():
        for name, seconds in ours.ask("written", prompt, ANSWER, temperature).items():
            figures.note(seconds, name, what)
    for tokens in (1, CONTEXTS[0]):
        for name, seconds in ours.ask("committed", CONTEXTS[0], tokens).items():
            figures.note(seconds, name, str(tokens))
    figures.note(ours.ask("start"), "start")


def speeds(everyone: Sequence[Contender], figures: Figures) -> str:
    """Tokens a second, and memory."""
    columns = {}
    for each in everyone:
        rates = {f"prefill {tokens:,}": figures.rate(tokens, "prefill", str(tokens), each.name) for tokens in PROMPTS}
        rates |= {
            f"decode after {context:,}": figures.rate(STEPS, "decode", str(context), each.name) for context in CONTEXTS
        }
        rates[f"decode of {BESIDE} together, all of them"] = figures.rate(STEPS * BESIDE, "together", each.name)
        columns[each.name] = {what: f"{rate:,.0f}" if rate else "–" for what, rate in rates.items()}
        columns[each.name]["memory of the process, MiB"] = f"{each.peak:,}"
    return table("tokens/s", columns)


def ratios(figures: Figures) -> str:
    """Ours beside others', and beside what was aimed at."""
    rows: dict[str, tuple[float | None, str]] = {}
    for context in CONTEXTS:
        rows[f"decode after {context:,} / transformers"] = _ratio(figures, HF, "decode", str(context)), "1.3"
        rows[f"decode after {context:,} / llama.cpp Q8_0"] = (
            _ratio(figures, Q8, "decode", str(context)),
            "1.0 (stretch)",
        )
    for tokens in PROMPTS:
        rows[f"prefill {tokens:,} / transformers"] = (
            _ratio(figures, HF, "prefill", str(tokens)),
            PREFILL_AIMS.get(tokens, "–"),
        )
        rows[f"prefill {tokens:,} / llama.cpp Q8_0"] = _ratio(figures, Q8, "prefill", str(tokens)), "1.5"
    alone, together = (figures.seconds[key] for key in (("decode", str(CONTEXTS[0]), OURS), ("together", OURS)))
    rows[f"decode of {BESIDE} together / of one"] = BESIDE * alone / together, "4"
    for what in ANSWERED:
        ratio = figures.seconds["write", what] / figures.seconds["verify", what]
        rows[f"writing {ANSWER} tokens / verifying them: {what}"] = ratio, "12"
    for tokens, what in ((1, "reading"), (CONTEXTS[0], f"writing {CONTEXTS[0]} after reading")):
        ratio = figures.seconds["traced", str(tokens)] / figures.seconds["untraced", str(tokens)]
        rows[f"{what} {CONTEXTS[0]} with a trace / without"] = ratio, "1.03" if tokens > 1 else "–"
    shown = {name: f"{ratio:.2f}" if ratio else "–" for name, (ratio, _) in rows.items()}
    shown["start: files, roots, proof, self-test"] = f"{figures.seconds['start',]:.2f} s"
    aims = {name: aim for name, (_, aim) in rows.items()} | {"start: files, roots, proof, self-test": "3 s at most"}
    return table("exact, native", {"ratio": shown, "aim": aims})


def _ratio(figures: Figures, other: str, *key: str) -> float | None:
    theirs = figures.seconds.get((*key, other))
    return theirs / figures.seconds[*key, OURS] if theirs else None


def bounds(ours: Contender, figures: Figures) -> list[str]:
    """What decoding could reach at most, and where the time goes."""
    command = [sys.executable, "-c", "from tests.benchmarks.ours import bandwidth; print(bandwidth())"]
    environment = {**os.environ, "OMP_NUM_THREADS": str(THREADS)}
    read = float(subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout)
    weights = ours.ask("read_a_token")
    floor = (
        f"Memory gives {read / 1e9:.1f} GB/s to {THREADS} threads. A token needs every weight once: at one byte each "
        f"{weights / 1e6:.1f} MB, so at most {read / weights:,.0f} tokens/s."
    )
    shares = {
        f"decode after {CONTEXTS[0]}": ours.ask("shares", CONTEXTS[0], 1),
        f"decode after {CONTEXTS[1]:,}": ours.ask("shares", CONTEXTS[1], 1),
        "prefill 128": ours.ask("shares", 0, 128),
        "prefill 2,048": ours.ask("shares", 0, 2_048),
    }
    shown = {what: {name: f"{share:.0%}" for name, share in parts.items()} for what, parts in shares.items()}
    return [floor, table("part of the time", shown)]


if __name__ == "__main__":
    main()
