"""The referee's gas on the real decoder, at a long context. `WRITE_SNAPSHOTS=1 make gas` renews the snapshot."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from protocol.parts import Kind
from protocol.rules import RuleSet
from protocol.types import Sampling
from tests.benchmarks.disputes import LIMIT, Bench
from tests.gas import referee
from tests.gas.snapshot import TOLERANCE
from tests.oracle.dispute.games import Table

SAME_SECOND = 6_000
"""A hold that a move in the same second renews writes what is there already; and bytes of hashes may be zero."""
PROMPT, TOKENS = 1_500, 8
CHECK, PEAK, OPENINGS, REVEALS = 250_000, 155_000, 1_500_000, 11
LONGEST = 1_000_000
"""Of a pattern of the most bytes, each a token of its own."""


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with Bench.of("smollm2", Path(tmp_path_factory.mktemp("referee")), rules=RuleSet((LIMIT,))) as found:
        yield found


@pytest.fixture(scope="module")
def prompt(bench: Bench) -> tuple[int, ...]:
    return tuple(np.random.default_rng(5).integers(100, 40_000, PROMPT).tolist())


@pytest.fixture(scope="module")
def measured(bench: Bench, prompt: tuple[int, ...]) -> dict[str, dict[str, int]]:
    table = Table.of(bench.engine)
    held = table.held(table.answer(prompt, Sampling(TOKENS)))
    judging = referee.Referee(table, held)
    return {"steps": judging.steps(), "answers": judging.answers(), "rules": judging.rules()}


@pytest.fixture(scope="module")
def game(bench: Bench, prompt: tuple[int, ...]) -> list[tuple[str, int]]:
    """About the values by channel of the last layer, whose part has the most leaves, at the last position."""
    lists = Table.of(bench.engine).model.book.lists
    part = next(i for i, part in enumerate(lists[-2].parts) if part.kind is Kind.CHANNELS)
    return bench.game(len(lists) - 2, part, prompt)


@pytest.fixture(scope="module")
def told(bench: Bench, prompt: tuple[int, ...], game: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """The same with an operator that tells everything off the chain. Played after the other: then it is registered."""
    del game
    lists = Table.of(bench.engine).model.book.lists
    part = next(i for i, part in enumerate(lists[-2].parts) if part.kind is Kind.CHANNELS)
    return bench.game(len(lists) - 2, part, prompt, told=True)


def test_every_check_stays_under_its_ceiling_and_costs_what_the_snapshot_says(
    measured: dict[str, dict[str, int]], game: list[tuple[str, int]], told: list[tuple[str, int]]
) -> None:
    games = {"a game with everything withheld": game, "a game with everything told": told}
    moves = {name: {f"{number} {verb}": gas for number, (verb, gas) in enumerate(of, 1)} for name, of in games.items()}
    found = {**measured, **moves}
    print("\n".join(referee.table(found)))
    if os.environ.get("WRITE_SNAPSHOTS"):
        referee.write(found)
    dearest = max({**measured["steps"], **measured["answers"]}.items(), key=lambda item: item[1])
    assert dearest[1] <= CHECK, dearest
    assert measured["answers"]["peak"] <= PEAK
    assert measured["rules"]["words of an output"] <= CHECK
    assert max(measured["rules"].values()) <= LONGEST
    committed = referee.read()
    assert {name: list(figures) for name, figures in found.items()} == {
        name: list(figures) for name, figures in committed.items()
    }
    drifts = [
        (name, what, gas, committed[name][what])
        for name, figures in found.items()
        for what, gas in figures.items()
        if abs(gas - committed[name][what]) > (SAME_SECOND if name in games else TOLERANCE * gas)
    ]
    assert not drifts


def test_a_game_with_everything_withheld_takes_few_reveals(game: list[tuple[str, int]]) -> None:
    openings = [(verb, gas) for verb, gas in game if verb.startswith(("demand", "show"))]
    assert sum(verb.startswith("show") for verb, _ in openings) <= REVEALS
    assert sum(gas for _, gas in openings) <= OPENINGS
