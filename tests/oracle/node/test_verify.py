"""`verify`: every comparison, and what is said when one fails."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from oracle.cli import main
from oracle.engine import Engine
from oracle.evidence import Evidence, gather
from oracle.models import load_model
from oracle.store import Store
from oracle.verify import Comparison, Tools, Verdict, compare, exit_code
from protocol.cast import CAST
from protocol.cid import Cid
from protocol.events import Event, JobSettled
from protocol.payload import Witness, decode_tokens, encode_elements, encode_tokens, encode_witness
from protocol.rules import Limit, RuleSet
from protocol.rules import decode as decode_rules
from protocol.rules import encode as encode_rules
from protocol.trace import NO_TRACE
from protocol.types import JobId, JobStatus, Outcome, Sampling
from tests.chain import World
from tests.oracle.asking import answer
from tests.oracle.node.operators import RULES, Operators, ask, until_status
from tests.oracle.tiny import put_tiny_model

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
        *("model files", "outcome", "output", "trace", "result hash"),
    }


def cheat(world: World, outcome: Outcome, output: bytes) -> JobId:
    """A job for which another operator posted this, whatever the model would say."""
    job = world.submit("client", ask(max_tokens=6))
    escrow, offer = world.contracts.escrow, evidence_of(world, job).record.offer
    world.send("operator2", escrow.accept_job(job, offer))
    work = evidence_of(world, job).record.work
    assert work is not None
    world.send("operator2", escrow.post_result(job, work, outcome, NO_TRACE, output))
    return job


def right_answer(engine: Engine) -> list[int]:
    found = answer(engine, decode_rules(RULES), ask().input, Sampling(6))
    assert found is not None
    return decode_tokens(found.output)


def test_a_wrong_answer_is_told_at_its_token(served_world: World, tiny_store: Store, tiny_engine: Engine) -> None:
    world, tokens = served_world, right_answer(tiny_engine)
    job = cheat(world, Outcome.ANSWERED, encode_tokens([*tokens[:3], tokens[3] ^ 1, *tokens[4:]]))
    comparisons = list(compare(evidence_of(world, job), tools_of(world, tiny_store)))
    assert exit_code(comparisons) == 1
    assert set(failed(comparisons)) == {"output", "trace", "result hash", "fault"}
    said = f"at token 3 of {len(tokens)}: posted {tokens[3] ^ 1}, here {tokens[3]}"
    assert failed(comparisons)["output"].startswith(said + "; position ")
    assert ", after the layers, choose: their keys are " in failed(comparisons)["output"]
    run = run_verify(world, tiny_store, "0x" + job.hex())
    assert run.returncode == 1
    assert f"differs output: {said}" in run.stdout
    assert run.stdout.splitlines()[-1].startswith(f"job 0x{job.hex()} is NOT as it must be")


def test_a_right_answer_with_another_trace_is_told(served_world: World, tiny_store: Store, tiny_engine: Engine) -> None:
    job = cheat(served_world, Outcome.ANSWERED, encode_tokens(right_answer(tiny_engine)))
    comparisons = list(compare(evidence_of(served_world, job), tools_of(served_world, tiny_store)))
    assert exit_code(comparisons) == 1
    assert set(failed(comparisons)) == {"trace", "result hash", "fault"}


def test_an_answer_cut_short_is_told(served_world: World, tiny_store: Store, tiny_engine: Engine) -> None:
    tokens = right_answer(tiny_engine)
    job = cheat(served_world, Outcome.ANSWERED, encode_tokens(tokens[:-1]))
    comparisons = list(compare(evidence_of(served_world, job), tools_of(served_world, tiny_store)))
    assert exit_code(comparisons) == 1
    place = len(tokens) - 1
    said = failed(comparisons)["output"]
    assert said.startswith(f"at token {place} of {place}: posted the end, here {tokens[-1]}; position ")
    assert said.endswith("after the layers, stop rule: the answer goes on")


def test_an_answer_that_goes_on_is_told(served_world: World, tiny_store: Store, tiny_engine: Engine) -> None:
    tokens = right_answer(tiny_engine)
    job = cheat(served_world, Outcome.ANSWERED, encode_tokens([*tokens, 7]))
    said = failed(list(compare(evidence_of(served_world, job), tools_of(served_world, tiny_store))))["output"]
    assert said.startswith(f"at token {len(tokens)} of {len(tokens) + 1}: posted 7, here the end; position ")
    assert said.endswith("after the layers, stop rule: the answer is over")


def test_a_token_outside_the_vocabulary_is_told(served_world: World, tiny_store: Store, tiny_engine: Engine) -> None:
    tokens = right_answer(tiny_engine)
    job = cheat(served_world, Outcome.ANSWERED, encode_tokens([70_000, *tokens[1:]]))
    said = failed(list(compare(evidence_of(served_world, job), tools_of(served_world, tiny_store))))["output"]
    assert "posted 70000" in said
    assert "their keys are out of reach and " in said


def test_an_embedding_posted_for_a_chat_is_told(served_world: World, tiny_store: Store) -> None:
    job = cheat(served_world, Outcome.ANSWERED, encode_elements([5, -6]))
    said = failed(list(compare(evidence_of(served_world, job), tools_of(served_world, tiny_store))))["output"]
    assert said == "posted is an embedding, here tokens"


def test_an_answer_of_another_model_is_told(served_world: World, tiny_store: Store, tmp_path: Path) -> None:
    store = Store(tmp_path / "other")
    other = Engine(load_model(store, put_tiny_model(store, seed=1).manifest))
    job = cheat(served_world, Outcome.ANSWERED, encode_tokens(right_answer(other)))
    comparisons = list(compare(evidence_of(served_world, job), tools_of(served_world, tiny_store)))
    assert exit_code(comparisons) == 1
    assert set(failed(comparisons)) == {"output", "trace", "result hash", "fault"}


def test_a_refusal_that_no_rule_asks_for_is_told(served_world: World, tiny_store: Store) -> None:
    job = cheat(served_world, Outcome.INPUT_REFUSED, encode_witness(Witness(1, 0)))
    comparisons = list(compare(evidence_of(served_world, job), tools_of(served_world, tiny_store)))
    assert exit_code(comparisons) == 1
    assert failed(comparisons)["outcome"] == "posted INPUT_REFUSED, here ANSWERED"
    assert "posted rule 1, token 0, here 6 tokens" in failed(comparisons)["output"]


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


def with_event(evidence: Evidence, kind: type[Event], **changes: object) -> Evidence:
    """The same evidence with other values in the events of one kind."""
    events = [
        replace(event, **changes) if isinstance(event, kind) else event  # type: ignore[arg-type]
        for event in evidence.record.events
    ]
    return replace(evidence, record=replace(evidence.record, events=tuple(events)))


def of_record(evidence: Evidence, **changes: object) -> Evidence:
    return replace(evidence, record=replace(evidence.record, **changes))  # type: ignore[arg-type]


def of_answer(evidence: Evidence, **changes: object) -> Evidence:
    assert evidence.record.answer is not None
    return of_record(evidence, answer=replace(evidence.record.answer, **changes))  # type: ignore[arg-type]


def of_work(evidence: Evidence, **changes: object) -> Evidence:
    assert evidence.record.work is not None
    return of_record(evidence, work=replace(evidence.record.work, **changes))  # type: ignore[arg-type]


def other_input(evidence: Evidence) -> Evidence:
    return of_record(evidence, submission=replace(evidence.record.submission, input=ask("goodbye").input))


def other_rules(evidence: Evidence) -> Evidence:
    document = encode_rules(RuleSet((Limit(max_input=64, max_output=2),)))
    return replace(evidence, rules=replace(evidence.rules, document=document))


def other_model(evidence: Evidence) -> Evidence:
    facts = replace(evidence.model.facts, weights=b"\1" * 32)
    return replace(evidence, model=replace(evidence.model, facts=facts))


def other_sheet(evidence: Evidence) -> Evidence:
    return replace(evidence, sheet=replace(evidence.sheet, sheet=replace(evidence.sheet.sheet, rules=b"\1" * 32)))


def other_shares(evidence: Evidence) -> Evidence:
    shares = replace(evidence.sheet.shares, curator_bps=evidence.sheet.shares.curator_bps + 1)
    return replace(evidence, sheet=replace(evidence.sheet, shares=shares))


def other_curator(evidence: Evidence) -> Evidence:
    assert evidence.split is not None
    return replace(evidence, split=replace(evidence.split, curator=CAST["client"].address))


def more_to_the_treasury(evidence: Evidence) -> Evidence:
    split = evidence.split
    assert split is not None
    moved = replace(split, curator_part=split.curator_part - 1, treasury_part=split.treasury_part + 1)
    return replace(evidence, split=moved)


@pytest.mark.parametrize(
    ("change", "differ", "said"),
    [
        (lambda e: of_answer(e, result=b"\1" * 32), {"facts (when posted)", "result hash"}, "0x0101"),
        (other_input, {"request", "output", "trace", "result hash", "fault"}, "on the chain 0x"),
        (other_rules, {"rules", "output", "trace", "result hash", "fault"}, "on the chain 0x"),
        (other_model, {"model", "model files"}, "weights"),
        (other_sheet, {"sheet"}, "computed 0x"),
        (other_shares, {"share table", "shares split"}, "the table gives curator"),
        (other_curator, {"shares split"}, "the table gives curator"),
        (more_to_the_treasury, {"shares split"}, "the table gives curator"),
        (lambda e: with_event(e, JobSettled, operator_part=1), {"parts settled (operator, shared)"}, "(1, "),
        (lambda e: of_work(e, price=1), {"price at acceptance", "price of the result"}, "on the chain 1,"),
        (lambda e: of_work(e, post_by=1), {"deadline"}, "due by 1"),
    ],
    ids=[
        *("result hash", "input", "rules", "model", "sheet", "share table", "curator", "split", "parts settled"),
        *("price", "deadline"),
    ],
)
def test_whatever_is_not_as_the_chain_pinned_it_is_told(
    served: tuple[World, JobId],
    tiny_store: Store,
    change: Callable[[Evidence], Evidence],
    differ: set[str],
    said: str,
) -> None:
    world, job = served
    world.send("client", world.contracts.pool.split(evidence_of(world, job).sheet.shares, CAST["operator"].address))
    comparisons = list(compare(change(evidence_of(world, job)), tools_of(world, tiny_store)))
    assert exit_code(comparisons) == 1
    assert set(failed(comparisons)) == differ
    assert any(said in detail for detail in failed(comparisons).values())


def run_verify(
    world: World, store: Store, job: str, *options: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    given = {
        **{name: value for name, value in os.environ.items() if not name.startswith("COMMONHOLD_")},
        "COMMONHOLD_HOME": str(world.home),
        "COMMONHOLD_RPC_URL": world.url,
        "COMMONHOLD_ORACLE_STORE": str(store.root),
        **environment,
    }
    command = [sys.executable, "-m", "oracle", "verify", job, *options]
    return subprocess.run(command, env=given, capture_output=True, text=True, check=False)


def test_the_command_prints_a_line_a_comparison_and_needs_no_key(
    served: tuple[World, JobId], tiny_store: Store
) -> None:
    world, job = served
    run = run_verify(world, tiny_store, "0x" + job.hex())
    assert run.returncode == 0, run.stdout + run.stderr
    lines = run.stdout.splitlines()
    assert any(line.startswith("same    output: ") for line in lines)
    assert lines[-1].startswith(f"job 0x{job.hex()} is verified")


def test_a_file_that_nobody_has_is_named(served: tuple[World, JobId], tmp_path: Path) -> None:
    world, job = served
    empty = Store(tmp_path / "empty")
    comparisons = list(compare(evidence_of(world, job), tools_of(world, empty)))
    assert exit_code(comparisons) == 2
    manifest = Cid(evidence_of(world, job).model.facts.manifest)
    assert failed(comparisons) == {"model files": f"{manifest} is not in {empty.root}"}


def test_the_command_cannot_verify_a_job_that_the_chain_does_not_know(served_world: World, tiny_store: Store) -> None:
    run = run_verify(served_world, tiny_store, UNKNOWN)
    assert run.returncode == 2
    assert f"cannot  the escrow knows no job {UNKNOWN} up to block" in run.stdout
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize("text", ["0x12", "", UNKNOWN + "00", UNKNOWN.replace("a", "g")])
def test_the_command_refuses_what_is_no_job_id(text: str) -> None:
    run = CliRunner().invoke(main, ["verify", text])
    assert run.exit_code == 2
    assert "is no job id: 0x and 64 hexadecimal digits" in run.output
