"""The watcher's loop: every posted result is computed again, and whatever is wrong is convicted.

It needs no permission and nobody's help: the chain's logs, the model's public files, and an account for its bonds.
What it keeps is what it read and what it sent; all else follows from these, so it can be killed at any moment.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterator
from hashlib import sha256

from oracle.dispute.asking import Asker, Told
from oracle.dispute.challenger import Commit, Demand, Desk, Me, Plan, Present, Wait, is_demanded, plan, settlements
from oracle.dispute.docket import Docket
from oracle.dispute.examining import Opinion, examine
from oracle.dispute.matter import Books, Matter
from oracle.dispute.moves import Ask, AskTrace, Exact, Leave, Move, told
from oracle.dispute.outbox import Attempt, Outbox
from oracle.health import Report
from oracle.logging import Log
from oracle.rounds import Equipment, Rounds
from protocol.cast import LOCAL_CHAINS
from protocol.facts import JobRecord
from protocol.pricing import settle_from
from protocol.solidity import Address
from protocol.types import JobId, JobStatus, ModelId

log = Log(__name__)

KEPT = 2
"""Opinions on wrong results that are kept whole: each holds all that was computed."""
ASKING = 20.0
"""Seconds in which one operator may be asked for one result, one after another."""
DEPOSITS = 16
"""Bonds that are deposited at once."""


class Watcher(Rounds):
    """One watcher on one chain."""

    def __init__(self, equipment: Equipment, secret: bytes, only: JobId | None = None) -> None:
        """`secret`: what salts are made of; nobody else's. `only`: the one job to judge."""
        super().__init__(equipment)
        self._only = only
        self._outbox = Outbox(self._sender)
        self._secret = sha256(b"commonhold/salt" + secret).digest()
        self._exact: set[bytes] = set()
        self._opinions: OrderedDict[bytes, Opinion] = OrderedDict()
        self._wrong: set[JobId] = set()
        self._moves: dict[bytes, tuple[Docket, int, Move]] = {}
        self._books = Books()
        self._has_computed = False
        self._told_by: dict[bytes, Told] = {}
        local = self._chain.id in LOCAL_CHAINS
        self._asker = Asker(self._chain.id, self._contracts.disputes.address, local=local)

    @property
    def is_ready(self) -> bool:
        """Whether it has read the chain, and loaded every model that it wants."""
        return self._watch.is_at_head and self._wanted() <= self._serving.ready.keys()

    @property
    def known(self) -> int:
        """How many jobs it keeps in mind."""
        return len(self._view.jobs)

    # ---------------------------------------------------------------- a round

    def round(self) -> bool:
        """Looks, judges, sends. Whether there is more to do at once."""
        self.metrics.rounds.inc()
        news = self._follow()
        if not self._watch.is_at_head:
            return True
        self._serving.want(self._wanted(), self._view.models)
        self._has_computed = False
        sent = [self._attend(record) for record in self._by_urgency()]
        self._clean_now_and_then()
        self._report()
        return news or any(sent)

    def _concerning(self) -> Iterator[JobRecord]:
        """Results that the referee judges, and ended jobs in which a bond of one's own is left."""
        for record in self._view.jobs.values():
            judged = record.answer is not None and record.answer.disputes == self._contracts.disputes.address
            if judged and self._only in {None, record.id}:
                yield record

    def _by_urgency(self) -> list[JobRecord]:
        """Those whose window ends soonest first; at most one of them is computed in a round."""
        return sorted(self._concerning(), key=lambda record: settle_from(record.answer) if record.answer else 0)

    def _wanted(self) -> set[ModelId]:
        unsettled = (record for record in self._concerning() if not record.status.is_final)
        wanted = {record.sheet.model for record in unsettled}
        return wanted if self._only else wanted | self._view.slot_models

    def conclusion(self, job: JobId) -> str:
        """What became of a job, once there is nothing left to do about it; empty before."""
        record = self._view.jobs.get(job)
        if not self._watch.is_at_head:
            return ""
        if record is None or record.answer is None:
            return "it has no result"
        if record.answer.disputes != self._contracts.disputes.address:
            return "it pins another judge, or none"
        docket = self._view.docket(job)
        if record.status.is_final:
            left = docket.has_bond_of(self._sender.address)
            return "" if left else f"it is {record.status.name.lower()}, and every bond of yours is paid out"
        key = record.id + record.answer.result
        if key in self._exact:
            return "it is exact: there is nothing to convict"
        move = self._found(key, docket)
        return told(move) if isinstance(move, Leave) else ""

    def _attend(self, record: JobRecord) -> bool:
        """Whether something was sent."""
        docket, me = self._view.docket(record.id), self._me()
        if record.status.is_final:
            sent = [self._send(record, docket, step, me, None) for step in settlements(record, docket, me)]
            return any(sent)
        matter = self._matter(record) if self.judges(record.id) else None
        if matter is None or record.status not in {JobStatus.POSTED, JobStatus.DISPUTED}:
            return False
        if not self._is_known(matter, docket):
            if self._has_computed:
                return True
            self._has_computed = True
        move = self._move(matter, docket)
        seen = self._seen(matter, docket)
        known = None if isinstance(move, AskTrace) else matter.case(seen.shown)
        step = plan(record, seen, move, known, me)
        return not isinstance(step, Wait) and self._send(record, seen, step, me, matter)

    def judges(self, job: JobId) -> bool:
        """Whether it is of the part that is judged; drawn by one's secret, so that no operator knows which."""
        drawn = int.from_bytes(sha256(self._secret + b"sample" + job).digest()[:8], "big")
        return self._only is not None or drawn < self.settings.sample * (1 << 64)

    def _me(self) -> Me:
        return Me(self._sender.address, self._secret, self._watch.time.now, self._watch.head)

    def _matter(self, record: JobRecord) -> Matter | None:
        """None while the model is loading, or cannot be; `/health` says why."""
        loaded = self._serving.ready.get(record.sheet.model)
        rules = self._view.rules.get(record.sheet.rules)
        if loaded is None or rules is None:
            return None
        model = loaded.engine.model
        return Matter(record, rules, model, self._books.of(model))

    def _is_known(self, matter: Matter, docket: Docket) -> bool:
        """Whether nothing has to be computed for it now."""
        key = matter.key
        return key in self._exact or key in self._opinions or self._found(key, docket) is not None

    def _found(self, key: bytes, docket: Docket) -> Move | None:
        """The move that was found when the docket was as it is."""
        known = self._moves.get(key)
        return known[2] if known is not None and known[0] is docket and known[1] == docket.events else None

    def _move(self, matter: Matter, docket: Docket) -> Move:
        """Sought once for each thing that the chain says. What cannot be judged at all keeps nobody from judging the
        rest."""
        key, record = matter.key, matter.record
        if key in self._exact:
            return Exact()
        if (found := self._found(key, docket)) is not None:
            return found
        try:
            move = self._sought(matter, docket)
        except Exception as error:
            log.exception("cannot be judged", job=record.id, error=type(error).__name__)
            move = Leave(f"{type(error).__name__}: {error}")
        self._moves[key] = docket, docket.events, move
        if not isinstance(move, Exact):
            self._wrong.add(record.id)
            log.info("next", job=record.id, move=told(move))
        return move

    def _sought(self, matter: Matter, docket: Docket) -> Move:
        """What an operator tells can help, and cannot hinder: where nothing comes of it, the chain alone is asked."""
        try:
            return self._asked(matter, docket)
        except Exception:
            if not self._told_by.pop(matter.key, None):
                raise
            log.exception("told nonsense", job=matter.record.id, operator=matter.answer.operator)
            self._asker.silence(matter.answer.operator)
            return self._opinion(matter).move(matter, docket)

    def _asked(self, matter: Matter, docket: Docket) -> Move:
        """The next move, after what its operator tells when it is asked."""
        opinion, operator, told_by = self._opinion(matter), matter.answer.operator, self._told(matter)
        before: Move | None = None
        until = time.monotonic() + ASKING
        while True:
            if time.monotonic() > until:
                self._asker.silence(operator)
            move = opinion.move(matter, told_by.over(docket))
            if not isinstance(move, Ask) or is_demanded(matter.record, docket, move):
                return move
            if move == before or not self._asker.may_ask(operator):
                return move
            before = move
            uri = self._uri(operator)
            if not uri or not self._asker.learn(uri, matter, move, told_by):
                return move

    def _uri(self, operator: Address) -> str:
        operators = self._contracts.operators
        return operators.profile_of(operator).uri if operators.is_registered(operator) else ""

    def _told(self, matter: Matter) -> Told:
        return self._told_by.setdefault(matter.key, Told())

    def _seen(self, matter: Matter, docket: Docket) -> Docket:
        """What the chain says of a result, and its operator besides."""
        return self._told(matter).over(docket)

    def _opinion(self, matter: Matter) -> Opinion:
        """Of a job and result; computed once, and again where too many wrong ones were met since."""
        key = matter.key
        if key not in self._opinions:
            engine = self._serving.ready[matter.record.sheet.model].engine
            found = examine(matter, engine)
            if found.is_exact:
                self._exact.add(key)
                log.info("exact", job=matter.record.id)
                return found
            log.warning("not as it must be", job=matter.record.id, operator=matter.answer.operator, why=found.why)
            self._opinions[key] = found
            while sum(opinion.held is not None for opinion in self._opinions.values()) > KEPT:
                self._opinions.popitem(last=False)
        self._opinions.move_to_end(key)
        return self._opinions[key]

    # ---------------------------------------------------------------- sending

    def _send(self, record: JobRecord, docket: Docket, step: Plan, me: Me, matter: Matter | None) -> bool:
        verb = type(step).__name__
        if isinstance(step, (Demand, Commit)) and not self._is_funded(record, step):
            return self._fund(record, step)
        call = Desk(self._contracts.disputes, record, docket, me).call(step, matter)
        attempt = self._outbox.attempt(verb, record.id, call, self._watch.head)
        if isinstance(step, Present) and matter is not None and attempt is Attempt.REFUSED:
            self._forget_parts(matter, step)
        sent = attempt is Attempt.SENT
        if sent:
            self.metrics.sent.labels(verb.lower()).inc()
        return sent

    def _forget_parts(self, matter: Matter, step: Present) -> None:
        """The chain does not take them: they are demanded."""
        key = matter.key
        self._told(matter).signed.pop((step.list, step.position), None)
        self._asker.silence(matter.answer.operator)
        self._moves.pop(key, None)

    def _bond(self, record: JobRecord, step: Demand | Commit) -> int:
        disputes = self._contracts.disputes
        assert record.answer is not None
        if isinstance(step, Commit):
            return disputes.commitment_bond(record.id, record.answer)
        return disputes.next_bond(record.id, record.answer)

    def _is_funded(self, record: JobRecord, step: Demand | Commit) -> bool:
        return self._contracts.disputes.balance_of(self._sender.address) >= self._bond(record, step)

    def _fund(self, record: JobRecord, step: Demand | Commit) -> bool:
        """Brings the bond, and some more. Whether anything was sent."""
        disputes, asset, address = self._contracts.disputes, self._contracts.asset, self._sender.address
        bond = self._bond(record, step)
        amount = min(bond * DEPOSITS, asset.balance_of(address))
        if amount < bond:
            log.error("no money for a bond", job=record.id, bond=bond, has=amount)
            return False
        if asset.allowance(address, disputes.address) < amount:
            return self._outbox.send("approve", record.id, asset.approve(disputes.address, amount), self._watch.head)
        return self._outbox.send("deposit", record.id, disputes.deposit(amount), self._watch.head)

    # ---------------------------------------------------------------- what is forgotten

    def clean(self, finalized: int) -> None:
        """Forgets jobs that ended in final blocks, unless a bond of one's own is left; and blocks that stay."""
        for record in list(self._view.finished(finalized)):
            if self._view.docket(record.id).has_bond_of(self._sender.address):
                continue
            self._journal.forget(record.id)
            self._view.forget(record.id)
            self._wrong.discard(record.id)
            if record.answer is not None:
                key = record.id + record.answer.result
                self._exact.discard(key)
                self._opinions.pop(key, None)
                self._moves.pop(key, None)
                self._told_by.pop(key, None)
        self._journal.prune_blocks(finalized)
        self._moves.clear()  # what could not be judged is tried again

    # ---------------------------------------------------------------- what is told

    def _report(self) -> None:
        states = self._serving.states()
        models = {f"0x{model.hex()}": f"{state.state}: {state.detail}" for model, state in states.items()}
        jobs = {"exact": len(self._exact), "wrong": len(self._wrong)}
        report = Report(
            operator=self._sender.address,
            chain_id=self._chain.id,
            block=self._watch.head,
            chain_time=self._watch.time.now,
            accepting=False,
            why_not="it watches",
            models=models,
            jobs=jobs,
        )
        self.health.good(report, ready=True)
