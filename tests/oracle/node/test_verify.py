"""`verify`: every comparison, and what is said when one fails."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from oracle.evidence import Evidence, gather
from oracle.store import Store
from oracle.verify import Comparison, Tools, Verdict, compare, exit_code
from protocol.cast import CAST
from protocol.encoding import result_of
from protocol.payload import decode_tokens, encode_tokens
from protocol.types import JobId, JobStatus, Outcome
from tests.chain import World
from tests.oracle.node.operators import Operators, ask, until_status

UNKNOWN = "0x" + "ab" * 32


@pytest.fixture
def served(served_world: World, operators: Operators) -> tuple[World, JobId]:
    """A job that was answered, settled, and whose bucket was split."""
    world = served_world
    job = world.submit("client", ask(max_tokens=6))
    node = operators.open(world)
    until_status(node, world, job, JobStatus.POSTED)
    world.travel(3_601)
    until_status(node, world, job, JobStatus.SETTLED)
    return world, job


def tools_of(world: World, store: Store) -> Tools:
    return Tools(world.contracts, store, None)


def evidence_of(world: World, job: JobId) -> Evidence:
    return gather(world.chain, world.deployment, job, 2_000)


def failed(comparisons: list[Comparison]) -> dict[str, str]:
    return {found.name: found.detail for found in comparisons if found.verdict is not Verdict.SAME}


def test_an_honest_job_is_verified_before_and_after_its_shares_are_split(
    served: tuple[World, JobId], tiny_store: Store
) -> None:
    world, job = served
    before = list(compare(evidence_of(world, job), tools_of(world, tiny_store)))
    assert exit_code(before) == 0, failed(before)
    assert "not split yet" in next(found.detail for found in before if found.name == "shares")
    shares = evidence_of(world, job).sheet.shares
    world.send("client", world.contracts.pool.split(shares, CAST["operator"].address))
    after = list(compare(evidence_of(world, job), tools_of(world, tiny_store)))
    assert exit_code(after) == 0, failed(after)
    assert {found.name for found in after} == {
        *("job id", "facts (when posted)", "sheet", "share table", "model", "rules", "request"),
        *("price at acceptance", "price of the result", "deadline", "parts settled (operator, shared)", "shares split"),
        *("model files", "outcome", "output", "result hash"),
    }


def test_a_wrong_answer_is_told_at_its_token(served_world: World, operators: Operators, tiny_store: Store) -> None:
    world = served_world
    job = world.submit("client", ask(max_tokens=6))
    node = operators.open(world)
    until_status(node, world, job, JobStatus.POSTED)
    honest = evidence_of(world, job)
    assert honest.record.output is not None
    assert honest.record.answer is not None
    tokens = decode_tokens(honest.record.output)
    forged = encode_tokens([*tokens[:3], tokens[3] ^ 1, *tokens[4:]])
    answer = replace(honest.record.answer, result=result_of(Outcome.ANSWERED, forged))
    cheated = replace(honest, record=replace(honest.record, output=forged, answer=answer))
    comparisons = list(compare(cheated, tools_of(world, tiny_store)))
    assert exit_code(comparisons) == 1
    assert f"at token 3 of {len(tokens)}: posted {tokens[3] ^ 1}, here {tokens[3]}" in failed(comparisons)["output"]
    assert {"facts (posted)", "output", "result hash"} == set(failed(comparisons))


def test_a_job_without_a_result_cannot_be_verified_yet(served_world: World, tiny_store: Store) -> None:
    job = served_world.submit("client", ask())
    comparisons = list(compare(evidence_of(served_world, job), tools_of(served_world, tiny_store)))
    assert exit_code(comparisons) == 2
    assert failed(comparisons) == {"result": "none is posted: the job is open"}


def test_a_model_file_damaged_by_one_byte_cannot_verify_anything(
    served: tuple[World, JobId], tiny_store: Store, tmp_path: Path
) -> None:
    world, job = served
    damaged = Store(tmp_path / "store")
    for file in tiny_store.root.iterdir():
        damaged.put(file)
    weights = max(damaged.root.iterdir(), key=lambda file: file.stat().st_size)
    content = bytearray(weights.read_bytes())
    content[len(content) // 2] ^= 1
    weights.write_bytes(content)
    comparisons = list(compare(evidence_of(world, job), tools_of(world, damaged)))
    assert exit_code(comparisons) == 2
    assert f"{weights} is damaged" in failed(comparisons)["model files"]


def run_verify(world: World, store: Store, job: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("COMMONHOLD_")},
        "COMMONHOLD_HOME": str(world.home),
        "COMMONHOLD_RPC_URL": world.url,
        "COMMONHOLD_ORACLE_STORE": str(store.root),
    }
    command = [sys.executable, "-m", "oracle", "verify", job]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_the_command_prints_a_line_a_comparison_and_needs_no_key(
    served: tuple[World, JobId], tiny_store: Store
) -> None:
    world, job = served
    run = run_verify(world, tiny_store, "0x" + job.hex())
    assert run.returncode == 0, run.stdout + run.stderr
    lines = run.stdout.splitlines()
    assert any(line.startswith("same    output: ") for line in lines)
    assert "not exact" in run.stdout
    assert lines[-1].startswith(f"job 0x{job.hex()} is verified")


@pytest.mark.parametrize(("job", "said"), [(UNKNOWN, "knows no job"), ("0x12", "is no job id")])
def test_the_command_refuses_what_is_no_job(served_world: World, tiny_store: Store, job: str, said: str) -> None:
    run = run_verify(served_world, tiny_store, job)
    assert run.returncode == 2
    assert said in run.stdout + run.stderr
    assert "Traceback" not in run.stderr
