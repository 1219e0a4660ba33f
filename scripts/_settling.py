"""What becomes of a fee: settlement, the split of its shared part, and everybody's share."""

from __future__ import annotations

from dataclasses import dataclass

import click

from oracle.evidence import Evidence, gather
from protocol.events import BucketSplit, JobSettled
from protocol.pricing import settle_from
from protocol.reverts import Reverted
from protocol.transactions import TransactionReverted
from protocol.types import JobId, JobStatus
from scripts import _clock
from scripts._session import Session

MAX_RANGE = 10_000
"""Most blocks whose logs are asked for at once."""


@dataclass(frozen=True, slots=True)
class Shares:
    """What a fee became, in units of the asset. All but the operator's are of its whole bucket: of this job, and of
    those settled before it and not split."""

    operator: int
    curator: int
    stakers: int
    treasury: int

    @property
    def total(self) -> int:
        return self.operator + self.curator + self.stakers + self.treasury


def settle(session: Session, job: JobId, travel: bool) -> Shares:
    """Settles and splits, or reports what others, such as the operator, have settled and split already."""
    found = _gather(session, job)
    if found.record.status is not JobStatus.SETTLED:
        found = _settled(session, found, travel)
    paid = next(event for event in found.record.events if isinstance(event, JobSettled))
    parts = found.split or _split(session, found, paid)
    return Shares(paid.operator_part, parts.curator_part, parts.stakers_part, parts.treasury_part)


def _settled(session: Session, found: Evidence, travel: bool) -> Evidence:
    record = found.record
    if record.answer is None or record.status not in {JobStatus.POSTED, JobStatus.DISPUTED}:
        raise click.ClickException(
            f"job 0x{record.id.hex()} is {record.status.name.lower()}: only a posted one can be settled"
        )
    from_when = settle_from(record.answer)
    if _clock.now(session.chain) < from_when and not travel:
        raise click.ClickException(
            f"the challenge window is open until {_clock.said(from_when)}; --travel moves a local chain's clock there"
        )
    _clock.travel_to(session.chain, from_when)
    try:
        session.send(session.contracts.escrow.settle_job(record.id, record.answer))
    except (Reverted, TransactionReverted):
        if _gather(session, record.id).record.status is not JobStatus.SETTLED:
            raise
    return _gather(session, record.id)


def _split(session: Session, found: Evidence, paid: JobSettled) -> BucketSplit:
    try:
        session.send(session.contracts.pool.split(found.sheet.shares, paid.operator))
    except (Reverted, TransactionReverted):
        if _gather(session, found.record.id).split is None:
            raise
    split = _gather(session, found.record.id).split
    assert split is not None
    return split


def _gather(session: Session, job: JobId) -> Evidence:
    return gather(session.chain, session.deployment, job, MAX_RANGE)
