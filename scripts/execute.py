"""Carry out a queued proposal whose delay is over.

\b
Example:
  ape run execute latest --travel
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
@click.option("--travel", is_flag=True, help="Move a local chain's clock to the delay's end.")
def cli(session: Session, proposal: int | None, travel: bool) -> None:
    number, found = find(session, proposal)
    require(session, number, ProposalState.QUEUED, travel=False)
    eta = session.contracts.governor.eta(number)
    if _clock.now(session.chain) < eta and not travel:
        raise click.ClickException(
            f"proposal {number} can be executed from {_clock.said(eta)}; --travel moves a local chain's clock there"
        )
    _clock.travel_to(session.chain, eta)
    session.send(session.contracts.governor.execute(found))
    click.echo(f"executed {number}: {found.description}")
