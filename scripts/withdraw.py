"""Pay out of the escrow what an account has free.

\b
Example:
  ape run withdraw --as operator --amount 1.5
"""

from __future__ import annotations

import click

from protocol.solidity import NotEncodable, to_address
from scripts._parameters import Amount
from scripts._session import Session, acting


@click.command(help=__doc__)
@acting("operator")
@click.option("--amount", type=Amount(6, 104), help="Dollars; by default all that is free.")
@click.option("--to", default="", help="By default the account itself.")
def cli(session: Session, amount: int | None, to: str) -> int:
    try:
        receiver = to_address(to) if to else session.address
    except NotEncodable as error:
        raise click.BadParameter(str(error), param_hint="--to") from error
    free = session.contracts.escrow.account_of(session.address).free
    wanted = free if amount is None else amount
    if not 0 < wanted <= free:
        raise click.BadParameter(
            f"{session.address} can withdraw up to {free / 1e6:,.6f} dollars", param_hint="--amount"
        )
    session.send(session.contracts.escrow.withdraw(receiver, wanted))
    click.echo(f"{wanted / 1e6:,.6f} dollars paid to {receiver}")
    return wanted
