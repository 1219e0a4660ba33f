"""Where on the chain something happened, as one number: it orders rows and is the cursor through pages."""

from __future__ import annotations

from protocol.events import Event

LOG_BITS = 32


def position_of(event: Event) -> int:
    """Block number · 2^32 + log index."""
    return event.log.block_number << LOG_BITS | event.log.log_index


def block_of(position: int) -> int:
    return position >> LOG_BITS
