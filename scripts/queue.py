"""Queue a proposal that passed in the timelock.

\b
Example:
  ape run queue latest --travel
"""

from __future__ import annotations

import click

from protocol.clients.governor import ProposalState
from scripts import _clock
from scripts._proposals import ProposalId, find, require
from scripts._session import Session, acting


@click.command(help=__doc__)
@acting("watcher")
@click.argument("proposal", type=ProposalId(), default="latest")
@click.option("--travel", is_flag=True, help="Move a local chain's clock to the vote's end.")
def cli(session: Session, proposal: int | None, travel: bool) -> None:
    number, found = find(session, proposal)
    require(session, number, ProposalState.SUCCEEDED, travel)
    session.send(session.contracts.governor.queue(found))
    click.echo(f"queued {number}; it can be executed from {_clock.said(session.contracts.governor.eta(number))}")
