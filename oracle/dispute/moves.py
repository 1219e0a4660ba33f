"""What there is to do next about a result: nothing, something to be shown, or a conviction."""

from __future__ import annotations

from dataclasses import dataclass

from protocol.computation import Evidence, Step
from protocol.disputes import Claim, Node
from protocol.trace import BEFORE_COLUMNS


@dataclass(frozen=True, slots=True)
class Exact:
    """The result is right to the last bit."""


@dataclass(frozen=True, slots=True)
class Leave:
    """It is not as it must be, or cannot be computed, and no contract judges why."""

    why: str


@dataclass(frozen=True, slots=True)
class AskTrace:
    """Positions, outputs, and all that the trace's root is over."""


@dataclass(frozen=True, slots=True)
class AskRows:
    """What is below a node above the rows of a column, or of tokens (0) or peaks (1): `amount` hashes, or bytes of a
    leaf."""

    place: int
    node: Node
    amount: int
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class AskParts:
    """The roots of all parts of a list at a position; `evidence`: the list's record."""

    list: int
    position: int
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class AskElements:
    """What is below a node above the elements of a part: `amount` hashes, or bytes of a leaf."""

    step: Step
    node: Node
    amount: int
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class ProveStep:
    """An element that does not follow from those before it. `operation`: what it is part of, for people."""

    step: Step
    evidence: Evidence
    committed: int
    expected: int
    layer: str
    operation: str
    part: str


@dataclass(frozen=True, slots=True)
class ProveAnswer:
    """`payload`: the output, or policy and input, where these are judged."""

    claim: Claim
    evidence: Evidence
    payload: bytes
    told: str


Ask = AskTrace | AskRows | AskParts | AskElements
Prove = ProveStep | ProveAnswer
Move = Exact | Leave | Ask | Prove


def told(move: Move) -> str:
    """In words."""
    match move:
        case Exact():
            return "the result is exact"
        case Leave(why):
            return f"{why}; no contract judges that"
        case AskTrace():
            return "the operator has yet to show what its trace is the hash of"
        case AskRows(place, node):
            return f"the operator has yet to show {_column(place)}, {_node(node)}"
        case AskParts(list_, position):
            return f"the operator has yet to show the parts of list {list_} at position {position}"
        case AskElements(step, node):
            return (
                f"the operator has yet to show part {step.part} of list {step.list} at position {step.position}, "
                + (_node(node))
            )
        case ProveStep(step, _, committed, expected, layer, operation, part):
            return (
                f"at position {step.position}, {layer}, operation {operation}, {part}, element {step.element}: "
                f"committed {committed}, recomputed {expected}"
            )
        case ProveAnswer(told=why):
            return why


def _column(place: int) -> str:
    return ("the tokens", "the peaks")[place] if place < BEFORE_COLUMNS else f"column {place - BEFORE_COLUMNS}"


def _node(node: Node) -> str:
    return f"leaf {node.index}" if node.level == 0 else f"below node {node.index} of level {node.level}"
