"""All that the chain says of one job, found by its id in the logs: what anyone needs to judge it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from oracle.dispute.docket import DISPUTE_EVENTS, Docket
from protocol.chain import Block, Chain
from protocol.deployment import Deployment
from protocol.errors import CommonholdError
from protocol.events import (
    AnyEvent,
    BucketSplit,
    Event,
    JobSettled,
    JobSubmitted,
    ModelRegistered,
    RulesAdopted,
    SheetPublished,
    SheetWithdrawn,
    decode,
    topic_of,
)
from protocol.facts import JOB_EVENTS, JobRecord, fold, open_job
from protocol.types import ZERO_WORD, JobId, Sheet

Topics = Sequence[str | Sequence[str] | None]


class EvidenceMissing(CommonholdError):
    """The chain says nothing of something that should be there."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """`split`: the first time that the job's bucket was shared out after it was settled. `docket`: disputes about it.
    `head`: all is as of it."""

    record: JobRecord
    sheet: SheetPublished
    model: ModelRegistered
    rules: RulesAdopted
    split: BucketSplit | None
    docket: Docket
    head: Block


def gather(chain: Chain, deployment: Deployment, job: JobId, max_range: int) -> Evidence:
    """Reads logs only. Raises `EvidenceMissing`, and the chain's errors."""
    logs = _Logs(chain, deployment, max_range)
    submitted, *later = logs.of_job(job)
    assert isinstance(submitted, JobSubmitted)
    sheet = logs.one("SheetBook", SheetPublished, [topic_of(SheetPublished), None, _word(submitted.sheet)])
    record = open_job(submitted, sheet.sheet, logs.time_of(submitted))
    for event in later:
        record = fold(record, event, logs.time_of(event))
    pinned = sheet.sheet
    return Evidence(
        record=record,
        sheet=sheet,
        model=logs.one("ModelRegistry", ModelRegistered, [topic_of(ModelRegistered), _word(pinned.model)]),
        rules=logs.one("SafetyRules", RulesAdopted, [topic_of(RulesAdopted), _word(pinned.rules)]),
        split=logs.split_of(record),
        docket=logs.docket_of(job),
        head=logs.head,
    )


class _Logs:
    """Finds events up to one block, range by range."""

    def __init__(self, chain: Chain, deployment: Deployment, max_range: int) -> None:
        self.head = chain.block()
        self._chain, self._deployment, self._max_range = chain, deployment, max_range

    def find(self, contract: str, topics: Topics) -> Iterator[Event]:
        address = self._deployment.address_of(contract)
        for first in range(self._deployment.block, self.head.number + 1, self._max_range):
            last = min(first + self._max_range - 1, self.head.number)
            yield from map(decode, self._chain.logs(first, last, [address], topics))

    def one(self, contract: str, kind: type[AnyEvent], topics: Topics) -> AnyEvent:
        """The first event of its kind: later ones repeat it."""
        found = next(self.find(contract, topics), None)
        if not isinstance(found, kind):
            raise EvidenceMissing(f"{contract} has no {kind.__name__} for {topics[-1]}")
        return found

    def of_job(self, job: JobId) -> list[Event]:
        events = list(self.find("JobEscrow", [[topic_of(kind) for kind in JOB_EVENTS], _word(job)]))
        if not events:
            raise EvidenceMissing(
                f"the escrow knows no job {_word(job)} up to block {self.head.number}: check the id and the chain"
            )
        return events

    def split_of(self, record: JobRecord) -> BucketSplit | None:
        settled = next((event for event in record.events if isinstance(event, JobSettled)), None)
        if settled is None:
            return None
        topics = [
            topic_of(BucketSplit),
            "0x" + settled.operator[2:].lower().zfill(64),
            None,
            _word(record.offer.shares),
        ]
        splits = (event for event in self.find("RewardPool", topics) if _place(event) > _place(settled))
        return next((event for event in splits if isinstance(event, BucketSplit)), None)

    def docket_of(self, job: JobId) -> Docket:
        """What the chain says of disputes about the job."""
        docket = Docket()
        for event in self.find("InferenceDispute", [[topic_of(kind) for kind in DISPUTE_EVENTS], _word(job)]):
            docket.take(event)
        return docket

    def time_of(self, event: Event) -> int:
        found = event.log.block_timestamp
        return self._chain.block(event.log.block_number).timestamp if found is None else found


def _place(event: Event) -> tuple[int, int]:
    return event.log.block_number, event.log.log_index


def _word(value: bytes) -> str:
    return "0x" + value.hex()


def slot_sheets(chain: Chain, deployment: Deployment, max_range: int) -> list[Sheet]:
    """The sheets in force for slots, by the book's events."""
    kinds = [topic_of(SheetPublished), topic_of(SheetWithdrawn)]
    in_force: dict[bytes, Sheet] = {}
    for event in _Logs(chain, deployment, max_range).find("SheetBook", [kinds]):
        if isinstance(event, SheetPublished):
            in_force[event.key] = event.sheet
        elif isinstance(event, SheetWithdrawn):
            in_force.pop(event.key, None)
    return [sheet for sheet in in_force.values() if sheet.slot != ZERO_WORD]
