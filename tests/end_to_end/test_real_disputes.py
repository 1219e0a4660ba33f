"""One wrong bit in every kind of part of the real models' results: a watcher with nothing but the chain and the public
files convicts; the client is whole, the operator has lost its bond, and half of it is the treasury's."""

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
def test_one_wrong_bit_of_every_kind_is_convicted(model: str, kinds: set[Kind], tmp_path: Path) -> None:
    with Bench.of(model, tmp_path) as bench:
        games = list(bench.games())
    steps = {game.kind for game in games if game.kind != "a wrong token"}
    assert steps == {kind.name.lower() for kind in kinds}
    assert all(game.shown <= 11 for game in games)
