"""The chain's time: what it is now, and moving it where the node allows."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from protocol.chain import Chain, RpcError


def now(chain: Chain) -> int:
    """Timestamp of the newest block, in seconds."""
    return chain.block("latest").timestamp


def said(timestamp: int) -> str:
    """A timestamp as people read it."""
    return datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def travel_to(chain: Chain, timestamp: int) -> None:
    """Mines a block at `timestamp`, or does nothing when that has passed. Local chains only."""
    ahead = timestamp - now(chain)
    if ahead <= 0:
        return
    try:
        chain.request("evm_increaseTime", [ahead])
        chain.request("evm_mine", [])
    except RpcError as error:
        raise click.ClickException(
            f"this node does not move its clock ({error}): --travel is for local chains; wait until {said(timestamp)}"
        ) from error
