"""Mint test dollars to an account and put them into the escrow, free for its jobs or bonds.

\b
Example:
  ape run fund --as client --amount 100
"""

from __future__ import annotations

import click

from protocol.clients.token import TestDollarClient
from scripts._parameters import Amount
from scripts._session import Session, acting


@click.command(help=__doc__)
@acting("client")
@click.option("--amount", type=Amount(6, 104), default="100", show_default=True, help="Test dollars.")
def cli(session: Session, amount: int) -> int:
    if amount == 0:
        raise click.BadParameter("the amount is zero", param_hint="--amount")
    asset, escrow = session.contracts.asset, session.contracts.escrow
    if not isinstance(asset, TestDollarClient) or "TestDollar" not in session.deployment.contracts:
        raise click.ClickException("this chain's asset is no test dollar: deposit with the escrow's own `deposit`")
    session.send(asset.mint(session.address, amount))
    session.send(asset.approve(escrow.address, amount))
    session.send(escrow.deposit(session.address, amount))
    free = escrow.account_of(session.address).free
    click.echo(f"{session.address} has {free / 1e6:,.2f} dollars free in the escrow")
    return free
