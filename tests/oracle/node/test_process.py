"""The commands, as processes: health, metrics, SIGTERM, check, refusals of nonsense."""

from __future__ import annotations

from pathlib import Path

import pytest

from oracle.store import Store
from protocol.types import JobStatus
from tests.chain import World
from tests.oracle.node.operators import ask, status
from tests.oracle.node.processes import Processes, environment_of, run_oracle

NOBODY = "http://127.0.0.1:9"


def test_it_serves_health_and_metrics_and_ends_when_told(
    served_world: World, tiny_store: Store, processes: Processes
) -> None:
    operator = processes.start(environment_of(served_world, tiny_store))
    operator.wait_well()
    job = served_world.submit("client", ask())
    operator.wait(lambda: status(served_world, job) is JobStatus.POSTED)
    operator.wait(lambda: operator.health()["jobs"].get("posted") == 1)
    health = operator.health()
    assert (health["http"], health["accepting"], health["fault"]) == (200, True, "")
    assert [state.split(":")[0] for state in health["models"].values()] == ["ready"]
    metrics = operator.metrics()
    assert 'commonhold_oracle_events_total{event="ResultPosted"} 1.0' in metrics
    assert 'commonhold_oracle_jobs{state="posted"} 1.0' in metrics
    assert operator.end() == 0
    assert '"event": "stopped"' in operator.log.read_text()


def test_it_waits_for_a_chain_that_cannot_be_reached_and_says_so(
    served_world: World, tiny_store: Store, processes: Processes
) -> None:
    environment = {**environment_of(served_world, tiny_store), "COMMONHOLD_RPC_URL": NOBODY}
    operator = processes.start(environment)
    operator.wait(lambda: operator.health().get("status") == "failing")
    assert operator.health()["http"] == 503
    assert "ChainUnreachable" in operator.health()["fault"]
    assert operator.end() == 0


def test_once_does_what_can_be_done_and_ends(served_world: World, tiny_store: Store) -> None:
    job = served_world.submit("client", ask())
    run = run_oracle(environment_of(served_world, tiny_store), "once")
    assert run.returncode == 0, run.stderr
    assert status(served_world, job) is JobStatus.POSTED


def test_check_proves_everything_in_a_line_each(served_world: World, tiny_store: Store) -> None:
    run = run_oracle(environment_of(served_world, tiny_store), "check")
    assert run.returncode == 0, run.stdout + run.stderr
    names = ["chain", "contracts", "key", "gas", "bond", "models", "device", "disk", "journal", "clock"]
    assert [line.split()[:2] for line in run.stdout.splitlines()] == [["ok", f"{name}:"] for name in names]
    assert "verified" in run.stdout


def test_check_names_all_that_is_wrong_at_once(served_world: World, tmp_path: Path) -> None:
    environment = environment_of(served_world, Store(tmp_path / "empty"), device="cuda:63", min_free_bytes=1 << 60)
    del environment["COMMONHOLD_PRIVATE_KEY"]
    run = run_oracle(environment, "check")
    assert run.returncode == 1
    failed = {line.split()[1].rstrip(":") for line in run.stdout.splitlines() if line.startswith("FAILED")}
    assert failed == {"key", "gas", "bond", "models", "device", "disk", "journal"}
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("COMMONHOLD_ORACLE_PRICE", "-1", "price"),
        ("COMMONHOLD_ORACLE_DISPUTE_MODULES", "0x12", "'0x12' is not an address"),
        ("COMMONHOLD_ORACLE_PROT", "8547", "no such setting: COMMONHOLD_ORACLE_PROT"),
        ("COMMONHOLD_CHAIN_ID", "10", "serves chain 31337, not 10"),
        ("COMMONHOLD_PRIVATE_KEY", "0x12", "is not a private key"),
    ],
)
def test_it_refuses_to_start_on_nonsense_in_one_line(
    served_world: World, tiny_store: Store, variable: str, value: str, said: str
) -> None:
    run = run_oracle({**environment_of(served_world, tiny_store, port=0), variable: value}, "run")
    assert run.returncode != 0
    assert said in run.stderr
    assert "Traceback" not in run.stderr
