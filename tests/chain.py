"""A real chain for tests: one Anvil a session, the protocol deployed on it once, each test on a clean copy.

`world` is what most tests want: a chain as it was after the deployment, undone when the test ends. `anvil` is a
node of one's own, for tests that stop it, move its blocks or need another chain.
"""

from __future__ import annotations

import os
import platform
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from protocol.artifacts import load_artifact
from protocol.cast import CAST
from protocol.chain import Chain, ChainUnreachable, Receipt
from protocol.clients.contracts import Contracts
from protocol.deploying import deploy
from protocol.deployment import Deployment
from protocol.events import Event, SheetPublished, decode
from protocol.plan import DOLLAR, Plan, local_plan
from protocol.transactions import Call, Sender
from protocol.types import ZERO_ADDRESS, Address, JobId, Sampling, Sheet, Submission

ROOT = Path(__file__).resolve().parent.parent
MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
ANVIL = ROOT / "node_modules" / "@foundry-rs" / f"anvil-linux-{MACHINES.get(platform.machine(), '')}" / "bin" / "anvil"
HARDHAT = (
    str(ROOT / "node_modules" / ".bin" / "node"),
    str(ROOT / "node_modules" / "hardhat" / "dist" / "src" / "cli.js"),
    *("--config", str(ROOT / "stack" / "hardhat" / "hardhat.config.js"), "node"),
)
START_SECONDS = 60
BALANCE = 10_000 * DOLLAR
"""What clients and operators have free in the escrow, in units of the asset."""


@dataclass
class Node:
    """A running node and the way to it."""

    chain: Chain
    process: subprocess.Popen[bytes]
    url: str

    def stop(self) -> None:
        """Stops it as a crash would."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.chain.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def start_node(command: list[str], port: int, log: Path) -> Node:
    """Starts a node and returns once it answers."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
    node = Node(Chain(f"http://127.0.0.1:{port}"), process, f"http://127.0.0.1:{port}")
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            assert node.chain.id
            return node
        except ChainUnreachable:
            if process.poll() is not None or time.monotonic() > deadline:
                node.stop()
                pytest.fail(f"the node did not start: {log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.02)


def start_anvil(folder: Path, *options: str) -> Node:
    """Anvil on a free port: a block for each transaction, blocks final after two more."""
    if not ANVIL.exists():
        pytest.fail(f"{ANVIL.relative_to(ROOT)} is missing: run `make setup`")
    port = free_port()
    command = [str(ANVIL), "--host", "127.0.0.1", "--port", str(port), "--slots-in-an-epoch", "1", *options]
    return start_node(command, port, folder / f"anvil-{port}.log")


def start_hardhat(folder: Path) -> Node:
    """Hardhat's node on a free port."""
    port = free_port()
    command = [*HARDHAT, "--hostname", "127.0.0.1", "--port", str(port)]
    return start_node(command, port, folder / f"hardhat-{port}.log")


@dataclass
class World:
    """A deployed protocol, the cast's senders, and what most tests do in it."""

    chain: Chain
    deployment: Deployment
    contracts: Contracts
    home: Path
    url: str = ""
    _senders: dict[str, Sender] = field(default_factory=dict)
    _sent: int = 0

    def sender(self, name: str) -> Sender:
        if name not in self._senders:
            self._senders[name] = Sender.at(self.home, self.chain, CAST[name].account)
        return self._senders[name]

    def send(self, name: str, call: Call) -> Receipt:
        """Sends a call in somebody's name, under a key of its own."""
        self._sent += 1
        return self.sender(name).send(f"test {self._sent}", call)

    def ask_as(self, address: Address, call: Call) -> bytes:
        """What a call would answer if a contract made it; raises `Reverted`."""
        return self.chain.call(call.to, call.data, sender=address, value=call.value)

    def events(self, receipt: Receipt) -> list[Event]:
        return [decode(raw) for raw in receipt.logs]

    def travel(self, seconds: int) -> None:
        """Moves the chain's clock and mines a block."""
        self.chain.request("evm_increaseTime", [seconds])
        self.chain.request("evm_mine", [])

    def now(self) -> int:
        return self.chain.block().timestamp

    def fund(self, name: str, amount: int = BALANCE) -> None:
        """Gives somebody a free balance in the escrow."""
        asset, escrow, address = self.contracts.asset, self.contracts.escrow, CAST[name].address
        self.send(name, asset.mint(address, amount))
        self.send(name, asset.approve(escrow.address, amount))
        self.send(name, escrow.deposit(address, amount))

    def sheet(self) -> Sheet:
        """The sheet in force for the slot `chat`."""
        published = self.chain.logs(self.deployment.block, "latest", [self.contracts.sheets.address])
        events = [decode(raw) for raw in published]
        return next(event.sheet for event in reversed(events) if isinstance(event, SheetPublished))

    def submit(self, name: str = "client", submission: Submission | None = None) -> JobId:
        """A job of the client's under the sheet in force; its id."""
        given = submission or make_submission()
        receipt = self.send(name, self.contracts.escrow.submit_job(self.sheet(), given))
        return JobId(bytes.fromhex(receipt.logs[0]["topics"][1][2:]))

    def close(self) -> None:
        for sender in self._senders.values():
            sender.close()
        self._senders.clear()


def make_submission(
    *,
    min_fee: int = 1 * DOLLAR,
    max_fee: int = 2 * DOLLAR,
    offer_seconds: int = 600,
    service_seconds: int = 300,
    exclusive_seconds: int = 0,
    named: Address = ZERO_ADDRESS,
    sampling: int = Sampling(max_tokens=32).pack(),
    payload: bytes = b"\0\0\7" * 8,
) -> Submission:
    """What the client asks for, unless the test is about it."""
    return Submission(min_fee, max_fee, offer_seconds, service_seconds, exclusive_seconds, named, sampling, payload)


def deploy_world(chain: Chain, home: Path, url: str, plan: Plan | None = None) -> World:
    """The protocol on a fresh chain, with client and operators funded."""
    load_artifact("JobEscrow")
    with ExitStack() as stack:
        deployer = stack.enter_context(Sender.at(home, chain, CAST["deployer"].account))
        curator = stack.enter_context(Sender.at(home, chain, CAST["curator"].account))
        deployment = deploy(deployer, curator, plan or local_plan())
    world = World(chain, deployment, Contracts.of(chain, deployment), home, url)
    for name in ("client", "operator", "operator2"):
        world.fund(name)
    world.close()
    return world


@pytest.fixture
def anvil(tmp_path: Path) -> Iterator[Node]:
    """A node of the test's own."""
    node = start_anvil(tmp_path)
    yield node
    node.stop()


@pytest.fixture(scope="session")
def shared_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The session's deployment. Tests take `world`, which cleans up after them."""
    folder = tmp_path_factory.mktemp("chain")
    node = start_anvil(folder)
    yield deploy_world(node.chain, folder / "home", node.url)
    node.stop()


@contextmanager
def undone(chain: Chain) -> Iterator[None]:
    """Takes back every block mined inside."""
    snapshot = chain.request("evm_snapshot", [])
    try:
        yield
    finally:
        assert chain.request("evm_revert", [snapshot])


@pytest.fixture
def world(shared_world: World, tmp_path: Path) -> Iterator[World]:
    """The protocol as deployed, with client and operators funded; everything done in it is undone."""
    with undone(shared_world.chain):
        world = World(
            shared_world.chain, shared_world.deployment, shared_world.contracts, tmp_path / "home", shared_world.url
        )
        yield world
        world.close()
