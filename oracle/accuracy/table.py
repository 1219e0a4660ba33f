"""Accuracy as people read it, and as it is kept."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from oracle.accuracy.decoder import DecoderAccuracy
from oracle.accuracy.encoder import EncoderAccuracy
from oracle.accuracy.measuring import Accuracy


def rows(accuracy: Accuracy) -> dict[str, str]:
    """What was measured, by its name."""
    return _of_decoder(accuracy) if isinstance(accuracy, DecoderAccuracy) else _of_encoder(accuracy)


def _of_decoder(found: DecoderAccuracy) -> dict[str, str]:
    change, error = 100 * found.perplexity_change, 100 * found.perplexity_change_error
    return {
        "tokens predicted": f"{found.tokens:,}",
        "perplexity of the original in float32": f"{found.original_perplexity:.3f}",
        "perplexity": f"{found.perplexity:.3f}: {change:+.2f} % ± {error:.2f} %",
        "the same likeliest token": f"{found.top1:.2%}",
        "divergence from the original": f"{found.divergence:.5f} nats",
    }


def _of_encoder(found: EncoderAccuracy) -> dict[str, str]:
    return {
        "sentences": f"{found.sentences:,}",
        "cosine to the original in float32, mean": f"{found.cosine_mean:.5f}",
        "cosine, least": f"{found.cosine_least:.5f}",
        "sentences with less than 0.999": f"{found.below}",
        "rank correlation of the cosines of all pairs": f"{found.rank_correlation:.5f}",
    }


def keep(folder: Path, manifest: bytes, measured: Sequence[Accuracy]) -> Path:
    """Writes what was measured of a model to a file of its own, which is returned."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{manifest.hex()}.json"
    path.write_text(json.dumps([asdict(accuracy) for accuracy in measured], indent=2) + "\n")
    return path
