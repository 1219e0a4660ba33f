"""A job's price in gas, from receipts on the deployed protocol. `WRITE_SNAPSHOTS=1 make gas` renews the snapshot."""

from __future__ import annotations

import os

import pytest

from tests.chain import World
from tests.gas import snapshot
from tests.gas.measuring import Gas, measure


@pytest.fixture
def measured(world: World) -> dict[str, Gas]:
    return measure(world)


def test_a_job_stays_under_its_ceilings_and_costs_what_the_snapshot_says(measured: dict[str, Gas]) -> None:
    print("\n" + snapshot.table(measured))
    if os.environ.get("WRITE_SNAPSHOTS"):
        snapshot.write(measured)

    for name, ceiling in snapshot.CEILINGS.items():
        assert measured[name].per_job <= ceiling, f"a job {name} takes {measured[name].per_job:,} gas"
    assert not list(snapshot.drifts(measured, snapshot.read()))


def test_a_change_of_one_percent_is_noticed() -> None:
    committed = {"alone": Gas(1, 66_000, 39_000, 38_000, 50_000)}
    dearer = {"alone": Gas(1, 66_000, 39_000, 38_000, 50_500)}

    (drift,) = snapshot.drifts(dearer, committed)

    assert drift.startswith("settle alone takes 50,500 gas, the snapshot says 50,000")
