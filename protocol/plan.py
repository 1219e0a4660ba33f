"""What is deployed: every number, holder and document that a deployment decides, in one place.

Bounds stand in the contracts, which refuse what lies outside them.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from protocol import rules
from protocol.cast import CAST
from protocol.disputes import Game
from protocol.errors import CommonholdError
from protocol.solidity import Address
from protocol.types import GovernorNumbers, ModelFacts, Numbers, SlotKey, slot_key

HOUR, DAY = 3_600, 86_400
HOLD = 10**18
"""Units of one HOLD."""
DOLLAR = 10**6
"""Units of one test dollar."""

SETBACK = 5 * DAY
"""Seconds until `AccessManager` heeds a delay that it was given (`minSetback`)."""

FIRST_LIST = 400_000_000 * HOLD
"""What the first holders receive in all: 40 % of the cap."""


@dataclass(frozen=True, slots=True)
class Emission:
    """`reference_price`: units of the asset for one whole HOLD."""

    rate_bps: int
    reference_price: int


class PlanUnsafe(CommonholdError):
    """A plan under which the first vote could take what holders have no time to save; the message says how."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`asset` of `None`: a test dollar is deployed. `grant_delay`: seconds that a new role, or a change of who may call
    where money is, takes to be effective. `model` is registered by its curator and put into `slot`."""

    holders: tuple[tuple[Address, int], ...]
    numbers: Numbers
    governor: GovernorNumbers
    timelock_delay: int
    cooldown: int
    grant_delay: int
    emission: Emission
    game: Game
    rules: bytes
    model: ModelFacts
    slot: SlotKey
    asset: Address | None = None

    def check(self) -> None:
        """Raises `PlanUnsafe` unless everybody can leave before a vote of the first day reaches their money."""
        numbers = self.governor
        first_vote = numbers.voting_delay + numbers.voting_period + self.timelock_delay
        if first_vote < SETBACK:
            raise PlanUnsafe(
                f"a vote takes {first_vote} s (voting delay, period and timelock), the delays of the access manager "
                f"are heeded after {SETBACK} s: the first vote could go around them. Lengthen one of the three"
            )
        if self.grant_delay <= self.cooldown:
            raise PlanUnsafe(
                f"a new role is effective after {self.grant_delay} s, leaving takes a cooldown of {self.cooldown} s: "
                "the first must be the longer"
            )


NUMBERS = Numbers(
    challenge_seconds=HOUR,
    dispute_seconds=DAY,
    max_offer_seconds=DAY,
    max_service_seconds=HOUR,
    stakers_bps=300,
    treasury_bps=200,
    refusal_bps=2_000,
    fine_bps=2_000,
    bond_bps=20_000,
    min_bond=DOLLAR,
    max_payload=24_576,
)
GOVERNOR = GovernorNumbers(
    voting_delay=DAY,
    voting_period=3 * DAY,
    proposal_threshold=1_000_000 * HOLD,
    quorum_bps=1_000,
    late_quorum_extension=DAY,
)
GAME = Game(move=HOUR, reveal=HOUR // 6, showing_cost=DOLLAR // 20, yield_bps=1_000)
RULES = rules.encode(rules.RuleSet((rules.Limit(max_input=4_096, max_output=1_024),)))


def local_plan(model: ModelFacts | None = None, document: bytes = RULES) -> Plan:
    """For a chain on this machine: HOLD for the cast, numbers as a production chain might have them."""
    return Plan(
        holders=tuple((member.address, FIRST_LIST // len(CAST)) for member in CAST.values()),
        numbers=NUMBERS,
        governor=GOVERNOR,
        timelock_delay=2 * DAY,
        cooldown=3 * DAY,
        grant_delay=7 * DAY,
        emission=Emission(rate_bps=5_000, reference_price=DOLLAR // 100),
        game=GAME,
        rules=document,
        model=model or placeholder_model(CAST["curator"].address),
        slot=slot_key("chat"),
    )


def placeholder_model(curator: Address) -> ModelFacts:
    """Facts of a model that does not exist, for chains on which nothing is to be inferred."""
    return ModelFacts(
        manifest=sha256(b"placeholder manifest").digest(),
        program=sha256(b"placeholder program").digest(),
        weights=sha256(b"placeholder weights").digest(),
        tokenizer=sha256(b"placeholder tokenizer").digest(),
        arithmetic=0,
        curator=curator,
        curator_bps=500,
    )
