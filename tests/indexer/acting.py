"""What people do with the protocol, one line each. Whoever acts is named as in the cast."""

from __future__ import annotations

from collections.abc import Sequence

from protocol.cast import CAST
from protocol.chain import Receipt
from protocol.clients.governor import Proposal, Support
from protocol.events import SheetPublished, decode
from protocol.facts import JobRecord
from protocol.plan import HOLD
from protocol.pricing import accept_until, settle_from
from protocol.recovery import recover_job
from protocol.transactions import Call
from protocol.types import Address, Answer, JobId, Offer, Outcome, Profile, ShareTable, Work, slot_key
from tests.chain import World

OUTPUT = b"\0\0\5" * 4
TRACE = bytes(range(32))
NAMES = {member.address: name for name, member in CAST.items()}
PROFILE = Profile("https://operator.example", slot_key("cpu"), (), ())


def record(world: World, job: JobId) -> JobRecord:
    """The job as the chain itself tells it, proved against the escrow."""
    return recover_job(world.chain, world.deployment, job)


def offer_of(world: World, job: JobId) -> Offer:
    return record(world, job).offer


def work_of(world: World, job: JobId) -> Work:
    work = record(world, job).work
    assert work is not None
    return work


def answer_of(world: World, job: JobId) -> Answer:
    answer = record(world, job).answer
    assert answer is not None
    return answer


def accept(world: World, job: JobId, name: str = "operator") -> None:
    world.send(name, world.contracts.escrow.accept_job(job, offer_of(world, job)))


def post(world: World, job: JobId, outcome: Outcome = Outcome.ANSWERED, output: bytes = OUTPUT) -> None:
    work = work_of(world, job)
    world.send(NAMES[work.operator], world.contracts.escrow.post_result(job, work, outcome, TRACE, output))


def settle(world: World, job: JobId) -> None:
    """By a bystander, as soon as the window is over."""
    answer = answer_of(world, job)
    travel_to(world, settle_from(answer))
    world.send("watcher", world.contracts.escrow.settle_job(job, answer))


def cancel(world: World, job: JobId) -> None:
    offer = offer_of(world, job)
    world.send(NAMES[offer.client], world.contracts.escrow.cancel_job(job, offer))


def expire_offer(world: World, job: JobId) -> None:
    offer = offer_of(world, job)
    travel_to(world, accept_until(offer) + 1)
    world.send("watcher", world.contracts.escrow.expire_offer(job, offer))


def expire_work(world: World, job: JobId) -> None:
    found = record(world, job)
    assert found.work is not None
    travel_to(world, found.work.post_by + 1)
    world.send("watcher", world.contracts.escrow.expire_work(job, found.work, found.offer))


def serve(world: World, job: JobId, name: str = "operator") -> None:
    """From the offer to the settled fee."""
    accept(world, job, name)
    post(world, job)
    settle(world, job)


def share_table(world: World) -> ShareTable:
    """Who shares in the fees of jobs under the sheet in force."""
    logs = world.chain.logs(world.deployment.block, "latest", [world.contracts.sheets.address])
    return next(event.shares for event in map(decode, reversed(logs)) if isinstance(event, SheetPublished))


def split(world: World, name: str = "operator") -> None:
    world.send("watcher", world.contracts.pool.split(share_table(world), CAST[name].address))


def stake(world: World, name: str, amount: int) -> None:
    staked = world.contracts.staked_hold
    world.send(name, world.contracts.hold.approve(staked.address, amount))
    world.send(name, staked.stake(amount))


def propose(world: World, description: str, *actions: Call, name: str = "steward") -> tuple[int, Proposal]:
    """By somebody with a stake that is old enough; gives the proposal's number."""
    governor = world.contracts.governor
    proposal = Proposal(actions, description)
    world.send(name, governor.propose(proposal))
    return governor.proposal_id(proposal), proposal


def vote(world: World, number: int, ballots: Sequence[tuple[str, Support]]) -> None:
    """Opens the vote, lets everybody cast, and closes it."""
    governor = world.contracts.governor
    travel_to(world, governor.snapshot(number) + 1)
    for name, support in ballots:
        world.send(name, governor.cast_vote(number, support, f"{name} says so"))
    travel_to(world, governor.deadline(number) + 1)


def carry_out(world: World, number: int, proposal: Proposal) -> Receipt:
    """Queues what was voted and executes it when the delay is over."""
    governor = world.contracts.governor
    world.send("watcher", governor.queue(proposal))
    travel_to(world, governor.eta(number))
    return world.send("watcher", governor.execute(proposal))


def pass_vote(world: World, description: str, *actions: Call) -> int:
    """A vote from its stake to its effect."""
    stake(world, "steward", 20_000_000 * HOLD)
    world.travel(1)
    number, proposal = propose(world, description, *actions)
    vote(world, number, [("steward", Support.FOR)])
    carry_out(world, number, proposal)
    return number


def travel_to(world: World, second: int) -> None:
    """Mines a block at that second, unless it is past."""
    if world.now() < second:
        world.chain.request("evm_setNextBlockTimestamp", [second])
        world.chain.request("evm_mine", [])


def address(name: str) -> Address:
    return CAST[name].address
