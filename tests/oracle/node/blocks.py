"""What tests do to blocks: leave some again, hold transactions back, read what they tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp

from protocol.cast import CAST
from protocol.events import Event, decode
from protocol.types import JobId
from tests.chain import World, undone


@contextmanager
def left_branch(world: World, folder: Path) -> Iterator[World]:
    """What happens in here, the chain leaves, and grows past it. People on it remember nothing of the branch."""
    with undone(world.chain):
        branch = replace(world, home=Path(mkdtemp(dir=folder)), _senders={})
        yield branch
        branch.close()
        length = world.chain.block_number()
    grow(world, length + 1)


@contextmanager
def held_back(world: World, *, lost: bool = False) -> Iterator[None]:
    """What is sent in here waits, and is mined together in the end, or lost by the node."""
    world.chain.request("evm_setAutomine", [False])
    try:
        yield
    finally:
        if lost:
            world.chain.request("anvil_dropAllTransactions", [])
        world.chain.request("evm_setAutomine", [True])
        world.chain.request("evm_mine", [])


def grow(world: World, number: int) -> None:
    """Mines up to this block. Each is a second apart from what the branch had at its height."""
    while world.chain.block_number() < number:
        world.travel(3)


def events_of(world: World, job: JobId) -> list[Event]:
    """What the chain tells of a job, oldest first."""
    raws = world.chain.logs(0, "latest", [world.contracts.escrow.address], [None, "0x" + job.hex()])
    return [decode(raw) for raw in raws]


def told(world: World, job: JobId) -> Counter[str]:
    """How often the chain tells each event of a job."""
    return Counter(type(event).__name__ for event in events_of(world, job))


def sent(world: World, name: str = "operator") -> int:
    """An operator's transactions, those in the pool included."""
    return world.chain.nonce(CAST[name].address, "pending")
