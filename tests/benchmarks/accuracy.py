"""How near the integer programs that set-up makes are to the models that they were made of: `make accuracy`.

Prints tables in Markdown; `--write` puts them into docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from oracle.accuracy.encoder import embeddings, originals, pairs
from oracle.accuracy.measuring import measure, prompt_of
from oracle.accuracy.original_encoder import OriginalEncoder
from oracle.accuracy.ranks import rank_correlation
from oracle.accuracy.table import rows
from oracle.accuracy.text import read_text
from oracle.inference.devices import CPU, kernels_for
from oracle.inference.machine import Machine
from oracle.models import Model, load_model
from oracle.models.importing import read_published
from oracle.models.published import PublishedEncoder
from oracle.store import Store
from stack.setup import CACHE
from stack.setup import models as models_of_lock
from tests.benchmarks.page import dated, put, table

TEXTS = CACHE / "texts"
NEWS = TEXTS / "lee_background.cor"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="into docs/benchmarks.md")
    options = parser.parse_args()
    text = read_text(NEWS)
    parts = [f"{dated()} Text: `{text.name}` of `gensim` 4.3.3, SHA-256 `{text.sha256}`."]
    for prepared in models_of_lock():
        columns = {}
        for method in prepared.methods:
            model = _model(prepared.folder, method)
            columns[method] = rows(measure(model, prepared.source, text, lambda done: print(done, flush=True)))
            columns[method] |= dict(_tasks(model, prepared.source))
        parts.append(table(f"{prepared.name}, int8", columns))
    for part in parts:
        print(f"\n{part}")
    if options.write:
        put("accuracy", parts)


def _model(folder: Path, method: str) -> Model:
    manifest = json.loads((folder / f"{method}.json").read_text())["manifest"]
    return load_model(Store(folder / "store"), bytes.fromhex(manifest[2:]))


def _tasks(model: Model, source: Path) -> Iterator[tuple[str, str]]:
    """How the cosines of an encoder agree with what people said; the original's beside it."""
    published = read_published(source)
    if not isinstance(published, PublishedEncoder):
        return
    machine = Machine(model.program.steps, model.tensors, kernels_for(CPU))
    original, prompt = OriginalEncoder(published.shape, published.weights), prompt_of(model)
    documents = list(map(prompt, (TEXTS / "lee.cor").read_text("latin-1").splitlines()))
    said = np.loadtxt(TEXTS / "similarities0-1.txt")[np.triu_indices(len(documents), 1)]
    scores = [
        rank_correlation(pairs(found), said)
        for found in (embeddings(machine, documents), originals(original, documents))
    ]
    yield f"{len(documents)} documents (Lee 2005): rank correlation with people", _both(scores)
    words = [
        line.split("\t") for line in (TEXTS / "wordsim353.tsv").read_text().splitlines() if not line.startswith("#")
    ]
    asked = [[prompt(word) for word in column] for column in list(zip(*words, strict=True))[:2]]
    said = np.array([float(line[2]) for line in words])
    scores = []
    for embed in (lambda ids: embeddings(machine, ids), lambda ids: originals(original, ids)):
        one, other = map(embed, asked)
        scores.append(rank_correlation((one * other).sum(1), said))
    yield f"{len(words)} pairs of words (WordSim-353): rank correlation with people", _both(scores)


def _both(scores: list[float]) -> str:
    return f"{scores[0]:.4f} (original {scores[1]:.4f})"


if __name__ == "__main__":
    main()
