"""Settle a job whose challenge window is over, split the shared part of its fee, and show who got what.

\b
Example:
  ape run settle_job 0x… --travel
"""

from __future__ import annotations

import click

from protocol.pricing import settle_from
from protocol.recovery import recover_job
from protocol.types import JobId, JobStatus
from scripts import _clock
from scripts._parameters import Word
from scripts._session import Session, acting
from scripts._settling import Shares, settle


@click.command(help=__doc__)
@acting("watcher")
@click.argument("job", type=Word("job"))
@click.option("--travel", is_flag=True, help="Move a local chain's clock past the window.")
def cli(session: Session, job: bytes, travel: bool) -> Shares:
    record = recover_job(session.chain, session.deployment, JobId(job))
    if record.answer is None or record.status not in {JobStatus.POSTED, JobStatus.DISPUTED}:
        raise click.ClickException(
            f"job 0x{job.hex()} is {record.status.name.lower()}: only a posted one can be settled"
        )
    from_when = settle_from(record.answer)
    if _clock.now(session.chain) < from_when and not travel:
        raise click.ClickException(
            f"the challenge window is open until {_clock.said(from_when)}; --travel moves a local chain's clock there"
        )
    _clock.travel_to(session.chain, from_when)
    shares = settle(session, record)
    for name in ("operator", "curator", "stakers", "treasury"):
        click.echo(f"  {name:<10}{getattr(shares, name) / 1e6:>10.6f} dollars")
    return shares
