"""The whole protocol on Ape's chain, and the cast as actors who call its contracts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from protocol.chain import Chain
from protocol.clients.contracts import Contracts
from protocol.clients.governor import Proposal, Support
from protocol.deployment import Deployment
from protocol.facts import JobRecord
from protocol.plan import HOLD
from protocol.recovery import recover_job
from protocol.solidity import type_of
from protocol.trace import NO_TRACE
from protocol.transactions import Call
from protocol.types import ZERO_ADDRESS, JobId, Sampling, Sheet, Submission, slot_key

STAKE = 20_000_000 * HOLD
VOTERS = ("holder1", "holder2")


def word(struct: Any) -> tuple[Any, ...]:
    """A struct as Ape's contracts take it."""
    written: tuple[Any, ...] = type_of(type(struct).__name__).write(struct)
    return written


@dataclass(frozen=True)
class Stage:
    """`actors`: Ape's accounts by the cast's names. `escrow`: Ape's contract; `contracts`: the protocol's clients."""

    chain: Chain
    deployment: Deployment
    contracts: Contracts
    actors: dict[str, Any]
    escrow: Any
    ape_chain: Any

    def facts(self, job: bytes) -> JobRecord:
        """The job as its logs tell it, proven by the escrow's word."""
        return recover_job(self.chain, self.deployment, JobId(bytes(job)))

    def sheet(self) -> Sheet:
        """What jobs for the slot `chat` pin now."""
        slot = slot_key("chat")
        model, _ = self.contracts.models.slot_model(slot)
        return self.contracts.sheets.compose(slot, model)[0]

    def submit(self, client: str = "client", sheet: Sheet | None = None, **asked: Any) -> bytes:
        submission = Submission(
            **{
                "min_fee": 1_000_000,
                "max_fee": 2_000_000,
                "offer_seconds": 600,
                "service_seconds": 300,
                "exclusive_seconds": 0,
                "named": ZERO_ADDRESS,
                "sampling": Sampling(max_tokens=32).pack(),
                "input": b"\0\0\7" * 8,
                **asked,
            }
        )
        pinned = word(sheet or self.sheet())
        receipt = self.escrow.submitJob(pinned, word(submission), sender=self.actors[client])
        return bytes(next(iter(receipt.decode_logs(self.escrow.JobSubmitted))).id)

    def accept(self, job: bytes, operator: str) -> Any:
        return self.escrow.acceptJob(job, word(self.facts(job).offer), sender=self.actors[operator])

    def post(self, job: bytes, operator: str, output: bytes = b"\0\0\x2a") -> Any:
        return self.escrow.postResult(
            job, word(self.facts(job).work), 0, NO_TRACE, output, sender=self.actors[operator]
        )

    def settle(self, job: bytes, by: str = "watcher") -> Any:
        return self.escrow.settleJob(job, word(self.facts(job).answer), sender=self.actors[by])

    def wait(self, seconds: int) -> None:
        self.ape_chain.mine(deltatime=seconds)

    def wait_until(self, timestamp: int) -> None:
        """The next block is mined at or after `timestamp`."""
        self.ape_chain.mine(timestamp=max(timestamp, self.ape_chain.blocks.head.timestamp + 1))

    def account(self, name: str) -> tuple[int, int]:
        """Free and locked, in units of the test dollar."""
        found = self.contracts.escrow.account_of(self.actors[name].address)
        return found.free, found.locked

    def do(self, name: str, call: Call) -> Any:
        """A call of any contract by an actor."""
        return self.actors[name].transfer(call.to, value=0, data=call.data)

    def pass_by_vote(self, action: Call, description: str) -> None:
        """Two holders stake, propose, vote, queue and execute."""
        governor, hold, staked = self.contracts.governor, self.contracts.hold, self.contracts.staked_hold
        for holder in VOTERS:
            if staked.votes(self.actors[holder].address) == 0:
                self.do(holder, hold.approve(staked.address, STAKE))
                self.do(holder, staked.stake(STAKE))
        self.wait(1)
        proposal = Proposal((action,), description)
        self.do(VOTERS[0], governor.propose(proposal))
        number = governor.proposal_id(proposal)
        self.wait_until(governor.snapshot(number) + 1)
        for holder in VOTERS:
            self.do(holder, governor.cast_vote(number, Support.FOR))
        self.wait_until(governor.deadline(number) + 1)
        self.do("watcher", governor.queue(proposal))
        self.wait_until(governor.eta(number))
        self.do("watcher", governor.execute(proposal))
