"""kill -9 at the moments that matter: no job lost, none posted twice, no bond forfeited by a restart."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing

from oracle.store import Store
from protocol.cast import CAST
from protocol.types import JobStatus
from tests.chain import World
from tests.oracle.node.blocks import held_back, sent, told
from tests.oracle.node.operators import ask, status
from tests.oracle.node.processes import Processes, environment_of

OPERATOR = CAST["operator"].address


def results_kept(world: World) -> int:
    file = next((world.home / "oracle").glob("*.sqlite"))
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as journal:
        return int(journal.execute("SELECT count(*) FROM result").fetchone()[0])


def test_a_job_survives_a_kill_at_every_step_of_its_life(
    served_world: World, tiny_store: Store, processes: Processes
) -> None:
    world, environment = served_world, environment_of(served_world, tiny_store)
    job, before = world.submit("client", ask(max_tokens=24)), world.contracts.escrow.account_of(OPERATOR).free
    first = sent(world)

    def killed_when(condition: Callable[[], bool]) -> None:
        operator = processes.start(environment)
        operator.wait(condition)
        operator.kill()

    with held_back(world):
        killed_when(lambda: sent(world) == first + 1)  # the acceptance is sent, in no block yet
    assert status(world, job) is JobStatus.ACCEPTED
    with held_back(world):
        killed_when(lambda: results_kept(world) == 1)  # the result is kept; posted or not, who knows
        killed_when(lambda: sent(world) == first + 2)  # the result is sent, in no block yet
    assert status(world, job) is JobStatus.POSTED
    world.travel(3_601)
    killed_when(lambda: status(world, job) is JobStatus.SETTLED)
    operator = processes.start(environment)
    operator.wait_well()
    assert operator.end() == 0

    assert told(world, job) == Counter(JobSubmitted=1, JobAccepted=1, ResultPosted=1, JobSettled=1)
    assert sent(world) == first + 3, "accepted, posted, settled: one transaction each"
    account = world.contracts.escrow.account_of(OPERATOR)
    assert account.locked == 0
    assert account.free > before
    assert CAST["operator"].key[2:] not in processes.logs(), "a key in the log"
