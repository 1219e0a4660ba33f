"""What names a demand, from the event that says what it is for."""

from __future__ import annotations

from protocol.disputes import node_key, parts_key, trace_key
from protocol.events import (
    ElementsDemanded,
    HashesShown,
    LeafShown,
    PartsDemanded,
    PartsShown,
    RowsDemanded,
    TraceDemanded,
    TraceShown,
)

Wanted = TraceDemanded | RowsDemanded | PartsDemanded | ElementsDemanded
Shown = TraceShown | PartsShown | HashesShown | LeafShown


def key_of(event: Wanted) -> bytes:
    """The key of the demand that this event tells of."""
    match event:
        case TraceDemanded():
            return trace_key(event.trace)
        case PartsDemanded():
            return parts_key(event.list, event.position)
        case RowsDemanded() | ElementsDemanded():
            return node_key(event.node.hash, leaf=event.node.level == 0, amount=event.amount)


def key_shown(event: Shown) -> bytes:
    """The key of the demand that this answers."""
    match event:
        case TraceShown():
            return trace_key(event.trace)
        case PartsShown():
            return parts_key(event.list, event.position)
        case HashesShown():
            return node_key(event.hash, leaf=False, amount=len(event.hashes))
        case LeafShown():
            return node_key(event.hash, leaf=True, amount=len(event.content))
