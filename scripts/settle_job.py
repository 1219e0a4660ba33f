"""Settle a job whose challenge window is over, split the shared part of its fee, and show who got what.

\b
Example:
  ape run settle_job 0x… --travel
"""

from __future__ import annotations

import click

from protocol.types import JobId
from scripts._parameters import Word
from scripts._session import Session, acting
from scripts._settling import Shares, settle


@click.command(help=__doc__)
@acting("watcher")
@click.argument("job", type=Word("job"))
@click.option("--travel", is_flag=True, help="Move a local chain's clock past the window.")
def cli(session: Session, job: bytes, travel: bool) -> Shares:
    shares = settle(session, JobId(job), travel)
    for name in ("operator", "curator", "stakers", "treasury"):
        click.echo(f"  {name:<10}{getattr(shares, name) / 1e6:>10.6f} dollars")
    return shares
