"""Sends what was decided, each thing once: written to the journal, then to the sender's record, then to the chain.

An attempt's intent is named `verb:job:facts:number`. The facts' hash is in it because a reorganisation can give a job
other facts, for which the old transaction is no good; the number, because one that reverted never succeeds later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from oracle.decide import Accept, Attempt, AttemptState, Expire, Post, Settle, Verb
from oracle.journal import AttemptRow, Journal
from oracle.logging import Log
from protocol.clients.escrow import EscrowClient
from protocol.encoding import Facts, facts_hash
from protocol.intents import Call, IntentState
from protocol.reverts import Reverted
from protocol.transactions import KeyReused, Sender, TransactionRefused
from protocol.types import JobId

log = Log(__name__)

STATES = {
    IntentState.PENDING: AttemptState.PENDING,
    IntentState.SUCCEEDED: AttemptState.SUCCEEDED,
    IntentState.REVERTED: AttemptState.REVERTED,
}

Sendable = Accept | Post | Expire | Settle


@dataclass(frozen=True, slots=True)
class Send:
    """A call, and the jobs that it moves with their present facts."""

    verb: Verb
    jobs: tuple[tuple[JobId, Facts], ...]
    call: Call


class Performer:
    """Sends for one operator. One thread."""

    def __init__(self, journal: Journal, sender: Sender, escrow: EscrowClient) -> None:
        self._journal, self._sender, self._escrow = journal, sender, escrow
        self._refused: set[str] = set()

    def attempts(self, job: JobId, facts: Facts, seen: int) -> Mapping[Verb, Attempt]:
        """The last attempt of each verb on these facts, which are those after block `seen`."""
        hashed = facts_hash(facts)
        rows = {row.verb: row for row in self._journal.attempts_of(job) if row.facts == hashed}
        states = {verb: (row, self._state(row, seen)) for verb, row in rows.items()}
        return {verb: Attempt(row.number, state, row.at) for verb, (row, state) in states.items() if state is not None}

    def perform(self, action: Sendable, now: int, seen: int) -> None:
        """Sends without waiting. A call that would revert is not sent, and counts as an attempt that reverted.

        Raises the chain's errors, `JournalFailed`, `IntentsUnwritable`, `InsufficientFunds`; the action is then
        decided anew.
        """
        send = self._send_of(action)
        rows = [self._row(send.verb, job, facts, now, seen) for job, facts in send.jobs]
        key = rows[0].intent
        self._journal.begin_attempts([self._named(row, key) for row in rows])
        try:
            intent = self._sender.intend(key, send.call)
        except KeyReused as error:
            log.warning("sent before", key=key, why=str(error))
        except (Reverted, TransactionRefused) as error:
            self._refused.add(key)
            log.info("not sent", verb=send.verb, jobs=_hex(send), why=str(error))
        else:
            log.info("sent", verb=send.verb, jobs=_hex(send), nonce=intent.nonce, key=key)

    def _state(self, row: AttemptRow, seen: int) -> AttemptState | None:
        """None: never sent, because the process ended in between."""
        intent = self._sender.find(row.intent)
        if intent is None:
            return AttemptState.REVERTED if row.intent in self._refused else None
        if intent.state is IntentState.SUCCEEDED and intent.block_number is not None and intent.block_number <= seen:
            return AttemptState.REVERTED  # mined, and the facts are still the same: a batch skipped this item
        return STATES[intent.state]

    def _row(self, verb: Verb, job: JobId, facts: Facts, now: int, seen: int) -> AttemptRow:
        last = self.attempts(job, facts, seen).get(verb)
        number = 0 if last is None else last.number + 1
        hashed = facts_hash(facts)
        return AttemptRow(verb, job, hashed, number, f"{verb}:{job.hex()}:{hashed.hex()}:{number}", now)

    @staticmethod
    def _named(row: AttemptRow, key: str) -> AttemptRow:
        return AttemptRow(row.verb, row.job, row.facts, row.number, key, row.at)

    def _send_of(self, action: Sendable) -> Send:
        escrow = self._escrow
        match action:
            case Accept(job, offer):
                return Send(Verb.ACCEPT, ((job, offer),), escrow.accept_job(job, offer))
            case Post(job, work, result):
                call = escrow.post_result(job, work, result.outcome, result.trace, result.output)
                return Send(Verb.POST, ((job, work),), call)
            case Expire(job, work, offer):
                return Send(Verb.EXPIRE, ((job, work),), escrow.expire_work(job, work, offer))
            case Settle(answers):
                return Send(Verb.SETTLE, tuple(answers), self._settling(action))

    def _settling(self, action: Settle) -> Call:
        ids = [job for job, _ in action.answers]
        if len(ids) == 1:
            return self._escrow.settle_job(ids[0], action.answers[0][1])
        return self._escrow.settle_jobs(ids, [answer for _, answer in action.answers])


def _hex(send: Send) -> Sequence[str]:
    return [f"0x{job.hex()}" for job, _ in send.jobs]
