"""Claim what an account has earned beside its jobs: shares of fees, stakers' revenue, and HOLD for work.

\b
Example:
  ape run claim --as curator
"""

from __future__ import annotations

import click

from scripts._session import Session, acting


@click.command(help=__doc__)
@acting("curator")
def cli(session: Session) -> None:
    pool, staked, me = session.contracts.pool, session.contracts.staked_hold, session.address
    claimed = False
    if fees := pool.credit(me):
        session.send(pool.claim(me))
        claimed = True
        click.echo(f"{fees / 1e6:,.6f} dollars, shares of fees")
    if revenue := staked.revenue_of(me):
        session.send(staked.claim_revenue(me))
        claimed = True
        click.echo(f"{revenue / 1e6:,.6f} dollars, stakers' revenue")
    for epoch in range(pool.current_epoch()):
        if earned := pool.earned_in(epoch, me):
            session.send(pool.claim_emission(epoch, me))
            claimed = True
            click.echo(f"{earned / 1e18:,.6f} HOLD for work in epoch {epoch}")
    if not claimed:
        now = pool.earned_in(pool.current_epoch(), me) / 1e18
        click.echo(f"nothing to claim; {now:,.6f} HOLD so far in the epoch that runs")
