"""`python -m protocol`: what the chain knows of a job, an account or the deployment itself, read from its logs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click
from pydantic import ValidationError

from protocol import proving
from protocol.chain import Chain
from protocol.deployment import Deployment, open_deployment
from protocol.errors import CommonholdError
from protocol.facts import JobRecord
from protocol.plain import Plain, lines, plain
from protocol.recovery import Recovery
from protocol.settings import Settings
from protocol.solidity import Address, NotEncodable, to_address
from protocol.types import JobId
from protocol.wiring import ADMINISTRATOR


class _JobId(click.ParamType):
    name = "id"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> JobId:
        digits = str(value).removeprefix("0x")
        try:
            id_ = bytes.fromhex(digits)
        except ValueError:
            id_ = b""
        if len(id_) != 32 or len(digits) != 64:
            self.fail(f"{value!r} is not a job id: 0x and 64 hexadecimal digits", param, ctx)
        return JobId(id_)


class _Address(click.ParamType):
    name = "address"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Address:
        try:
            return to_address(value)
        except NotEncodable as error:
            self.fail(str(error), param, ctx)


def _as_json(command: Callable[..., None]) -> Callable[..., None]:
    return click.option("--json", "as_json", is_flag=True, help="For programs.")(command)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """What the chain knows of a job, an account or the deployment itself, from logs alone.

    COMMONHOLD_RPC_URL, COMMONHOLD_CHAIN_ID and COMMONHOLD_HOME say which chain, and where its deployment is noted.
    """


@main.command()
@click.argument("id_", type=_JobId(), metavar="ID")
@_as_json
def job(id_: JobId, as_json: bool) -> None:
    """All facts of the job ID, proven by the escrow's word for it."""
    with _recovery() as recovery:
        record = recovery.job(id_)
    _show(_shown(record), as_json)


@main.command()
@click.argument("account", type=_Address(), metavar="ADDRESS")
@_as_json
def jobs(account: Address, as_json: bool) -> None:
    """The open jobs in which ADDRESS is client or operator."""
    with _recovery() as recovery:
        records = recovery.open_jobs(account)
    _show({"open_jobs": [_shown(record) for record in records]}, as_json)


@main.command()
@click.argument("address", type=_Address(), metavar="ADDRESS")
@_as_json
def account(address: Address, as_json: bool) -> None:
    """What ADDRESS has in the escrow, in units of the asset, and which open jobs lock how much of it."""
    with _recovery() as recovery:
        held = recovery.escrow.account_of(address, at=recovery.head.hash)
        locks = [
            {"id": plain(record.id), "status": plain(record.status), "locked": record.locked_of(address)}
            for record in recovery.open_jobs(address)
        ]
    _show({"address": address, "block": recovery.head.number, **_members(plain(held)), "open_jobs": locks}, as_json)


@main.command()
@_as_json
def prove(as_json: bool) -> None:
    """That the contracts are what these sources compile to, know one another, and obey the votes alone.

    Exit code 1, and a sentence, where they do not.
    """
    with _deployed() as (chain, deployment):
        proving.prove(chain, deployment)
    contracts = {name: contract.address for name, contract in deployment.contracts.items()}
    _show({"proved": contracts, "administrator": ADMINISTRATOR}, as_json)


@contextmanager
def _recovery() -> Iterator[Recovery]:
    with _deployed() as (chain, deployment):
        yield Recovery(chain, deployment)


@contextmanager
def _deployed() -> Iterator[tuple[Chain, Deployment]]:
    """On the chain that the settings name; errors of ours end the program with a sentence."""
    try:
        chain, deployment = open_deployment(Settings())
        with chain:
            yield chain, deployment
    except ValidationError as error:
        first = error.errors()[0]
        raise click.ClickException(f"COMMONHOLD_{str(first['loc'][0]).upper()}: {first['msg']}") from error
    except CommonholdError as error:
        raise click.ClickException(str(error)) from error


def _shown(record: JobRecord) -> Plain:
    return {**_members(plain(record)), "commitment": plain(record.commitment)}


def _members(value: Plain) -> dict[str, Any]:
    assert isinstance(value, dict)
    return value


def _show(value: Plain, as_json: bool) -> None:
    click.echo(json.dumps(value, indent=2) if as_json else "\n".join(lines(value)))


if __name__ == "__main__":
    main(prog_name="python -m protocol")
