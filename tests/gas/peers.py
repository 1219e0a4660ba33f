"""What a job costs elsewhere.

Measured the same way from their published code: receipts on a local Anvil (Cancun), calldata and intrinsic gas
included, steady state, at the commits named. Live deployments may differ.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Peer:
    """Gas of one job; `in_batch` where batches exist and were measured."""

    name: str
    commit: str
    alone: int
    note: str
    in_batch: int | None = None


PEERS = (
    Peer("Ocean", "contracts 1c779f9", 340_700, "escrow only; 1.67M at 300 open locks"),
    Peer("Infernet", "infernet-sdk b183dc3", 412_400, "unverified; 621,500 with its lazy verifier"),
    Peer("Olas", "autonolas-marketplace 4fe344f", 478_000, "no refund for the client", 232_000),
    Peer("Arbius", "arbius e0ed7bc", 603_600, "no refund for the client"),
    Peer("Morpheus", "Morpheus-Lumerin-Node 04e6c42", 843_000, "a session of many prompts"),
    Peer("Lilypad", "lilypad 9ed8651", 1_651_845, "its own client stubs the last two steps"),
)
