"""Who acts, on which chain, with which contracts: what every script begins with."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from eth_account.signers.local import LocalAccount
from pydantic import ValidationError

from oracle.store import Store
from protocol.cast import CAST, refuse_elsewhere
from protocol.chain import Chain, Receipt
from protocol.clients.contracts import Contracts
from protocol.deployment import Deployment, open_deployment
from protocol.errors import CommonholdError
from protocol.keys import load_account
from protocol.settings import Settings
from protocol.solidity import Address
from protocol.transactions import Call, Sender

KEY = "key"
"""Names the account of the settings: `COMMONHOLD_PRIVATE_KEY`, or keystore and password file."""

Command = Callable[..., Any]


@dataclass
class Session:
    """A chain with the protocol on it, and the account that acts. The store lies in the home folder."""

    settings: Settings
    chain: Chain
    deployment: Deployment
    contracts: Contracts
    sender: Sender

    @property
    def address(self) -> Address:
        return self.sender.address

    @property
    def store(self) -> Store:
        return Store(self.settings.home / "store")

    def send(self, call: Call) -> Receipt:
        """Sends a call under a key of its own, and waits for it. Raises `Reverted`, `TransactionPending` and others."""
        return self.sender.send(f"script {uuid.uuid4()}", call)


def read_settings(url: str | None, home: Path | None) -> Settings:
    """The environment's settings, with what the command line says in place of them."""
    given: dict[str, Any] = {"rpc_url": url, "home": home}
    return Settings(**{name: value for name, value in given.items() if value is not None})


def account_of(name: str, settings: Settings, chain_id: int) -> LocalAccount:
    """A member of the cast, on local chains alone, or with `key` the settings' account."""
    if name == KEY:
        return load_account(settings)
    refuse_elsewhere(chain_id)
    return CAST[name].account


@contextmanager
def opened(settings: Settings, name: str) -> Iterator[Session]:
    chain, deployment = open_deployment(settings)
    with chain, Sender.at(settings.home, chain, account_of(name, settings, chain.id)) as sender:
        yield Session(settings, chain, deployment, Contracts.of(chain, deployment), sender)


@contextmanager
def plainly() -> Iterator[None]:
    """Says in one line what went wrong, and ends with exit code 1."""
    try:
        yield
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise click.ClickException(f"settings: {faults}") from error
    except CommonholdError as error:
        raise click.ClickException(str(error)) from error


def where(command: Command) -> Command:
    """The options that say which chain and which home."""
    command = click.option("--url", help="RPC endpoint; by default COMMONHOLD_RPC_URL or http://127.0.0.1:8545.")(
        command
    )
    return click.option(
        "--home", type=click.Path(path_type=Path), help="Folder of deployments and stores; by default COMMONHOLD_HOME."
    )(command)


def acting(default: str) -> Callable[[Command], Command]:
    """Gives the command a `Session` as its first argument, and the options that make it."""

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def run(url: str | None, home: Path | None, actor: str, **arguments: Any) -> Any:
            with plainly(), opened(read_settings(url, home), actor) as session:
                return command(session, **arguments)

        return where(
            click.option(
                "--as",
                "actor",
                type=click.Choice([*CAST, KEY]),
                default=default,
                show_default=True,
                help="Who acts: one of the local cast, or `key`: the account of COMMONHOLD_PRIVATE_KEY or a keystore.",
            )(run)
        )

    return decorate
