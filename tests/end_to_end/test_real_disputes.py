"""One wrong bit in every kind of part of the real models' results, and every other lie: a watcher with nothing but the
chain and the public files convicts; the client is whole, the operator has lost its bond, and half of it is the
treasury's."""

from __future__ import annotations

from pathlib import Path

import pytest

from protocol.parts import Kind
from tests.benchmarks.disputes import Bench

ENCODERS = {Kind.ACTIVATE, Kind.NARROW, Kind.POOL}
DECODERS = {Kind.GATE, Kind.ROTATE}
BOTH = set(Kind) - ENCODERS - DECODERS


@pytest.mark.parametrize(
    ("model", "kinds"), [("smollm2", BOTH | DECODERS), ("minilm", BOTH | ENCODERS)], ids=["decoder", "encoder"]
)
def test_a_wrong_bit_of_every_kind_and_every_other_lie_are_convicted(
    model: str, kinds: set[Kind], tmp_path: Path
) -> None:
    with Bench.of(model, tmp_path) as bench:
        games, lies = list(bench.games()), list(bench.lies())
    assert {game.kind for game in games} == {kind.name.lower() for kind in kinds}
    assert len(lies) == (10 if model == "smollm2" else 3)
    assert all(game.shown <= 11 for game in (*games, *lies))
