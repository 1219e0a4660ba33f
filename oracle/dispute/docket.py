"""What the chain says of the disputes about one job, folded from its events."""

from __future__ import annotations

from dataclasses import dataclass, field

from oracle.dispute.known import Shown
from protocol.demands import Wanted, key_of, key_shown
from protocol.disputes import Case, SignedParts, commitment_key
from protocol.events import (
    AnswerConvicted,
    BondPaid,
    CaseOpened,
    Committed,
    Demanded,
    ElementsDemanded,
    Event,
    HashesShown,
    LeafShown,
    PartsDemanded,
    PartsPresented,
    PartsShown,
    RowsDemanded,
    SilenceConvicted,
    StepConvicted,
    TraceDemanded,
    TraceShown,
)
from protocol.facts import EventsIncomplete
from protocol.solidity import Address

DISPUTE_EVENTS: tuple[type[Event], ...] = (
    CaseOpened,
    Demanded,
    TraceDemanded,
    RowsDemanded,
    PartsDemanded,
    ElementsDemanded,
    TraceShown,
    PartsShown,
    PartsPresented,
    HashesShown,
    LeafShown,
    Committed,
    StepConvicted,
    AnswerConvicted,
    SilenceConvicted,
    BondPaid,
)
"""Each with the job's id as its first indexed parameter."""


@dataclass(slots=True)
class OpenDemand:
    """Something that was demanded. `deadline`: the last second to show it."""

    key: bytes
    challenger: Address
    bond: int
    deadline: int
    wanted: Wanted | None = None
    shown: bool = False
    paid: bool = False


@dataclass(slots=True)
class Announced:
    """A conviction that somebody committed to, in block `block`."""

    commitment: bytes
    by: Address
    bond: int
    deadline: int
    block: int
    paid: bool = False


@dataclass(slots=True)
class Docket:
    """Of one job. `verdict`: the event that says why it was convicted; `signed`: parts that are known to be the
    operator's, and not to the chain."""

    case: Case | None = None
    demands: dict[bytes, OpenDemand] = field(default_factory=dict)
    announced: list[Announced] = field(default_factory=list)
    shown: Shown = field(default_factory=Shown)
    verdict: Event | None = None
    signed: dict[tuple[int, int], SignedParts] = field(default_factory=dict)
    events: int = 0
    """How many were taken."""

    @property
    def is_settled(self) -> bool:
        """Whether a verdict was spoken, and every bond was paid out."""
        paid = [demand.paid for demand in self.demands.values()] + [announced.paid for announced in self.announced]
        return self.verdict is not None and all(paid)

    def take(self, event: Event) -> None:
        """Takes the next event in the chain's order. Raises `EventsIncomplete` for one that cannot follow."""
        self.events += 1
        match event:
            case CaseOpened():
                self.case = event.case
            case Demanded():
                self.demands[event.key] = OpenDemand(event.key, event.challenger, event.bond, event.deadline)
            case TraceDemanded() | RowsDemanded() | PartsDemanded() | ElementsDemanded():
                self._demand(key_of(event)).wanted = event
            case PartsPresented():
                self.shown.parts.setdefault((event.list, event.position), event.roots)
            case TraceShown() | PartsShown() | HashesShown() | LeafShown():
                self._shown(event)
            case Committed():
                announced = Announced(event.commitment, event.by, event.bond, event.deadline, event.log.block_number)
                self.announced.append(announced)
            case BondPaid():
                self._paid(event)
            case _:
                self.verdict = event

    def _shown(self, event: TraceShown | PartsShown | HashesShown | LeafShown) -> None:
        shown = self.shown
        match event:
            case TraceShown():
                shown.positions, shown.outputs, shown.hashes = event.positions, event.outputs, event.hashes
            case PartsShown():
                shown.parts.setdefault((event.list, event.position), event.roots)
            case HashesShown():
                shown.known.add_hashes(event.hashes)
            case LeafShown():
                shown.known.add_content(event.content)
        self._demand(key_shown(event)).shown = True

    def _demand(self, key: bytes) -> OpenDemand:
        if key not in self.demands:
            raise EventsIncomplete(f"0x{key.hex()} was never demanded")
        return self.demands[key]

    def has_bond_of(self, account: Address) -> bool:
        """Whether a bond of theirs is not paid out yet."""
        demands = any(demand.challenger == account and not demand.paid for demand in self.demands.values())
        return demands or any(found.by == account and not found.paid for found in self.announced)

    def _paid(self, event: BondPaid) -> None:
        if event.key in self.demands:
            self.demands[event.key].paid = True
        for announced in self.announced:
            if commitment_key(announced.commitment, announced.by) == event.key:
                announced.paid = True
