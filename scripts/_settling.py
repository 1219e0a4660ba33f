"""What becomes of a fee: settlement, the split of its shared part, and everybody's share."""

from __future__ import annotations

from dataclasses import dataclass

from protocol.events import BucketSplit, JobSettled, decode
from protocol.facts import JobRecord
from scripts._session import Session


@dataclass(frozen=True, slots=True)
class Shares:
    """What a fee became, in units of the asset. `gas`: of the settlement."""

    operator: int
    curator: int
    stakers: int
    treasury: int
    gas: int

    @property
    def total(self) -> int:
        return self.operator + self.curator + self.stakers + self.treasury


def settle(session: Session, record: JobRecord) -> Shares:
    """Settles a posted job and splits the operator's bucket. The job's challenge window has to be over."""
    assert record.answer is not None
    settled = session.send(session.contracts.escrow.settle_job(record.id, record.answer))
    paid = next(event for event in map(decode, settled.logs) if isinstance(event, JobSettled))
    table = session.contracts.sheets.compose(record.sheet.slot, record.sheet.model)[1]
    split = session.send(session.contracts.pool.split(table, paid.operator))
    parts = next(event for event in map(decode, split.logs) if isinstance(event, BucketSplit))
    return Shares(paid.operator_part, parts.curator_part, parts.stakers_part, parts.treasury_part, settled.gas_used)
