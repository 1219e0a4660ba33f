"""Jobs of a model that embeds: served, verified, and a wrong element told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import pytest

from oracle.checks import Checks
from oracle.dispute.held import hold
from oracle.engine import Engine
from oracle.evidence import gather
from oracle.models import load_model
from oracle.store import Store
from oracle.verify import Tools, Verdict, compare, exit_code
from protocol import deployment as deployments
from protocol import merkle
from protocol.cast import CAST
from protocol.computation import Evidence
from protocol.disputes import Fault, Node
from protocol.events import AnswerConvicted
from protocol.payload import Witness, decode_answer, encode_elements, encode_witness, is_embedding
from protocol.plan import local_plan
from protocol.recovery import recover_job
from protocol.reverts import Reverted
from protocol.trace import NO_TRACE
from protocol.types import JobId, JobStatus, ModelFacts, Outcome
from tests.chain import World, deploy_world, start_anvil
from tests.oracle.node.disputing import STAKE, Cheat, Liar, docket_of, play, watching
from tests.oracle.node.operators import RULES, Operators, ask, settings_of, until_status
from tests.oracle.tiny import put_tiny_embedder


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def world(tmp_path: Path, store: Store) -> Iterator[World]:
    """A chain on which the slot is held by a model that embeds."""
    facts = ModelFacts(**asdict(put_tiny_embedder(store)), curator=CAST["curator"].address, curator_bps=500)
    node = start_anvil(tmp_path)
    found = deploy_world(node.chain, tmp_path / "home", node.url, local_plan(facts, RULES))
    deployments.save(found.home, found.deployment)
    yield found
    found.close()
    node.stop()


def test_an_embedding_is_served_and_verified_and_a_wrong_one_told(world: World, store: Store) -> None:
    operators = Operators(store)
    with closing(Checks(settings_of(world, store))) as checks:
        checked = next(line for line in checks.run() if line.name == "models")
    assert checked.is_well
    assert checked.detail.endswith("tokens/s read, none written")
    node = operators.open(world)
    job, refused = world.submit("client", ask("bees make honey")), world.submit("client", ask("a secret"))
    for each in (job, refused):
        until_status(node, world, each, JobStatus.POSTED)
    operators.close()
    output = recover_job(world.chain, world.deployment, job).output
    assert output is not None
    assert is_embedding(output)
    assert recover_job(world.chain, world.deployment, refused).outcome is Outcome.INPUT_REFUSED
    tools = Tools(world.contracts, store, None)
    for each in (job, refused):
        found = list(compare(gather(world.chain, world.deployment, each, 2_000), tools))
        assert exit_code(found) == 0, [line for line in found if line.verdict is not Verdict.SAME]
    elements = decode_answer(output)
    wrong = cheat(world, encode_elements([*elements[:5], elements[5] - 1, *elements[6:]]))
    found = list(compare(gather(world.chain, world.deployment, wrong, 2_000), tools))
    assert exit_code(found) == 1
    said = next(line.detail for line in found if line.name == "output")
    assert said.startswith(f"at element 5 of {len(elements)}: posted {elements[5] - 1}, here {elements[5]}; ")


def test_nothing_is_below_the_peaks_that_an_embedding_has_not(world: World, store: Store) -> None:
    operators = Operators(store)
    node = operators.open(world)
    job = world.submit("client", ask("bees make honey"))
    until_status(node, world, job, JobStatus.POSTED)
    operators.close()
    world.send("holder1", world.contracts.asset.mint(CAST["holder1"].address, STAKE))
    model = world.contracts.models.model_of(world.sheet().model)
    liar = Liar(world, Engine(load_model(store, model.manifest)), "holder1")
    liar.demand_much(job, 0)
    case, answer = docket_of(world, job).case, liar.record(job).answer
    held = hold(liar.engine, liar.question(job).prompt_ids, ())
    assert case is not None
    assert answer is not None
    evidence = Evidence(b"", 0, (), b"", tuple(merkle.path(held.roots, 1)))
    for level in (0, 1, 2):
        node_ = Node(level, 0, held.roots[1])
        call = world.contracts.disputes.demand_rows(job, case, answer, 1, node=node_, evidence=evidence)
        with pytest.raises(Reverted, match="WrongNode"):
            world.send("holder1", call)


def test_no_rule_forbids_an_embedding(world: World, store: Store) -> None:
    """Whoever says so is convicted, whatever sizes it made up for the trace."""
    world.send("watcher", world.contracts.asset.mint(CAST["watcher"].address, STAKE))
    model = world.contracts.models.model_of(world.sheet().model)
    operator = Cheat(world, Engine(load_model(store, model.manifest)), document=RULES)
    job = world.submit("client", ask("bees make honey"))
    operator.refuse_output(job, (), encode_witness(Witness(0, 0)))
    world.close()
    with watching(world, store) as watcher:
        play(watcher, operator, job)
    verdict = docket_of(world, job).verdict
    assert isinstance(verdict, AnswerConvicted)
    assert verdict.claim.fault is Fault.REFUSAL


def cheat(world: World, output: bytes) -> JobId:
    """The same question, for which another operator posted this."""
    job = world.submit("client", ask("bees make honey"))
    escrow = world.contracts.escrow
    world.send("operator2", escrow.accept_job(job, recover_job(world.chain, world.deployment, job).offer))
    work = recover_job(world.chain, world.deployment, job).work
    assert work is not None
    world.send("operator2", escrow.post_result(job, work, Outcome.ANSWERED, NO_TRACE, output))
    return job
