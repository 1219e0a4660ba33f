"""A question becomes a job, and its answer is awaited."""

from __future__ import annotations

import time
from dataclasses import dataclass

import click

from protocol.events import JobSubmitted, SheetPublished, decode, topic_of
from protocol.facts import JobRecord
from protocol.recovery import recover_job
from protocol.types import JobId, JobStatus, Sheet, SlotKey, Submission
from scripts._session import Session

POLL_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Submitted:
    """A job just submitted, and the gas that it took."""

    id: JobId
    gas: int


def sheet_for(session: Session, key: bytes) -> Sheet:
    """The sheet in force for a slot or a model, as it was published."""
    in_force = session.contracts.escrow.sheet_of(key)
    if not any(in_force):
        raise click.ClickException(f"nothing is published for 0x{key.hex()}: {_why_nothing(session, key)}")
    topics = [topic_of(SheetPublished), "0x" + key.hex(), "0x" + in_force.hex()]
    logs = session.chain.logs(session.deployment.block, "latest", [session.contracts.sheets.address], topics)
    event = decode(logs[-1])
    assert isinstance(event, SheetPublished)
    return event.sheet


def _why_nothing(session: Session, key: bytes) -> str:
    model, _ = session.contracts.models.slot_model(SlotKey(key))
    if not any(model):
        return "no vote has filled that slot"
    if session.contracts.availability.is_withheld(model):
        return f"its model is withheld; whoever has its files ends that by `ape run show_weights 0x{model.hex()}`"
    return "its sheet has to be published again, by `publishSlot`"


def submit(session: Session, sheet: Sheet, submission: Submission) -> Submitted:
    receipt = session.send(session.contracts.escrow.submit_job(sheet, submission))
    event = next(event for event in map(decode, receipt.logs) if isinstance(event, JobSubmitted))
    return Submitted(event.id, receipt.gas_used)


def awaited(session: Session, id: JobId, patience: float) -> JobRecord:  # noqa: A002
    """The job once its result is posted, or it ended without. Says on the way what it is at."""
    shown, until = JobStatus.NONE, time.monotonic() + patience
    while True:
        record = recover_job(session.chain, session.deployment, id)
        if record.status is not shown:
            click.echo(f"  {record.status.name.lower()}")
            shown = record.status
        if record.outcome is not None or record.status.is_final:
            return record
        if time.monotonic() > until:
            raise click.ClickException(
                f"job 0x{id.hex()} is {record.status.name.lower()} after {patience:.0f} s: is an operator running? "
                "`ape run status <job>` shows it later; its fee stays yours until an answer is settled"
            )
        time.sleep(POLL_SECONDS)
