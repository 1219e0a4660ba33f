"""The operator's loop: watch → decide → perform, round after round, until it is told to end."""

from __future__ import annotations

import shutil
import threading
from collections import Counter
from collections.abc import Iterator

from oracle.answering import Answered
from oracle.appraise import appraise
from oracle.availability import Keeper
from oracle.decide import Action, Decline, Infer, Job, Me, Reason, Result, Served, Stop, Unservable, Workload, decide
from oracle.dispute.defender import Clock, Defender
from oracle.dispute.exhibits import Exhibits
from oracle.dispute.matter import Books, Matter
from oracle.dispute.outbox import Outbox
from oracle.engine import StopReason
from oracle.health import Report
from oracle.journal import RawLog
from oracle.logging import Log
from oracle.perform import Performer
from oracle.rounds import Equipment, Rounds
from oracle.workers import Finished, Workers
from protocol.events import JobAccepted, JobExpired, JobSettled, ResultPosted, WeightsDemanded, decode
from protocol.facts import JobRecord
from protocol.types import ZERO_WORD, JobId, JobStatus, ModelId, Outcome, Request

log = Log(__name__)


class Node(Rounds):
    """One operator on one chain."""

    def __init__(self, equipment: Equipment, exhibits: Exhibits | None = None) -> None:
        super().__init__(equipment)
        self._exhibits = exhibits
        self._workers = Workers(self.settings.batch, self.settings.slack)
        self._performer = Performer(self._journal, self._sender, self._contracts.escrow)
        outbox, books = Outbox(self._sender), Books()
        self._books = books
        self._defender = Defender(self._contracts.disputes, outbox, books)
        self._keeper = Keeper(self._contracts.availability, outbox, books)
        self._loads: dict[Request, Workload | Unservable] = {}
        self._unsaved: list[Finished] = []
        self._failures: Counter[JobId] = Counter()
        self._told: dict[JobId, Reason] = {}

    def run_until_idle(self, stop: threading.Event) -> None:
        """Rounds until nothing is left that could be done now. Raises what a round raises."""
        while not stop.is_set() and (self.round() or not self._is_idle()):
            stop.wait(self.settings.poll_seconds)

    def close(self) -> None:
        """Stops what is being computed; it is begun anew by the next start."""
        self._workers.close()
        super().close()

    def _is_idle(self) -> bool:
        loading = any(state.state == "loading" for state in self._serving.states().values())
        jobs = [self._job(record) for record in self._concerning()]
        pending = any(attempt.state == "pending" for job in jobs for attempt in job.attempts.values())
        return self._watch.is_at_head and not (loading or pending or self._workers.running or self._unsaved)

    # ---------------------------------------------------------------- a round

    def round(self) -> bool:
        """Looks, decides, performs. Whether there is more to do at once."""
        self.metrics.rounds.inc()
        self._keep_results()
        news = self._follow()
        if not self._watch.is_at_head:
            return True
        self._journal.probe()
        self._serving.want(self._wanted(), self._view.models)
        me = self._me()
        actions = decide([self._job(record) for record in self._concerning()], self._watch.time.now, me)
        sent = [self._do(action) for action in actions]
        sent += [self._defend(record) for record in self._concerning() if record.answer is not None]
        sent += [self._show_weights(demand) for demand in self._view.weights.values()]
        self._exhibit()
        self._clean_now_and_then()
        self._report(me)
        return news or any(sent)

    def _keep_results(self) -> None:
        """What was computed goes to the journal before anything else may happen to it."""
        self._unsaved += self._workers.finished()
        while self._unsaved:
            self._keep(self._unsaved[0])
            self._unsaved.pop(0)

    def _keep(self, finished: Finished) -> None:
        if finished.error is not None:
            self._fail(finished, finished.error)
        elif finished.answered is None:
            log.info("inference stopped", job=finished.job)
        else:
            answered = finished.answered
            result = Result(answered.outcome, answered.trace(finished.job), answered.output)
            self._journal.save_result(finished.job, finished.request, result, finished.seconds)
            self._measure(answered, finished.seconds)
            why = answered.refusal.reason if answered.refusal else ""
            seconds = round(finished.seconds, 3)
            log.info("result", job=finished.job, outcome=answered.outcome.name, refusal=why, seconds=seconds)

    def _fail(self, finished: Finished, error: BaseException) -> None:
        job = finished.job
        self._failures[job] += 1
        log.error("inference failed", job=job, times=self._failures[job], why=f"{type(error).__name__}: {error}")
        if self._failures[job] >= self.settings.attempts:
            self._journal.abandon(job, finished.request, str(error))

    def _do(self, action: Action) -> bool:
        """Whether something was sent or begun."""
        match action:
            case Decline(job, reason, detail):
                if self._told.get(job) is not reason:
                    self._told[job] = reason
                    self.metrics.declined.labels(reason.name.lower()).inc()
                    log.info("job left alone", job=job, reason=reason, detail=detail)
                return False
            case Infer(job):
                return self._begin(self._view.jobs[job])
            case Stop(job, why):
                log.info("stopping inference", job=job, why=why)
                self._workers.stop(job)
                return False
            case _:
                self._performer.perform(action, self._watch.time.now, self._watch.head)
                self.metrics.sent.labels(type(action).__name__.lower()).inc()
        return True

    def _defend(self, record: JobRecord) -> bool:
        """Shows what is demanded of a result of ours."""
        loaded, rules = self._serving.ready.get(record.sheet.model), self._view.rules.get(record.sheet.rules)
        if loaded is None or rules is None:
            return False
        clock = Clock(self._watch.time.now, self._watch.head)
        return self._defender.attend(record, self._view.docket(record.id), loaded, rules, clock)

    def _exhibit(self) -> None:
        """What may be asked for over HTTP: results of one's own that are not settled, and rest on a computation."""
        if self._exhibits is None:
            return
        results = {}
        for record in self._view.jobs.values():
            loaded, rules = self._serving.ready.get(record.sheet.model), self._view.rules.get(record.sheet.rules)
            mine = record.answer is not None and record.answer.operator == self._sender.address
            judged = mine and not record.status.is_final and record.outcome is not Outcome.INPUT_REFUSED
            if judged and loaded is not None and rules is not None:
                model = loaded.engine.model
                results[record.id] = Matter(record, rules, model, self._books.of(model)), loaded
        self._exhibits.keep(results, self._chain.id, self._contracts.disputes.address)

    def _show_weights(self, demand: WeightsDemanded) -> bool:
        """Shows what is demanded of a model that is in service here."""
        loaded = self._serving.ready.get(demand.model)
        return loaded is not None and self._keeper.attend(demand, loaded, self._watch.head)

    def _begin(self, record: JobRecord) -> bool:
        """False while the model is still loading, as after a restart."""
        loaded = self._serving.ready.get(record.sheet.model)
        rules = self._view.rules.get(record.sheet.rules)
        if loaded is None or rules is None or record.work is None:
            return False
        load = self._load(record)
        prompt_tokens = load.prompt_tokens if isinstance(load, Workload) else 0
        seconds = record.work.post_by - self._watch.time.now - self.settings.margin_seconds
        log.info("inference begins", job=record.id)
        self._workers.start(record, loaded, rules, prompt_tokens, seconds)
        return True

    # ---------------------------------------------------------------- what is decided on

    def _concerning(self) -> Iterator[JobRecord]:
        """Open jobs, this operator's, and those that are still being computed."""
        running, me = self._workers.running, self._sender.address
        for record in self._view.jobs.values():
            holder = record.answer or record.work
            mine = holder is not None and holder.operator == me and not record.status.is_final
            if mine or record.status is JobStatus.OPEN or record.id in running:
                yield record

    def _job(self, record: JobRecord) -> Job:
        facts = record.facts
        return Job(
            id=record.id,
            status=record.status,
            model=record.sheet.model,
            offer=record.offer,
            work=record.work,
            answer=record.answer,
            load=self._load(record),
            result=self._journal.result_of(record.id, record.offer.request),
            running=record.id in self._workers.running,
            abandoned=self._journal.is_abandoned(record.id, record.offer.request),
            attempts={} if facts is None else self._performer.attempts(record.id, facts, self._watch.head),
        )

    def _load(self, record: JobRecord) -> Workload | Unservable:
        """Appraised once for each request."""
        request = record.offer.request
        if request not in self._loads:
            loaded = self._serving.ready.get(record.sheet.model)
            if loaded is None:
                return Workload(0, 0)
            self._loads[request] = appraise(record, loaded.engine.model, self._view.rules)
        return self._loads[request]

    def _wanted(self) -> set[ModelId]:
        """The models of the slots, or those named; and those of jobs in hand, whatever was voted since."""
        named = self.settings.model_ids
        chosen = set(named or self._view.slot_models | self._view.models_to_show)
        for record in self._concerning():
            mine = record.work is not None and record.work.operator == self._sender.address
            if mine or (not named and record.sheet.slot != ZERO_WORD):
                chosen.add(record.sheet.model)
        return chosen

    def _me(self) -> Me:
        settings = self.settings
        served = {
            model: Served(settings.price, loaded.prompt_rate, loaded.output_rate)
            for model, loaded in self._serving.ready.items()
        }
        return Me(
            address=self._sender.address,
            free=self._contracts.escrow.account_of(self._sender.address).free,
            capacity=settings.capacity,
            served=served,
            trusted_modules=settings.trusted_modules | {self._contracts.disputes.address},
            accepting=not self._why_not_accepting(),
            slack=settings.slack,
            margin=settings.margin_seconds,
        )

    def _why_not_accepting(self) -> str:
        free = shutil.disk_usage(self.settings.chain.home).free
        if free < self.settings.min_free_bytes:
            return f"{free} bytes of disk are free, {self.settings.min_free_bytes} wanted"
        return ""

    # ---------------------------------------------------------------- what is told

    def _report(self, me: Me) -> None:
        mine = Counter(record.status.name.lower() for record in self._concerning())
        states = self._serving.states()
        why_not = self._why_not_accepting() or ("" if me.served else "no model is loaded")
        models = {f"0x{model.hex()}": f"{state.state}: {state.detail}" for model, state in states.items()}
        report = Report(
            operator=me.address,
            chain_id=self._chain.id,
            block=self._watch.head,
            chain_time=self._watch.time.now,
            accepting=not why_not,
            why_not=why_not,
            free=me.free,
            models=models,
            jobs={**mine, "running": len(self._workers.running)},
        )
        self.health.good(report, ready=bool(me.served))
        self._set_gauges(report, Counter(state.state for state in states.values()))

    def _set_gauges(self, report: Report, models: Counter[str]) -> None:
        self.metrics.block.set(report.block)
        self.metrics.free.set(report.free)
        self.metrics.accepting.set(report.accepting)
        for state in ("open", "accepted", "posted", "disputed", "running"):
            self.metrics.jobs.labels(state).set(report.jobs.get(state, 0))
        for state in ("loading", "ready", "failed"):
            self.metrics.models.labels(state).set(models[state])

    def _measure(self, answered: Answered, seconds: float) -> None:
        self.metrics.results.labels(answered.outcome.name.lower()).inc()
        self.metrics.inference.observe(seconds)
        generation = answered.generation
        if generation is not None and generation.stop_reason is not StopReason.EMBEDDED:
            self.metrics.tokens.inc(len(generation.output))

    def _count(self, raw: RawLog) -> None:
        match event := decode(raw):
            case JobAccepted() | ResultPosted() | JobSettled() | JobExpired() if event.operator == self._sender.address:
                self.metrics.events.labels(type(event).__name__).inc()
                log.info("seen", event_name=type(event).__name__, job=event.id, block=event.log.block_number)
                if isinstance(event, JobSettled):
                    self.metrics.earned.inc(event.operator_part)
                elif isinstance(event, JobExpired):
                    self.metrics.fined.inc(event.fine)
            case _:
                pass

    # ---------------------------------------------------------------- what is forgotten

    def clean(self, finalized: int) -> None:
        """Forgets jobs that ended in final blocks, and blocks that can no longer vanish."""
        for record in list(self._view.finished(finalized)):
            self._journal.forget(record.id)
            self._view.forget(record.id)
            self._loads.pop(record.offer.request, None)
            self._told.pop(record.id, None)
        self._journal.prune_blocks(finalized)
