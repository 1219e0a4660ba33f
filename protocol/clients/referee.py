"""Client of `StepReferee`."""

from __future__ import annotations

from protocol.chain import BlockRef
from protocol.clients.client import Client
from protocol.computation import Computation, Evidence, Step
from protocol.solidity import Function

JUDGE = Function(
    "function judge(Computation computation, Step step, Evidence evidence) returns (int256 committed, int256 expected)"
)


class StepRefereeClient(Client):
    def judge(
        self, computation: Computation, step: Step, evidence: Evidence, at: BlockRef = "latest"
    ) -> tuple[int, int]:
        """What was committed to, and what it has to be."""
        committed, expected = self._read(JUDGE, computation, step, evidence, at=at)
        return int(committed), int(expected)
