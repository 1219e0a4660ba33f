"""Show what is deployed and in force, or with a job's id all that is known of it.

\b
Example:
  ape run status
  ape run status 0x…
"""

from __future__ import annotations

from pathlib import Path

import click

from protocol.cast import CAST
from protocol.clients.contracts import Contracts
from protocol.deployment import open_deployment
from protocol.recovery import recover_job
from protocol.types import JobId
from scripts import _clock
from scripts._parameters import Word
from scripts._session import plainly, read_settings, where


@click.command(help=__doc__)
@where
@click.argument("job", type=Word("job"), required=False)
def cli(url: str | None, home: Path | None, job: bytes | None) -> None:
    with plainly():
        chain, deployment = open_deployment(read_settings(url, home))
        with chain:
            if job is not None:
                record = recover_job(chain, deployment, JobId(job))
                click.echo(f"job 0x{job.hex()}: {record.status.name.lower()}, by {record.offer.client}")
                for event in record.events:
                    click.echo(f"  block {event.log.block_number:>6}  {type(event).__name__}")
                return
            contracts = Contracts.of(chain, deployment)
            click.echo(f"chain {chain.id}, block {chain.block_number()}, {_clock.said(_clock.now(chain))}")
            for name, contract in deployment.contracts.items():
                click.echo(f"  {name:<20}{contract.address}")
            for slot in contracts.models.slots():
                model, _ = contracts.models.slot_model(slot)
                click.echo(f"slot {slot.rstrip(bytes(1)).decode(errors='replace')}: model 0x{model.hex()}")
            click.echo(f"safety rules, version {contracts.rules.version()}: 0x{contracts.rules.current().hex()}")
            for name, member in CAST.items():
                account = contracts.escrow.account_of(member.address)
                if account.free or account.locked:
                    click.echo(f"  {name:<10}{account.free / 1e6:>14,.6f} free {account.locked / 1e6:>14,.6f} locked")
