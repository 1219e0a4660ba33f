"""A cheat that tells over HTTP what it committed to, as it likes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from oracle.dispute.defence import Defence
from oracle.dispute.exhibits import Exhibits
from oracle.dispute.matter import Matter
from oracle.health import Health, HealthServer
from oracle.metrics import Metrics
from oracle.serving import Loaded
from protocol.cast import CAST
from protocol.types import JobId, Profile
from tests.oracle.node.disputing import Cheat

Alter = Callable[[str, dict[str, Any]], dict[str, Any]]
"""What a cheat makes of what it would tell at a path."""


@dataclass
class Telling(Exhibits):
    """A cheat's: what it committed to, told as it likes."""

    cheat: Cheat = field(kw_only=True)
    alter: Alter = field(kw_only=True, default=lambda _path, body: body)
    paths: list[str] = field(kw_only=True, default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(CAST[self.cheat.name].account)

    def show(self, path: str) -> dict[str, Any]:
        self.paths.append(path)
        return self.alter(path, super().show(path))

    def _computed(self, matter: Matter, loaded: Loaded) -> Defence:
        del loaded
        return self.cheat.defences[matter.record.id]


@contextmanager
def telling(operator: Cheat, job: JobId, alter: Alter = lambda _path, body: body) -> Iterator[Telling]:
    """Serves what it tells, at the address that its profile names."""
    exhibits = Telling(cheat=operator, alter=alter)
    world, loaded = operator.world, Loaded(operator.engine, 1, 1)
    exhibits.keep({job: (operator.matter(job), loaded)}, world.chain.id, world.contracts.disputes.address)
    server = HealthServer("127.0.0.1", 0, Health(60), Metrics().registry, {"traces": exhibits.answer})
    profile = Profile(f"http://127.0.0.1:{server.port}/", bytes(32), (), ())
    world.send(operator.name, world.contracts.operators.register(profile))
    try:
        yield exhibits
    finally:
        server.close()
