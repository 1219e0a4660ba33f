"""Whoever refuses what the rules allow, or answers what they forbid, is convicted on a chain by a watcher alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from oracle.dispute.docket import Docket
from oracle.dispute.watcher import Watcher
from oracle.engine import Engine
from oracle.models import Model, load_model
from oracle.safety import Allowed, Safety
from oracle.store import Store
from protocol import deployment as deployments
from protocol import rules
from protocol.cast import CAST
from protocol.disputes import Fault
from protocol.events import AnswerConvicted
from protocol.payload import NO_RULE, Witness, encode_tokens, encode_witness
from protocol.plan import local_plan
from protocol.rules import Deny, Limit, RuleSet, Scope
from protocol.types import JobId, ModelFacts, Sampling
from tests.chain import World, deploy_world, start_anvil
from tests.oracle.node.disputing import BOND, STAKE, Cheat, Purse, docket_of, play, watching
from tests.oracle.node.operators import ask
from tests.oracle.tiny import spelt

LAX = RuleSet((Limit(64, 32),))
FORBIDDEN, ALLOWED = "hello", "good day"
"""What the model answers to the first breaks a rule."""


@dataclass(frozen=True, slots=True)
class Table:
    """A chain with rules, a watcher, and an operator that does as it likes."""

    world: World
    watcher: Watcher
    operator: Cheat
    position: int
    """Of the token with which the answer to `FORBIDDEN` begins to break rule 3."""

    def submitted(self, text: str) -> JobId:
        return self.world.submit(submission=ask(text, max_tokens=6))

    def convicted(self, job: JobId) -> AnswerConvicted:
        before = Purse.of(self.world)
        play(self.watcher, self.operator, job)
        for _ in range(9):
            self.watcher.round()
        verdict = docket_of(self.world, job).verdict
        assert isinstance(verdict, AnswerConvicted)
        after = Purse.of(self.world)
        assert before.operator - after.operator == BOND
        assert after.client == before.client
        assert after.watcher - before.watcher >= BOND // 4
        return verdict

    def is_left_alone(self, job: JobId) -> bool:
        for _ in range(20):
            self.watcher.round()
        return docket_of(self.world, job) == Docket()


def answer(model: Model, engine: Engine, text: str) -> tuple[int, ...]:
    allowed = Safety(LAX, model).judge_input(encode_tokens(spelt(text)))
    assert isinstance(allowed, Allowed)
    return engine.run(allowed.prompt_ids, Sampling(6)).output


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory, tiny_store: Store, tiny_facts: ModelFacts) -> Iterator[Table]:
    folder: Path = tmp_path_factory.mktemp("refusals")
    engine = Engine(load_model(tiny_store, tiny_facts.manifest))
    detokenise = engine.model.tokenizer.detokenise
    forbidden = answer(engine.model, engine, FORBIDDEN)
    denied = detokenise(forbidden[2:5])
    assert denied not in detokenise(answer(engine.model, engine, ALLOWED))
    ruled = RuleSet(
        (Limit(64, 32), Deny(Scope.INPUT, b"secret"), Deny(Scope.INPUT, b"cret"), Deny(Scope.OUTPUT, denied))
    )
    refused = Safety(ruled, engine.model).judge_output(forbidden)
    assert refused is not None
    assert 0 < refused.witness.position < len(forbidden) - 1
    node = start_anvil(folder)
    world = deploy_world(node.chain, folder / "home", node.url, local_plan(tiny_facts, rules.encode(ruled)))
    deployments.save(world.home, world.deployment)
    world.send("watcher", world.contracts.asset.mint(CAST["watcher"].address, STAKE))
    world.close()
    with ExitStack() as stack:
        watcher = stack.enter_context(watching(world, tiny_store))
        yield Table(world, watcher, Cheat(world, engine, document=rules.encode(LAX)), refused.witness.position)
    node.stop()


@pytest.mark.parametrize(
    "posted",
    [
        encode_witness(Witness(1, 0)),
        encode_witness(Witness(0, 64)),
        encode_witness(Witness(3, 0)),
        encode_witness(Witness(9, 0)),
        encode_witness(Witness(NO_RULE, 0)),
    ],
)
def test_an_input_that_was_refused_though_allowed_is_convicted(table: Table, posted: bytes) -> None:
    job = table.submitted(ALLOWED)
    table.operator.refuse_input(job, posted)
    assert table.convicted(job).claim.fault is Fault.REFUSAL


@pytest.mark.parametrize(
    ("witness", "fault"),
    [
        (Witness(1, 4), Fault.FORBIDDEN),
        (Witness(2, 5), Fault.FORBIDDEN),
        (Witness(1, 2), Fault.REFUSAL),
        (Witness(NO_RULE, 3), Fault.REFUSAL),
    ],
)
def test_an_input_that_was_refused_for_another_reason_is_convicted(
    table: Table, witness: Witness, fault: Fault
) -> None:
    job = table.submitted("my secret")
    table.operator.refuse_input(job, encode_witness(witness))
    assert table.convicted(job).claim.fault is fault


def test_an_input_that_was_answered_though_forbidden_is_convicted(table: Table) -> None:
    job = table.submitted("my SECRET")
    table.operator.serve(job, table.operator.right(job))
    claim = table.convicted(job).claim
    assert (claim.fault, claim.index, claim.other) == (Fault.FORBIDDEN, 1 << 32 | 3, Scope.INPUT)


def test_no_tokens_are_no_answer_to_what_is_forbidden(table: Table) -> None:
    job = table.submitted("my secret")
    table.operator.serve(job, ())
    assert table.convicted(job).claim.fault is Fault.FORBIDDEN


def test_an_output_that_was_answered_though_forbidden_is_convicted(table: Table) -> None:
    job = table.submitted(FORBIDDEN)
    table.operator.serve(job, table.operator.right(job))
    claim = table.convicted(job).claim
    assert (claim.fault, claim.index, claim.other) == (Fault.FORBIDDEN, 3 << 32 | table.position, Scope.OUTPUT)


@pytest.mark.parametrize("posted", [encode_witness(Witness(3, 0)), encode_witness(Witness(1, 0))])
def test_an_output_that_was_refused_though_allowed_is_convicted(table: Table, posted: bytes) -> None:
    """Its tokens were not posted: they have to be shown, and are judged first."""
    job = table.submitted(ALLOWED)
    table.operator.refuse_output(job, table.operator.right(job), posted)
    assert table.convicted(job).claim.fault is Fault.REFUSAL


@pytest.mark.parametrize(("off", "fault"), [(-1, Fault.REFUSAL), (1, Fault.FORBIDDEN)])
def test_an_output_that_was_refused_for_another_reason_is_convicted(table: Table, off: int, fault: Fault) -> None:
    job = table.submitted(FORBIDDEN)
    witness = Witness(3, table.position + off)
    table.operator.refuse_output(job, table.operator.right(job), encode_witness(witness))
    assert table.convicted(job).claim.fault is fault


def test_an_output_may_not_be_refused_where_the_input_was_to_be(table: Table) -> None:
    job = table.submitted("my secret")
    table.operator.refuse_output(job, table.operator.right(job), encode_witness(Witness(3, 0)))
    assert table.convicted(job).claim.other == Scope.INPUT


@pytest.mark.parametrize("trace", [bytes(32), b"\7" * 32])
def test_a_right_refusal_of_an_input_is_left_alone(table: Table, trace: bytes) -> None:
    """What is said of a trace does not matter where nothing was computed."""
    job = table.submitted("my secret")
    table.operator.refuse_input(job, encode_witness(Witness(1, 3)), trace)
    assert table.is_left_alone(job)


def test_a_right_refusal_of_an_output_is_left_alone(table: Table) -> None:
    job = table.submitted(FORBIDDEN)
    table.operator.refuse_output(job, table.operator.right(job), encode_witness(Witness(3, table.position)))
    assert table.is_left_alone(job)
