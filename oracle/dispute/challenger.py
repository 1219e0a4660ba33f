"""The watcher's side: from what the solver says is next to what is sent, by what the chain says was done already.

`plan` is pure. It looks at the docket alone, so that after a restart, a lost transaction or a reorganisation it goes on
from where the chain is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from oracle.dispute.docket import Announced, Docket
from oracle.dispute.known import Shown
from oracle.dispute.matter import Matter
from oracle.dispute.moves import (
    Ask,
    AskElements,
    AskParts,
    AskRows,
    AskTrace,
    Exact,
    Leave,
    Move,
    Prove,
    ProveAnswer,
    ProveStep,
)
from protocol.clients.disputes import DisputesClient
from protocol.computation import Evidence
from protocol.disputes import Case, commitment_of, node_key, parts_key, trace_key
from protocol.facts import JobRecord
from protocol.intents import Call
from protocol.parts import list_head
from protocol.pricing import bond_for, settle_from
from protocol.solidity import Address
from protocol.types import Answer, JobStatus


@dataclass(frozen=True, slots=True)
class Open:
    """Gather the job's facts."""


@dataclass(frozen=True, slots=True)
class Demand:
    """Have something shown. `key` names it."""

    key: bytes
    ask: AskTrace | AskRows | AskParts | AskElements


@dataclass(frozen=True, slots=True)
class Present:
    """Tell the chain what the operator signed: the parts of a list at a position."""

    list: int
    position: int


@dataclass(frozen=True, slots=True)
class Commit:
    """Announce a conviction."""

    commitment: bytes


@dataclass(frozen=True, slots=True)
class Convict:
    """Prove what was announced, with the same salt."""

    prove: Prove
    salt: bytes


@dataclass(frozen=True, slots=True)
class ConvictSilence:
    """Of an operator who did not show in time what `key` names."""

    key: bytes


@dataclass(frozen=True, slots=True)
class SettleDemand:
    key: bytes


@dataclass(frozen=True, slots=True)
class SettleCommitment:
    commitment: bytes


@dataclass(frozen=True, slots=True)
class Wait:
    """For something that others do."""

    why: str


REWARD_PARTS, MOST_REPAID = 4, 8
"""As `DisputeBonds` has them."""

Plan = Open | Demand | Present | Commit | Convict | ConvictSilence | SettleDemand | SettleCommitment | Wait


@dataclass(frozen=True, slots=True)
class Me:
    """Who challenges, when, and what its salts are made of."""

    address: Address
    secret: bytes
    now: int
    block: int


def plan(record: JobRecord, docket: Docket, move: Move, case: Case | None, me: Me) -> Plan:
    """What to do next about a job whose result is posted. `case`: as one would gather it; None: it cannot be yet."""
    silent = next(
        (demand.key for demand in docket.demands.values() if _is_silent(demand.shown, demand.deadline, me)), None
    )
    if silent is not None:
        return ConvictSilence(silent)
    match move:
        case AskTrace():
            assert record.trace is not None
            return _demand(record, docket, Demand(trace_key(record.trace), move), me)
        case _ if isinstance(move, Exact | Leave):
            return Wait("nothing is to be proved")
        case _ if docket.case != case:
            return Open()
        case AskElements(step) | ProveStep(step) if (step.list, step.position) in docket.signed:
            return Present(step.list, step.position)
        case AskRows() | AskParts() | AskElements():
            return _demand(record, docket, Demand(key_of_ask(move), move), me)
        case ProveStep() | ProveAnswer():
            return _prove(record, docket, move, me)


def settlements(record: JobRecord, docket: Docket, me: Me) -> Iterator[Plan]:
    """What is left to do for one's own bonds, once the job has ended."""
    final = record.status in {JobStatus.CONVICTED, JobStatus.SETTLED}
    for demand in docket.demands.values():
        if final and demand.challenger == me.address and not demand.paid:
            yield SettleDemand(demand.key)
    for announced in docket.announced:
        over = record.status is JobStatus.CONVICTED or me.now > announced.deadline
        if over and announced.by == me.address and not announced.paid:
            yield SettleCommitment(announced.commitment)


def _is_silent(shown: bool, deadline: int, me: Me) -> bool:
    return not shown and me.now > deadline


def _demand(record: JobRecord, docket: Docket, demand: Demand, me: Me) -> Plan:
    if demand.key in docket.demands:
        return Wait("the operator has to show what was demanded")
    return demand if _is_in_time(record, me) else Wait("the window is over")


def _prove(record: JobRecord, docket: Docket, prove: Prove, me: Me) -> Plan:
    """The salt is made of one's secret, so nothing has to be kept; once its time passed unused, of another number."""
    claim = prove.step if isinstance(prove, ProveStep) else prove.claim
    for number in range(len(docket.announced) + 1):
        salt = sha256(me.secret + record.id + number.to_bytes(4, "big")).digest()
        commitment = commitment_of(me.address, record.id, claim, salt)
        announced = _announced(docket, commitment, me)
        if announced is None:
            return Commit(commitment) if _is_in_time(record, me) else Wait("the window is over")
        if me.now <= announced.deadline:  # whatever is sent now comes into a later block than the announcement
            return Convict(prove, salt)
    raise AssertionError("more was announced than there is")


