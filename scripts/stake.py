"""Stake HOLD for votes and a part of the fees.

\b
Example:
  ape run stake --as holder1 --amount 20000000
"""

from __future__ import annotations

import click

from scripts._parameters import Amount
from scripts._session import Session, acting


@click.command(help=__doc__)
@acting("holder1")
@click.option("--amount", type=Amount(18, 208), default="20000000", show_default=True, help="HOLD.")
def cli(session: Session, amount: int) -> int:
    hold, staked = session.contracts.hold, session.contracts.staked_hold
    if not 0 < amount <= (has := hold.balance_of(session.address)):
        raise click.BadParameter(f"{session.address} can stake up to {has / 1e18:,.2f} HOLD", param_hint="--amount")
    session.send(hold.approve(staked.address, amount))
    session.send(staked.stake(amount))
    votes = staked.votes(session.address)
    click.echo(f"{session.address} has {votes / 1e18:,.0f} votes")
    return votes
