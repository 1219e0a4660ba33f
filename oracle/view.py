"""What follows from the journal's logs: jobs with their facts, and the sheets, models and rules that they pin."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from oracle.dispute.docket import DISPUTE_EVENTS, Docket
from oracle.journal import Journal, RawLog
from oracle.logging import Log
from protocol import rules
from protocol.events import (
    Event,
    JobSubmitted,
    ModelRegistered,
    RulesAdopted,
    SheetPublished,
    SheetWithdrawn,
    WeightsDemanded,
    WeightsShown,
    decode,
)
from protocol.facts import EventsIncomplete, JobRecord, fold, open_job
from protocol.rules import RuleSet, RulesId, RulesMalformed
from protocol.types import ZERO_WORD, JobId, ModelFacts, ModelId, Sheet, SheetHash

log = Log(__name__)


class View:
    """Kept in memory; every part of it can be read again from the journal."""

    def __init__(self) -> None:
        self.jobs: dict[JobId, JobRecord] = {}
        self.models: dict[ModelId, ModelFacts] = {}
        self.rules: dict[RulesId, RuleSet] = {}
        self.weights: dict[tuple[ModelId, bytes], WeightsDemanded] = {}
        """What was demanded of models' weights, and not shown yet."""
        self._dockets: dict[JobId, Docket] = {}
        self._sheets: dict[SheetHash, Sheet] = {}
        self._in_force: dict[bytes, Sheet] = {}
        self._last: dict[bytes, Sheet] = {}

    @classmethod
    def of(cls, journal: Journal) -> View:
        """Everything anew: at start, and after blocks vanished."""
        view = cls()
        for raw in journal.logs_of(None):
            view.take(raw)
        for job in journal.jobs():
            for raw in journal.logs_of(job):
                view.take(raw)
        return view

    def take(self, raw: RawLog) -> None:
        """Adds the next log. One that makes no sense is logged and left out, so that it harms its own job alone."""
        event = decode(raw)
        try:
            self._take(event)
        except EventsIncomplete as error:
            log.error("event ignored", name=type(event).__name__, why=str(error))

    def take_all(self, logs: Iterable[RawLog]) -> None:
        for raw in logs:
            self.take(raw)

    @property
    def slot_models(self) -> frozenset[ModelId]:
        """Models that stand in a slot now."""
        return frozenset(sheet.model for sheet in self._in_force.values() if sheet.slot != ZERO_WORD)

    @property
    def models_to_show(self) -> frozenset[ModelId]:
        """Models of slots of which something is demanded; also where they have no sheet for it."""
        slotted = {sheet.model for sheet in self._last.values() if sheet.slot != ZERO_WORD}
        return frozenset(model for model, _ in self.weights if model in slotted)

    def unfinished(self) -> Iterator[JobRecord]:
        return (record for record in self.jobs.values() if not record.status.is_final)

    def finished(self, before: int) -> Iterator[JobRecord]:
        """Jobs that came to an end in a block up to `before`."""
        ended = (record for record in self.jobs.values() if record.status.is_final)
        return (record for record in ended if record.events[-1].log.block_number <= before)

    def docket(self, job: JobId) -> Docket:
        """What the chain says of the disputes about a job."""
        return self._dockets.setdefault(job, Docket())

    def forget(self, job: JobId) -> None:
        self.jobs.pop(job, None)
        self._dockets.pop(job, None)

    def _take(self, event: Event) -> None:
        match event:
            case SheetPublished():
                self._sheets[event.sheet_hash] = self._in_force[event.key] = self._last[event.key] = event.sheet
            case SheetWithdrawn():
                self._in_force.pop(event.key, None)
            case ModelRegistered():
                self.models[event.model] = event.facts
            case WeightsDemanded():
                self.weights[event.model, event.key] = event
            case WeightsShown():
                self.weights.pop((event.model, event.key), None)
            case RulesAdopted():
                self._adopt(event)
            case JobSubmitted():
                self.jobs[event.id] = open_job(event, self._sheet(event.sheet), _when(event))
            case _ if isinstance(event, DISPUTE_EVENTS):
                self._dispute(event)
            case _:
                self._move(event)

    def _adopt(self, event: RulesAdopted) -> None:
        try:
            self.rules[event.rules] = rules.decode(event.document)
        except RulesMalformed as error:
            log.error("rules not understood", rules=event.rules, why=str(error))

    def _sheet(self, hashed: SheetHash) -> Sheet:
        if hashed not in self._sheets:
            raise EventsIncomplete(f"sheet 0x{hashed.hex()} was never published")
        return self._sheets[hashed]

    def _dispute(self, event: Event) -> None:
        """Of a job that is over and forgotten, nothing is kept."""
        if (job := _job_of(event)) in self.jobs:
            self._dockets.setdefault(job, Docket()).take(event)

    def _move(self, event: Event) -> None:
        job = _job_of(event)
        if job not in self.jobs:
            raise EventsIncomplete(f"job 0x{job.hex()} was never submitted")
        self.jobs[job] = fold(self.jobs[job], event, _when(event))


def _job_of(event: Event) -> JobId:
    return JobId(getattr(event, "id"))  # noqa: B009 - every event about a job has it, the base class has not


def _when(event: Event) -> int:
    assert event.log.block_timestamp is not None  # the journal keeps it with every log
    return event.log.block_timestamp