def _announced(docket: Docket, commitment: bytes, me: Me) -> Announced | None:
    mine = (found for found in docket.announced if (found.commitment, found.by) == (commitment, me.address))
    return next(mine, None)


def _is_in_time(record: JobRecord, me: Me) -> bool:
    return record.answer is not None and me.now < settle_from(record.answer)


def is_demanded(record: JobRecord, docket: Docket, ask: Ask) -> bool:
    """Whether the operator has to show it on the chain by now."""
    if isinstance(ask, AskTrace):
        assert record.trace is not None
        return trace_key(record.trace) in docket.demands
    return key_of_ask(ask) in docket.demands


def key_of_ask(ask: AskRows | AskParts | AskElements) -> bytes:
    """What names a demand for it."""
    if isinstance(ask, AskParts):
        return parts_key(ask.list, ask.position)
    return node_key(ask.node.hash, leaf=ask.node.level == 0, amount=ask.amount)


@dataclass(frozen=True, slots=True)
class Desk:
    """What calls are made of."""

    client: DisputesClient
    record: JobRecord
    docket: Docket
    me: Me

    def settle(self, step: SettleDemand | SettleCommitment) -> Call:
        if isinstance(step, SettleDemand):
            return self.client.settle_demand(self.record.id, step.key)
        return self.client.settle_commitment(self.record.id, step.commitment, self.me.address)

    def convict_silence(self, step: ConvictSilence) -> Call:
        return self.client.convict_silence(self.record.id, self._answer, step.key, self._repaid)

    def commit(self, step: Commit) -> Call:
        return self.client.commit(self.record.id, self._answer, step.commitment)

    def open(self, matter: Matter) -> Call:
        return self.client.open(self.record.id, matter.facts(self.docket.shown))

    def present(self, step: Present, matter: Matter) -> Call:
        book = matter.book.book
        record = list_head(step.list, book.lists[step.list])
        evidence = Evidence(record, *book.prove(record), b"", ())
        signed = self.docket.signed[step.list, step.position]
        return self.client.present_parts(
            self.record.id, self._case, self._answer, step.position, signed=signed, record=evidence
        )

    def demand(self, step: Demand, matter: Matter) -> Call:
        job, answer = self.record.id, self._answer
        match step.ask:
            case AskTrace():
                facts = matter.facts(Shown())
                return self.client.demand_trace(job, answer, facts.outcome, facts.output, facts.trace)
            case AskRows(place, node, _, evidence):
                return self.client.demand_rows(job, self._case, answer, place, node=node, evidence=evidence)
            case AskParts(_, position, evidence):
                return self.client.demand_parts(job, self._case, answer, position, evidence)
            case AskElements(claimed, node, _, evidence):
                return self.client.demand_elements(job, self._case, answer, claimed, node=node, evidence=evidence)

    def convict(self, step: Convict) -> Call:
        job, answer, prove = self.record.id, self._answer, step.prove
        if isinstance(prove, ProveStep):
            return self.client.convict_step(
                job, self._case, answer, prove.step, evidence=prove.evidence, salt=step.salt, repaid=self._repaid
            )
        return self.client.convict_answer(
            job,
            self._case,
            answer,
            prove.claim,
            evidence=prove.evidence,
            payload=prove.payload,
            salt=step.salt,
            repaid=self._repaid,
        )

    def call(self, step: Plan, matter: Matter | None) -> Call:
        """What is sent for a step; `matter`: where it is about what was computed."""
        match step:
            case SettleDemand() | SettleCommitment():
                return self.settle(step)
            case ConvictSilence():
                return self.convict_silence(step)
            case Commit():
                return self.commit(step)
            case Convict():
                return self.convict(step)
            case Open() if matter is not None:
                return self.open(matter)
            case Present() if matter is not None:
                return self.present(step, matter)
            case Demand() if matter is not None:
                return self.demand(step, matter)
            case _:
                raise ValueError(f"{step} is nothing to send")

    @property
    def _answer(self) -> Answer:
        assert self.record.answer is not None
        return self.record.answer

    @property
    def _case(self) -> Case:
        assert self.docket.case is not None
        return self.docket.case

    @property
    def _repaid(self) -> list[bytes]:
        """What was shown, one's own first, as far as a conviction repays it: more would not be let through."""
        shown = [demand for demand in self.docket.demands.values() if demand.shown]
        shown.sort(key=lambda demand: demand.challenger != self.me.address)
        reward = bond_for(self._answer.terms, self._answer.max_fee) // REWARD_PARTS
        cost = self.client.showing_cost()
        most = min(MOST_REPAID, reward // cost) if cost else MOST_REPAID
        return [demand.key for demand in shown[:most]]
