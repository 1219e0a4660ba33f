"""Vote on a proposal.

\b
Example:
  ape run vote latest --as holder1 --support for --travel
"""

from __future__ import annotations

import click

from protocol.clients.governor import ProposalState, Support
from scripts._proposals import ProposalId, find, require
from scripts._session import Session, acting

WORDS = {"against": Support.AGAINST, "for": Support.FOR, "abstain": Support.ABSTAIN}


@click.command(help=__doc__)
@acting("holder1")
@click.argument("proposal", type=ProposalId(), default="latest")
@click.option("--support", type=click.Choice(list(WORDS)), default="for", show_default=True)
@click.option("--reason", default="", help="Said with the vote.")
@click.option("--travel", is_flag=True, help="Move a local chain's clock to the vote's opening.")
def cli(session: Session, proposal: int | None, support: str, reason: str, travel: bool) -> None:
    governor = session.contracts.governor
    number, _ = find(session, proposal)
    require(session, number, ProposalState.ACTIVE, travel)
    if governor.has_voted(number, session.address):
        raise click.ClickException(f"{session.address} has voted on {number} already")
    session.send(governor.cast_vote(number, WORDS[support], reason))
    tally = governor.votes(number)
    click.echo(
        f"voted {support}; now for {tally.favour / 1e18:,.0f}, against {tally.against / 1e18:,.0f}, "
        f"abstain {tally.abstain / 1e18:,.0f}; quorum {governor.quorum(governor.snapshot(number)) / 1e18:,.0f}"
    )
