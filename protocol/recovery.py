"""All facts of a job, or of an account's open jobs, from logs alone; whoever lost every file starts here.

What is recovered is compared with the one word that the escrow keeps for the job, so a node that leaves out logs, or
invents them, is found out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import lru_cache

from protocol.chain import Block, Chain, RpcError
from protocol.clients.escrow import EscrowClient
from protocol.deployment import Deployment
from protocol.encoding import sheet_hash
from protocol.errors import CommonholdError
from protocol.events import (
    Event,
    EventMalformed,
    JobAccepted,
    JobSubmitted,
    RawLog,
    SheetPublished,
    decode,
    topic_of,
)
from protocol.facts import JOB_EVENTS, EventsIncomplete, JobRecord, fold, open_job
from protocol.solidity import Address
from protocol.types import JobId, Sheet, SheetHash

Topics = Sequence[str | Sequence[str] | None]

IDS_AT_ONCE = 100
"""Job ids in one filter; nodes bound how many they take."""


ATTEMPTS = 3
"""Times that a node is asked before it is said to leave something out."""


class JobUnknown(CommonholdError):
    """No such job was submitted to the escrow."""


def recover_job(chain: Chain, deployment: Deployment, id: JobId) -> JobRecord:  # noqa: A002
    """The job as of the newest block. Raises `JobUnknown`, or `EventsIncomplete` when logs and escrow disagree.

    Nodes that mine or reorganise while they are asked can answer of two blocks at once; so they are asked again.
    """
    for _ in range(ATTEMPTS - 1):
        with suppress(EventsIncomplete):
            return Recovery(chain, deployment).job(id)
    return Recovery(chain, deployment).job(id)


def open_jobs(chain: Chain, deployment: Deployment, account: Address) -> list[JobRecord]:
    """The jobs that have not ended and in which the account is client or operator, oldest first."""
    return Recovery(chain, deployment).open_jobs(account)


class Recovery:
    """Recovers as of one block, `head`: the newest when it was made."""

    def __init__(self, chain: Chain, deployment: Deployment) -> None:
        self.chain = chain
        self.head: Block = chain.block()
        self.escrow = EscrowClient(chain, deployment.address_of("JobEscrow"))
        self._first = deployment.block
        self._timestamp = lru_cache(maxsize=1024)(self._ask_timestamp)
        self._sheet = lru_cache(maxsize=64)(self._find_sheet)

    def job(self, id: JobId) -> JobRecord:  # noqa: A002
        """As `recover_job`."""
        records = self.jobs([id])
        if not records:
            raise JobUnknown(
                f"no job 0x{id.hex()} was submitted to the escrow {self.escrow.address} of chain {self.chain.id} "
                f"up to block {self.head.number}"
            )
        return records[0]

    def open_jobs(self, account: Address) -> list[JobRecord]:
        """As the function of this name."""
        word = "0x" + account[2:].lower().rjust(64, "0")
        logs = self._logs([topic_of(JobSubmitted), None, word]) + self._logs([topic_of(JobAccepted), None, word])
        ids = dict.fromkeys(JobId(bytes.fromhex(raw["topics"][1][2:])) for raw in logs)
        return [record for record in self.jobs(list(ids)) if _concerns(record, account)]

    def jobs(self, ids: Sequence[JobId]) -> list[JobRecord]:
        """Those of the jobs that exist, in the order of their submission."""
        history: dict[JobId, list[Event]] = defaultdict(list)
        topics = [topic_of(cls) for cls in JOB_EVENTS]
        for start in range(0, len(ids), IDS_AT_ONCE):
            wanted = ["0x" + id_.hex() for id_ in ids[start : start + IDS_AT_ONCE]]
            for raw in self._logs([topics, wanted]):
                history[JobId(bytes.fromhex(raw["topics"][1][2:]))].append(decode(raw))
        records = [self._record(id_, events) for id_, events in history.items()]
        return sorted(records, key=lambda record: (record.events[0].log.block_number, record.events[0].log.log_index))

    def _record(self, id_: JobId, events: list[Event]) -> JobRecord:
        first, *others = events
        if not isinstance(first, JobSubmitted):
            raise EventsIncomplete(f"job 0x{id_.hex()} begins with {type(first).__name__}: the node left out logs")
        record = open_job(first, self._sheet(first.sheet), self._timestamp(first.log.block_hash))
        for event in others:
            record = fold(record, event, self._timestamp(event.log.block_hash))
        self._prove(record)
        return record

    def _prove(self, record: JobRecord) -> None:
        held = self.escrow.commitment_of(record.id, at=self.head.hash)
        if held != record.commitment:
            raise EventsIncomplete(
                f"job 0x{record.id.hex()}: the escrow holds 0x{held.hex()} in block {self.head.number}, its logs say "
                f"0x{record.commitment.hex()}: the node left out logs, or a block was reorganised away. Ask again, or "
                "another node"
            )

    def _ask_timestamp(self, block_hash: bytes) -> int:
        return self.chain.block(block_hash).timestamp

    def _find_sheet(self, sheet: SheetHash) -> Sheet:
        """From whoever published it: its hash is what proves it."""
        published = self._search(
            [topic_of(SheetPublished), None, "0x" + sheet.hex()], (), self._first, self.head.number
        )
        for event in _readable(published):
            if isinstance(event, SheetPublished) and sheet_hash(event.sheet) == sheet:
                return event.sheet
        raise EventsIncomplete(f"sheet 0x{sheet.hex()} was published nowhere from block {self._first} on")

    def _logs(self, topics: Topics) -> list[RawLog]:
        return self._search(topics, (self.escrow.address,), self._first, self.head.number)

    def _search(self, topics: Topics, addresses: Sequence[Address], first: int, last: int) -> list[RawLog]:
        """Halves the range where a node finds it too long."""
        try:
            return self.chain.logs(first, last, addresses, topics)
        except RpcError:
            if first >= last:
                raise
        middle = (first + last) // 2
        return self._search(topics, addresses, first, middle) + self._search(topics, addresses, middle + 1, last)


def _readable(logs: Iterable[RawLog]) -> Iterable[Event]:
    for raw in logs:
        try:
            yield decode(raw)
        except EventMalformed:
            continue


def _concerns(record: JobRecord, account: Address) -> bool:
    """Whether the job is not over, and the account's: an operator whose acceptance expired has left it."""
    operator = None if record.work is None else record.work.operator
    return not record.status.is_final and account in (record.offer.client, operator)
