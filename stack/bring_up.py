"""From nothing to a stack that serves jobs: chain, contracts, operator, indexer, each started once the last is well."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from protocol.cast import CAST
from stack import services
from stack.local import LocalStack
from stack.ports import choose
from stack.verbs import Say, Verbs

CHAIN_ID = 31337
BONDS = "100"
"""Test dollars that the operator puts into the escrow."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Of the loopback interface; 0: any free one."""

    chain: int
    operator: int
    indexer: int

    def chosen(self) -> Ports:
        """With a free port for each 0. Raises `PortTaken`."""
        return Ports(
            choose(self.chain, "chain", "--chain-port"),
            choose(self.operator, "operator", "--operator-port"),
            choose(self.indexer, "indexer", "--indexer-port"),
        )


def chain_and_contracts(stack: LocalStack, ports: Ports, say: Say) -> Verbs:
    """A chain with the protocol on it. What an earlier chain left in the home folder is forgotten: the new one knows
    nothing of it. The models' store stays."""
    forget_chain(stack.home)
    chain = services.chain(ports.chain)
    stack.start(chain)
    say(f"a chain of our own at {chain.url}")
    verbs = Verbs(chain.url, stack.home, say)
    verbs.run("deploy")
    return verbs


def operator(stack: LocalStack, ports: Ports, verbs: Verbs, say: Say) -> str:
    """Bonds and registers an operator, and starts it; its URL. The key is of the public cast."""
    service = services.operator(ports.operator, _environment(stack, ports))
    verbs.run("fund", "--as", "operator", "--amount", BONDS)
    verbs.run("register_operator", "--as", "operator", "--uri", service.url)
    stack.start(service)
    say(f"the operator is ready at {service.url}/health")
    return service.url


def indexer(stack: LocalStack, ports: Ports, say: Say) -> str:
    """Starts the indexer; its URL."""
    service = services.indexer(ports.indexer, _environment(stack, ports))
    stack.start(service)
    say(f"the indexer is ready at {service.url}/docs")
    return service.url


def environment_of(stack: LocalStack, ports: Ports) -> dict[str, str]:
    """What scripts and programs have to know of this stack."""
    return {
        "COMMONHOLD_RPC_URL": f"http://127.0.0.1:{ports.chain}",
        "COMMONHOLD_HOME": str(stack.home.absolute()),
        "COMMONHOLD_INDEXER_DATABASE_URL": f"sqlite:///{_index(stack.home).absolute()}",
    }


def forget_chain(home: Path) -> None:
    """Removes what was kept of the local chain; nothing of any other chain."""
    (home / "deployments" / f"{CHAIN_ID}.json").unlink(missing_ok=True)
    for folder in (home / "intents", home / "oracle"):
        for file in folder.glob(f"{CHAIN_ID}-*"):
            file.unlink()
    shutil.rmtree(_index(home).parent, ignore_errors=True)


def _index(home: Path) -> Path:
    return home / f"indexer-{CHAIN_ID}" / "indexer.sqlite"


def _environment(stack: LocalStack, ports: Ports) -> dict[str, str]:
    """Nothing that the user has set for another stack reaches this one."""
    _index(stack.home).parent.mkdir(parents=True, exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COMMONHOLD_")}
    return {
        **kept,
        **environment_of(stack, ports),
        "COMMONHOLD_PRIVATE_KEY": CAST["operator"].key,
        "COMMONHOLD_ORACLE_PORT": str(ports.operator),
        "COMMONHOLD_INDEXER_PORT": str(ports.indexer),
    }
