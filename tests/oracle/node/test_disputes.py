"""Disputes on a chain: a watcher with nothing but the chain and the public files against operators, right and wrong."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from dataclasses import replace
from fractions import Fraction
from math import ceil
from pathlib import Path

import pytest

from oracle.dispute.defence import Defence
from oracle.dispute.docket import Docket
from oracle.dispute.watcher import Watcher
from oracle.engine import Engine
from oracle.evidence import gather
from oracle.store import Store
from oracle.verify import Tools, compare
from protocol import merkle
from protocol.cast import CAST
from protocol.computation import Evidence
from protocol.disputes import Fault, Node
from protocol.events import AnswerConvicted, SilenceConvicted, StepConvicted
from protocol.intents import Call
from protocol.parts import Kind, list_head
from protocol.payload import Witness, encode_witness
from protocol.plan import DAY, DOLLAR, GAME
from protocol.pricing import bond_for, settle_from
from protocol.reverts import Reverted
from protocol.types import JobId, JobStatus, Sampling
from tests.chain import World
from tests.indexer.indexed import indexing
from tests.oracle.dispute.games import Flip, Table, cheat
from tests.oracle.node.blocks import held_back, left_branch
from tests.oracle.node.disputing import (
    BOND,
    STAKE,
    Cheat,
    Liar,
    Purse,
    docket_of,
    due_calls,
    play,
    repaid,
    submitted,
    turn_watcher,
    watching,
)
from tests.oracle.node.operators import Operators, ask, status, turn_until, until_status
from tests.oracle.node.test_verify import run_verify


def with_one_wrong(tokens: tuple[int, ...]) -> tuple[int, ...]:
    return (*tokens[:2], tokens[2] + 1, *tokens[3:])


def served_wrong(operator: Cheat) -> JobId:
    job = submitted(operator.world)
    operator.serve(job, with_one_wrong(operator.right(job)))
    return job


def serve_with_a_flaw(operator: Cheat, part: int, position: int = 5) -> JobId:
    """A right answer, with a trace in which one bit of a part of the first layer is wrong."""
    job, table = submitted(operator.world), Table.of(operator.engine)
    found = table.model.book.lists[1].parts[part]
    bits = range(3 if found.kind is Kind.EXPONENT else 8 * found.shape.size - 1)

    def wrong(defence: Defence) -> Defence:
        for bit in reversed(bits):
            with suppress(IndexError, OverflowError, ValueError):  # a place that is none
                changed = cheat(table, defence.held, Flip(1, position, part, 0, bit))
                if changed.held.roots != defence.held.roots:
                    return changed
        raise AssertionError("no bit of it changes anything")

    operator.serve(job, operator.right(job), wrong)
    return job


def parts_of(engine: Engine, kind: Kind) -> list[int]:
    parts = Table.of(engine).model.book.lists[1].parts
    return [index for index, part in enumerate(parts) if part.kind is kind]


def test_one_wrong_token_is_convicted_and_the_client_made_whole(
    served_world: World, watcher: Watcher, operator: Cheat
) -> None:
    world, before = served_world, Purse.of(served_world)
    job = served_wrong(operator)
    play(watcher, operator, job)
    verdict = docket_of(world, job).verdict
    assert isinstance(verdict, AnswerConvicted)
    assert (verdict.claim.fault, verdict.claim.index) == (Fault.CHOICE, 2)
    for _ in range(9):
        watcher.round()
    after = Purse.of(world)
    assert after.client == before.client
    assert before.operator - after.operator == BOND
    assert after.watcher - before.watcher == BOND // 4 + repaid(world, job)
    assert after.treasury - before.treasury == BOND - BOND // 4 - repaid(world, job) >= BOND // 2
    assert all(demand.paid for demand in docket_of(world, job).demands.values())


@pytest.mark.parametrize("kind", [Kind.SLICE, Kind.SCORES, Kind.PRODUCTS, Kind.NORM, Kind.GATE])
def test_one_wrong_bit_in_a_layer_is_convicted(
    served_world: World, watcher: Watcher, operator: Cheat, kind: Kind
) -> None:
    part = parts_of(operator.engine, kind)[0]
    job = serve_with_a_flaw(operator, part)
    play(watcher, operator, job)
    verdict = docket_of(served_world, job).verdict
    assert isinstance(verdict, StepConvicted)
    assert (verdict.step.list, verdict.step.part, verdict.step.position) == (1, part, 5)
    assert verdict.committed != verdict.expected


def test_verify_says_which_element_of_which_operation_is_wrong(
    served_world: World, tiny_store: Store, watcher: Watcher, operator: Cheat
) -> None:
    """As soon as the operator has shown it; before that, what it has yet to show."""
    part = parts_of(operator.engine, Kind.SCORES)[0]
    job = serve_with_a_flaw(operator, part)
    assert fault_of(served_world, tiny_store, job) == "the operator has yet to show what its trace is the hash of"
    play(watcher, operator, job)
    verdict = docket_of(served_world, job).verdict
    assert isinstance(verdict, StepConvicted)
    element, committed, expected = verdict.step.element, verdict.committed, verdict.expected
    assert fault_of(served_world, tiny_store, job) == (
        f"at position 5, layer 0, operation 3 (attend), scores, element {element}: committed {committed}, "
        f"recomputed {expected}"
    )


def fault_of(world: World, store: Store, job: JobId) -> str:
    evidence = gather(world.chain, world.deployment, job, 2_000)
    return next(
        found.detail for found in compare(evidence, Tools(world.contracts, store, None)) if found.name == "fault"
    )


def test_rest_tells_it_all(served_world: World, watcher: Watcher, operator: Cheat, tmp_path: Path) -> None:
    job = serve_with_a_flaw(operator, parts_of(operator.engine, Kind.SCORES)[0])
    with indexing(served_world, f"sqlite:///{tmp_path / 'index.sqlite'}") as indexed:
        while not docket_of(served_world, job).demands:
            watcher.round()
        indexed.follow()
        told = indexed.data(f"/jobs/0x{job.hex()}/disputes")
        [demand] = told["demands"]
        assert (demand["kind"], demand["state"], told["verdict"]) == ("trace", "open", None)
        assert demand["challenger"] == CAST["watcher"].address
        served_world.travel(demand["deadline"] - served_world.now() + 1)
        served_world.chain.request("evm_mine", [])
        indexed.follow()
        assert indexed.data(f"/jobs/0x{job.hex()}/disputes")["demands"][0]["state"] == "overdue"


def test_rest_tells_a_verdict(served_world: World, watcher: Watcher, operator: Cheat, tmp_path: Path) -> None:
    job = serve_with_a_flaw(operator, parts_of(operator.engine, Kind.SCORES)[0])
    play(watcher, operator, job)
    for _ in range(9):
        watcher.round()
    with indexing(served_world, f"sqlite:///{tmp_path / 'index.sqlite'}") as indexed:
        indexed.follow()
        told = indexed.data(f"/jobs/0x{job.hex()}/disputes")
    docket = docket_of(served_world, job)
    assert isinstance(docket.verdict, StepConvicted)
    step, verdict = docket.verdict.step, told["verdict"]
    assert [demand["kind"] for demand in told["demands"]] == ["trace", "rows", "parts", "elements", "elements"]
    assert all(demand["state"] == "shown" and demand["paid_at"] for demand in told["demands"])
    assert [bool(commitment["paid_at"]) for commitment in told["commitments"]] == [True]
    assert (verdict["kind"], verdict["list"], verdict["part"]) == ("step", str(step.list), str(step.part))
    assert (verdict["committed"], verdict["expected"]) == (str(docket.verdict.committed), str(docket.verdict.expected))


@pytest.mark.parametrize("answers", range(5))
def test_silence_at_any_move_is_convicted(served_world: World, watcher: Watcher, operator: Cheat, answers: int) -> None:
    """The trace, rows, parts, nodes of a part, a leaf: whatever is not shown in time costs the bond."""
    world, before = served_world, Purse.of(served_world)
    job = serve_with_a_flaw(operator, parts_of(operator.engine, Kind.SCORES)[0])
    for _ in range(60):
        watcher.round()
        docket = docket_of(world, job)
        if docket.announced:
            pytest.fail(f"it was proved after {len(docket.demands)} demands")
        if len(docket.demands) > answers:
            break
        operator.answer(job, docket)
    world.travel(world.contracts.disputes.move_seconds() + 1)
    for _ in range(9):
        watcher.round()
    verdict = docket_of(world, job).verdict
    assert isinstance(verdict, SilenceConvicted)
    after = Purse.of(world)
    assert after.client == before.client
    assert before.operator - after.operator == BOND
    assert after.watcher > before.watcher


def test_what_is_over_is_forgotten_once_every_bond_is_back(
    served_world: World, watcher: Watcher, operator: Cheat
) -> None:
    job = served_wrong(operator)
    play(watcher, operator, job)
    watcher.clean(served_world.chain.block_number())
    for _ in range(9):
        watcher.round()
    assert docket_of(served_world, job).is_settled, "it was forgotten with a bond in it"
    watcher.clean(served_world.chain.block_number())
    assert watcher.known == 0
    watcher.round()


def test_a_right_result_is_left_alone(served_world: World, watcher: Watcher, operator: Cheat) -> None:
    job = submitted(served_world)
    operator.serve(job, operator.right(job))
    for _ in range(20):
        watcher.round()
    assert docket_of(served_world, job) == Docket()


def test_an_answer_too_short_an_empty_one_and_one_of_another_prompt_are_convicted(
    served_world: World, watcher: Watcher, operator: Cheat
) -> None:
    short, empty = submitted(served_world), submitted(served_world)
    operator.serve(short, operator.right(short)[:-1])
    operator.serve(empty, ())
    for job in (short, empty):
        play(watcher, operator, job)
        verdict = docket_of(served_world, job).verdict
        assert isinstance(verdict, AnswerConvicted)
        assert verdict.claim.fault is Fault.END


def test_the_answer_of_other_weights_is_convicted(served_world: World, watcher: Watcher, engine: Engine) -> None:
    tensors = {**engine.model.tensors, "embedding": engine.model.tensors["embedding"].roll(1, 0)}
    operator = Cheat(served_world, Engine(replace(engine.model, tensors=tensors)))
    job = submitted(served_world)
    operator.serve(job, operator.right(job))
    play(watcher, operator, job)
    verdict = docket_of(served_world, job).verdict
    assert isinstance(verdict, StepConvicted)
    assert (verdict.step.list, verdict.step.position) == (0, 0)


@pytest.mark.parametrize("length", [6, 3])
def test_an_output_that_was_refused_must_have_been_computed(
    served_world: World, watcher: Watcher, operator: Cheat, length: int
) -> None:
    """Its tokens are not posted, so they have to be shown; then they are judged as any."""
    job = submitted(served_world)
    operator.refuse_output(job, with_one_wrong(operator.right(job))[:length], encode_witness(Witness(2, 0)))
    play(watcher, operator, job)
    verdict = docket_of(served_world, job).verdict
    assert isinstance(verdict, AnswerConvicted)
    assert (verdict.claim.fault, verdict.claim.index) == (Fault.CHOICE, 2)


def test_a_watcher_judges_the_part_of_the_results_that_it_is_told_to(
    served_world: World, operator: Cheat, tiny_store: Store, stack: ExitStack
) -> None:
    """Which, its secret says: others draw others."""
    world = served_world
    world.send("watcher", world.contracts.asset.mint(CAST["watcher"].address, STAKE))
    world.close()
    jobs = [served_wrong(operator) for _ in range(8)]
    watcher = stack.enter_context(watching(world, tiny_store, sample=0.5))
    drawn = [job for job in jobs if watcher.judges(job)]
    assert 0 < len(drawn) < len(jobs)
    for job in drawn:
        play(watcher, operator, job)
    for _ in range(20):
        watcher.round()
    convicted = [job for job in jobs if status(world, job) is JobStatus.CONVICTED]
    assert convicted == drawn


def test_a_job_that_no_honest_operator_takes_for_its_sampling_is_judged_too(
    served_world: World, watcher: Watcher, operator: Cheat
) -> None:
    """Bits that mean nothing say nothing: there is a right answer, and another is convicted."""
    word = Sampling(max_tokens=6).pack() | 1 << 200
    right, wrong = (served_world.submit(submission=ask(sampling=word)) for _ in range(2))
    operator.serve(right, operator.right(right))
    operator.serve(wrong, with_one_wrong(operator.right(wrong)))
    play(watcher, operator, wrong)
    assert isinstance(docket_of(served_world, wrong).verdict, AnswerConvicted)
    assert docket_of(served_world, right) == Docket()


def test_an_answer_longer_than_the_context_is_convicted(served_world: World, watcher: Watcher, operator: Cheat) -> None:
    """No program can read it, so nothing of it can be computed again; that it is too long is enough."""
    job = submitted(served_world)
    operator.serve_longer_than_the_context(job)
    play(watcher, operator, job)
    verdict = docket_of(served_world, job).verdict
    assert isinstance(verdict, AnswerConvicted)
    assert verdict.claim.fault is Fault.END


def test_more_shown_than_the_reward_repays_saves_nobody(
    served_world: World, watcher: Watcher, operator: Cheat, engine: Engine
) -> None:
    """A cheat that has had much shown to itself, for a bond whose quarter cannot repay it."""
    world = served_world
    job = world.submit(submission=ask(max_tokens=6, min_fee=DOLLAR // 10, max_fee=DOLLAR // 5))
    operator.serve(job, with_one_wrong(operator.right(job)))
    world.send("holder1", world.contracts.asset.mint(CAST["holder1"].address, STAKE))
    Liar(world, engine, "holder1").demand_much(job, 8, operator.defences[job].held)
    operator.answer(job)
    before = world.contracts.escrow.account_of(CAST["watcher"].address).free
    play(watcher, operator, job)
    demands = docket_of(world, job).demands.values()
    assert sum(demand.shown for demand in demands) > 8
    reward = DOLLAR // 4
    repaid = reward // world.contracts.disputes.showing_cost() * world.contracts.disputes.showing_cost()
    assert before + reward < world.contracts.escrow.account_of(CAST["watcher"].address).free <= before + reward + repaid


def test_a_watcher_that_is_killed_at_every_move_convicts(
    served_world: World, tiny_store: Store, watcher: Watcher, operator: Cheat, stack: ExitStack
) -> None:
    """All it knows is in its journal and on the chain: a new one goes on where the old one was."""
    job = serve_with_a_flaw(operator, parts_of(operator.engine, Kind.SCORES)[0])
    stack.close()
    for _ in range(40):
        if status(served_world, job) is JobStatus.CONVICTED:
            break
        with watching(served_world, tiny_store) as another:
            turn_watcher(another)
            another.round()
        operator.answer(job)
        served_world.chain.request("evm_mine", [])
    demands = docket_of(served_world, job).demands
    assert isinstance(docket_of(served_world, job).verdict, StepConvicted)
    assert len({demand.key for demand in demands.values()}) == len(demands)


def test_a_reorganisation_in_mid_game_changes_nothing_in_the_end(
    served_world: World, watcher: Watcher, operator: Cheat, tmp_path: Path
) -> None:
    job = serve_with_a_flaw(operator, parts_of(operator.engine, Kind.SCORES)[0])
    for _ in range(12):
        if status(served_world, job) is JobStatus.CONVICTED:
            break
        with left_branch(served_world, tmp_path):  # of one transaction: what is deeper is final here
            watcher.round()
            settled_down(served_world)
        watcher.round()
        settled_down(served_world)
        operator.answer(job)
    play(watcher, operator, job)
    assert isinstance(docket_of(served_world, job).verdict, StepConvicted)


def settled_down(world: World) -> None:
    """Nothing waits to be mined: a chain that is taken back while it mines is in no state at all."""
    world.chain.request("evm_mine", [])
    while int(world.chain.request("txpool_status", [])["pending"], 16):
        world.chain.request("evm_mine", [])


def test_a_conviction_that_is_copied_earns_nothing(served_world: World, watcher: Watcher, operator: Cheat) -> None:
    """A front-runner sees the conviction in the pool, and sends the same before."""
    world = served_world
    job = served_wrong(operator)
    for _ in range(60):
        watcher.round()
        operator.answer(job)
        if docket_of(world, job).announced:
            break
    world.chain.request("evm_mine", [])
    with held_back(world):
        for _ in range(3):
            watcher.round()
        pool = world.chain.request("txpool_content", [])["pending"]
        [copied] = {sender.lower(): sent for sender, sent in pool.items()}[CAST["watcher"].address.lower()].values()
        call = Call(world.contracts.disputes.address, bytes.fromhex(copied["input"][2:]))
        with pytest.raises(Reverted, match="NotCommitted"):
            world.ask_as(CAST["holder1"].address, call)
    assert status(world, job) is JobStatus.CONVICTED


def test_nothing_above_a_root_can_be_demanded(served_world: World, engine: Engine, operator: Cheat) -> None:
    """There is nothing to show below a node that is on no level of its tree."""
    world, disputes = served_world, served_world.contracts.disputes
    job = submitted(world)
    operator.serve(job, operator.right(job))
    world.send("holder1", world.contracts.asset.mint(CAST["holder1"].address, STAKE))
    liar = Liar(world, engine, "holder1")
    liar.demand_much(job, 0)
    case, answer, held = docket_of(world, job).case, operator.record(job).answer, operator.defences[job].held
    assert case is not None
    assert answer is not None
    for place, level in [(0, 1), (0, 9), (1, 1), (1, 49)]:
        evidence = Evidence(b"", 0, (), b"", tuple(merkle.path(held.roots, place)))
        call = disputes.demand_rows(job, case, answer, place, node=Node(level, 0, held.roots[place]), evidence=evidence)
        with pytest.raises(Reverted, match="WrongNode"):
            world.send("holder1", call)
    record = list_head(1, operator.book.book.lists[1])
    path = tuple(merkle.path(held.roots, 3))
    for level in (7, 13, 48):
        evidence = Evidence(record, *operator.book.book.prove(record), b"", path)
        call = disputes.demand_rows(job, case, answer, 3, node=Node(level, 0, held.roots[3]), evidence=evidence)
        with pytest.raises(Reverted, match="WrongNode"):
            world.send("holder1", call)


def test_a_hold_makes_nobodys_move_come_to_nothing(served_world: World, engine: Engine, operator: Cheat) -> None:
    """Each demand holds the job once more, and so changes what the escrow keeps of it; the moves of others, which were
    made of the answer as it was posted, are as good as before."""
    world = served_world
    job = submitted(world)
    operator.serve(job, operator.right(job))
    posted = operator.record(job).answer
    world.send("holder1", world.contracts.asset.mint(CAST["holder1"].address, STAKE))
    Liar(world, engine, "holder1").demand_much(job, 5)
    held = operator.record(job).answer
    assert posted is not None
    assert held is not None
    assert held.held_until > posted.held_until == 0
    world.send("holder1", world.contracts.disputes.commit(job, posted, bytes(32)))
    assert len(docket_of(world, job).demands) == 5


def test_nobody_speaks_for_an_honest_operator(served_world: World, engine: Engine, operator: Cheat) -> None:
    """Parts bind whoever shows them: a stranger who could show false ones could convict an honest operator by them."""
    world = served_world
    job = submitted(world)
    operator.serve(job, operator.right(job))
    world.send("holder1", world.contracts.asset.mint(CAST["holder1"].address, STAKE))
    Liar(world, engine, "holder1").demand_much(job, 1)
    [call] = due_calls(operator, job, docket_of(world, job))
    with pytest.raises(Reverted, match="NotTheOperator"):
        world.send("holder1", call)
    world.send("operator2", call)
    assert all(demand.shown for demand in docket_of(world, job).demands.values())


def test_an_operator_that_convicts_itself_loses_more_than_half(
    served_world: World, tiny_store: Store, operator: Cheat, stack: ExitStack
) -> None:
    world = served_world
    world.send("operator2", world.contracts.asset.mint(CAST["operator2"].address, STAKE))
    before = Purse.of(world)
    job = served_wrong(operator)
    world.close()
    itself = stack.enter_context(watching(world, tiny_store, "operator2"))
    for _ in range(60):
        if status(world, job) is JobStatus.CONVICTED:
            break
        itself.round()
        answered = docket_of(world, job)
        for showing in due_calls(operator, job, answered):
            world.send("steward", showing)  # a trace is bound by its hash: anyone may show it
        world.chain.request("evm_mine", [])
    for _ in range(9):
        itself.round()
    lost = before.operator - Purse.of(world).operator
    assert lost > BOND // 2
    assert Purse.of(world).client == before.client


def test_a_liar_loses_its_bonds_and_the_job_settles_in_time(
    served_world: World, operators: Operators, engine: Engine
) -> None:
    """A hundred demands about a right result: an honest operator shows all, is repaid, and is paid for the job."""
    world, node = served_world, operators.ready(served_world)
    job = submitted(world)
    until_status(node, world, job, JobStatus.POSTED)
    node.round()
    world.send("holder1", world.contracts.asset.mint(CAST["holder1"].address, STAKE))
    liar = Liar(world, engine, "holder1")
    spent = liar.demand_much(job, 100)
    posted = liar.record(job).answer
    assert posted is not None
    turn_until(node, lambda: all(demand.shown for demand in docket_of(world, job).demands.values()))
    assert len(docket_of(world, job).demands) == 100
    world.travel(settle_from(liar.record(job).answer or posted) - world.now())
    until_status(node, world, job, JobStatus.SETTLED)
    terms = posted.terms
    assert world.now() <= posted.posted_at + terms.challenge_seconds + terms.dispute_seconds
    treasury = world.deployment.address_of("CommonholdTimelock")
    for key in docket_of(world, job).demands:
        world.send("steward", world.contracts.disputes.settle_demand(job, key))
    balances = [world.contracts.disputes.balance_of(address) for address in (CAST["operator"].address, treasury)]
    held = Fraction(
        (bond_for(terms, posted.max_fee) + posted.price) * GAME.yield_bps * 2 * GAME.move, 10_000 * 365 * DAY
    )
    assert held > 1
    assert balances == [100 * (GAME.showing_cost + ceil(held)), spent - balances[0]]
    assert world.contracts.disputes.balance_of(CAST["holder1"].address) == STAKE - spent


def test_a_commitment_that_is_not_proved_is_lost(served_world: World, operator: Cheat) -> None:
    world, disputes = served_world, served_world.contracts.disputes
    job = served_wrong(operator)
    answer = operator.record(job).answer
    assert answer is not None
    bond = disputes.commitment_bond(job, answer)
    window = answer.terms.challenge_seconds
    assert bond >= BOND // 4 * disputes.reveal_seconds() / window
    world.send("operator2", world.contracts.asset.mint(CAST["operator2"].address, bond))
    world.send("operator2", world.contracts.asset.approve(disputes.address, bond))
    world.send("operator2", disputes.deposit(bond))
    world.send("operator2", disputes.commit(job, answer, bytes(32)))
    with pytest.raises(Reverted, match="TooEarly"):
        world.send("steward", disputes.settle_commitment(job, bytes(32), CAST["operator2"].address))
    world.travel(disputes.reveal_seconds() + 1)
    world.send("steward", disputes.settle_commitment(job, bytes(32), CAST["operator2"].address))
    assert disputes.balance_of(CAST["operator2"].address) == 0
    assert disputes.balance_of(world.deployment.address_of("CommonholdTimelock")) == bond


def test_whoever_verifies_may_convict_at_once(served_world: World, operator: Cheat, tiny_store: Store) -> None:
    """By one command, on a chain that makes no block unless something is sent."""
    world = served_world
    world.send("watcher", world.contracts.asset.mint(CAST["watcher"].address, STAKE))
    job = submitted(world)
    operator.refuse_input(job, encode_witness(Witness(1, 0)))
    world.close()
    key = {"COMMONHOLD_PRIVATE_KEY": CAST["watcher"].key, "COMMONHOLD_ORACLE_POLL_SECONDS": "0.02"}
    run = run_verify(world, tiny_store, "0x" + job.hex(), "--convict", **key)
    assert run.returncode == 1, run.stdout + run.stderr
    told = "it is convicted, and every bond of yours is paid out"
    assert run.stdout.splitlines()[-1] == told, run.stdout + run.stderr
    assert status(world, job) is JobStatus.CONVICTED
    assert all(found.paid for found in docket_of(world, job).announced)

    again = run_verify(world, tiny_store, "0x" + job.hex(), "--convict", **key)
    assert again.stdout.splitlines()[-1] == told
