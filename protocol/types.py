"""The things that the contracts keep and pass around: `contracts/types/` and the interfaces' structs, in Python.

Amounts are whole units of the asset (or of HOLD), times are seconds, parts are of 10,000. Facts are frozen and
hashable; `protocol/encoding.py` hashes them, `protocol/pricing.py` computes with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import NewType, Self

from protocol.errors import CommonholdError
from protocol.rules import RulesId
from protocol.solidity import ZERO_ADDRESS, Address, struct, to_address, value

__all__ = [
    "BASIS_POINTS",
    "SLOT_NAME_BYTES",
    "ZERO_ADDRESS",
    "ZERO_WORD",
    "Address",
    "Answer",
    "Award",
    "FactsHash",
    "GovernorNumbers",
    "ItemStatus",
    "JobId",
    "JobStatus",
    "ModelFacts",
    "ModelId",
    "Numbers",
    "Offer",
    "Outcome",
    "Profile",
    "Request",
    "Result",
    "RulesId",
    "Sampling",
    "SamplingMalformed",
    "ShareTable",
    "SharesId",
    "Sheet",
    "SheetHash",
    "SlotKey",
    "Submission",
    "Terms",
    "Work",
    "slot_key",
    "to_address",
]

JobId = NewType("JobId", bytes)
ModelId = NewType("ModelId", bytes)
SlotKey = NewType("SlotKey", bytes)
SheetHash = NewType("SheetHash", bytes)
SharesId = NewType("SharesId", bytes)
Request = NewType("Request", bytes)
Result = NewType("Result", bytes)
FactsHash = NewType("FactsHash", bytes)

BASIS_POINTS = 10_000
SLOT_NAME_BYTES = 16
ZERO_WORD = bytes(32)


class JobStatus(IntEnum):
    """What a job is at; numbered as in `contracts/types/Job.sol`."""

    NONE = 0
    OPEN = 1
    ACCEPTED = 2
    POSTED = 3
    DISPUTED = 4
    SETTLED = 5
    REFUNDED = 6
    CONVICTED = 7

    @property
    def is_final(self) -> bool:
        return self in (JobStatus.SETTLED, JobStatus.REFUNDED, JobStatus.CONVICTED)


class Outcome(IntEnum):
    """What an operator says of a job."""

    ANSWERED = 0
    INPUT_REFUSED = 1
    OUTPUT_REFUSED = 2


class ItemStatus(IntEnum):
    """What became of one item of a batch."""

    DONE = 0
    WRONG_FACTS = 1
    WRONG_CALLER = 2
    BAD_AMOUNT = 3
    BAD_WINDOW = 4
    BAD_PAYLOAD = 5
    INSUFFICIENT_BALANCE = 6
    TOO_EARLY = 7
    TOO_LATE = 8


class SamplingMalformed(CommonholdError, ValueError):
    """A sampling word with bits that mean nothing, or fields that do not fit it."""


class TermsOutOfRange(CommonholdError, ValueError):
    """A number that its bits of the terms' word cannot hold."""


def _pack(widths: dict[str, int], instance: object, error: type[CommonholdError]) -> int:
    word, shift = 0, 0
    for name, width in widths.items():
        number: int = getattr(instance, name)
        if not 0 <= number < 2**width:
            raise error(f"{name} is {number}: it takes 0 to 2^{width} - 1")
        word |= number << shift
        shift += width
    return word


def _unpack(widths: dict[str, int], word: int) -> list[int]:
    numbers = []
    for width in widths.values():
        numbers.append(word & (2**width - 1))
        word >>= width
    return numbers


TERMS_BITS = {
    "challenge_seconds": 24,
    "dispute_seconds": 24,
    "max_offer_seconds": 24,
    "max_service_seconds": 24,
    "out_bps": 16,
    "refusal_bps": 16,
    "fine_bps": 16,
    "bond_bps": 24,
    "min_bond": 72,
    "max_payload": 16,
}
"""Fields and widths from the least significant bit; the table is in `contracts/types/Terms.sol`."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The governed numbers that a job pins. They fill their word, so packing loses nothing."""

    challenge_seconds: int
    dispute_seconds: int
    max_offer_seconds: int
    max_service_seconds: int
    out_bps: int
    refusal_bps: int
    fine_bps: int
    bond_bps: int
    min_bond: int
    max_payload: int

    def pack(self) -> int:
        """The word. Raises `TermsOutOfRange`."""
        return _pack(TERMS_BITS, self, TermsOutOfRange)

    @classmethod
    def unpack(cls, word: int) -> Self:
        return cls(*_unpack(TERMS_BITS, word))


SAMPLING_BITS = {"max_tokens": 32, "temperature": 16, "seed": 64, "cut": 16}


@dataclass(frozen=True, slots=True)
class Sampling:
    """How an answer is to be drawn. `temperature` in thousandths; zero: greedy.

    `cut` is min-p's logarithm: tokens less likely than e^(−cut / 256) times the likeliest are left out; zero: none.
    """

    max_tokens: int
    temperature: int = 0
    seed: int = 0
    cut: int = 0

    def pack(self) -> int:
        """The word. Raises `SamplingMalformed`."""
        return _pack(SAMPLING_BITS, self, SamplingMalformed)

    @classmethod
    def judged(cls, word: int) -> Self:
        """As the referee reads any word: bits beyond the fields say nothing."""
        return cls(*_unpack(SAMPLING_BITS, word))

    @classmethod
    def unpack(cls, word: int) -> Self:
        """Raises `SamplingMalformed` where bits beyond the fields are set: the escrow lets any word through."""
        if word >> sum(SAMPLING_BITS.values()):
            raise SamplingMalformed(
                f"sampling {word:#x} has bits above the {sum(SAMPLING_BITS.values())} that mean something"
            )
        return cls(*_unpack(SAMPLING_BITS, word))


value("JobId", "bytes32", JobId)
value("Terms", "uint256", Terms.unpack, Terms.pack)
value("Sampling", "uint256", int)
value("JobStatus", "uint8", JobStatus)
value("Outcome", "uint8", Outcome)
value("ItemStatus", "uint8", ItemStatus)


@struct(
    "bytes32 slot, bytes32 model, bytes32 rules, bytes32 shares, address disputes, address outageClock, "
    "Terms terms, uint256 generation"
)
@dataclass(frozen=True, slots=True)
class Sheet:
    """All that a job pins at submission. `slot` of zero: for jobs that name the model themselves."""

    slot: SlotKey
    model: ModelId
    rules: RulesId
    shares: SharesId
    disputes: Address
    outage_clock: Address
    terms: Terms
    generation: int

    @property
    def key(self) -> bytes:
        """What the escrow keeps the sheet in force under: its slot, else its model."""
        return self.slot if self.slot != ZERO_WORD else self.model


@struct("address curator, uint16 curatorBps, uint16 stakersBps, uint16 treasuryBps, bool slotted")
@dataclass(frozen=True, slots=True)
class ShareTable:
    """Who shares in a fee besides the operator."""

    curator: Address
    curator_bps: int
    stakers_bps: int
    treasury_bps: int
    slotted: bool


@struct(
    "uint256 minFee, uint256 maxFee, uint256 offerSeconds, uint256 serviceSeconds, uint256 exclusiveSeconds, "
    "address named, Sampling sampling, bytes input"
)
@dataclass(frozen=True, slots=True)
class Submission:
    """What a client asks for. `sampling` is the packed word: `Sampling.pack()`."""

    min_fee: int
    max_fee: int
    offer_seconds: int
    service_seconds: int
    exclusive_seconds: int
    named: Address
    sampling: int
    input: bytes


@struct(
    "bytes32 request, bytes32 shares, Terms terms, address client, address named, address disputes, "
    "address outageClock, uint256 minFee, uint256 maxFee, uint256 submittedAt, uint256 offerSeconds, "
    "uint256 exclusiveSeconds, uint256 serviceSeconds"
)
@dataclass(frozen=True, slots=True)
class Offer:
    """Facts of an open job."""

    request: Request
    shares: SharesId
    terms: Terms
    client: Address
    named: Address
    disputes: Address
    outage_clock: Address
    min_fee: int
    max_fee: int
    submitted_at: int
    offer_seconds: int
    exclusive_seconds: int
    service_seconds: int


@struct(
    "bytes32 offer, bytes32 shares, Terms terms, address client, address operator, address disputes, "
    "address outageClock, uint256 maxFee, uint256 price, uint256 acceptedAt, uint256 postBy"
)
@dataclass(frozen=True, slots=True)
class Work:
    """Facts of an accepted job. `post_by`: last second for the result, before any outage is added."""

    offer: FactsHash
    shares: SharesId
    terms: Terms
    client: Address
    operator: Address
    disputes: Address
    outage_clock: Address
    max_fee: int
    price: int
    accepted_at: int
    post_by: int


@struct(
    "bytes32 offer, bytes32 result, bytes32 shares, Terms terms, address client, address operator, "
    "address disputes, uint256 maxFee, uint256 price, uint256 postedAt, uint256 heldUntil"
)
@dataclass(frozen=True, slots=True)
class Answer:
    """Facts of a job whose result is posted. `held_until` of zero: no dispute holds it."""

    offer: FactsHash
    result: Result
    shares: SharesId
    terms: Terms
    client: Address
    operator: Address
    disputes: Address
    max_fee: int
    price: int
    posted_at: int
    held_until: int


@struct("address to, uint256 amount")
@dataclass(frozen=True, slots=True)
class Award:
    """Part of a slashed bond, for whoever proved the cheat."""

    to: Address
    amount: int


@struct(
    "bytes32 manifest, bytes32 program, bytes32 weights, bytes32 tokenizer, uint16 arithmetic, address curator, "
    "uint16 curatorBps",
    name="Model",
)
@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What a model is registered with; digests are SHA-256. `arithmetic` of 0: floating point."""

    manifest: bytes
    program: bytes
    weights: bytes
    tokenizer: bytes
    arithmetic: int
    curator: Address
    curator_bps: int


@struct("string uri, bytes32 device, bytes32[] models, uint256[] prices")
@dataclass(frozen=True, slots=True)
class Profile:
    """What an operator says of itself. `device`: a short ASCII name, padded with zeros on the right."""

    uri: str
    device: bytes
    models: tuple[ModelId, ...]
    prices: tuple[int, ...]


@struct(
    "uint256 challengeSeconds, uint256 disputeSeconds, uint256 maxOfferSeconds, uint256 maxServiceSeconds, "
    "uint256 stakersBps, uint256 treasuryBps, uint256 refusalBps, uint256 fineBps, uint256 bondBps, "
    "uint256 minBond, uint256 maxPayload"
)
@dataclass(frozen=True, slots=True)
class Numbers:
    """The governed numbers that sheets are composed with; bounds in `ISheetBook.Numbers`."""

    challenge_seconds: int
    dispute_seconds: int
    max_offer_seconds: int
    max_service_seconds: int
    stakers_bps: int
    treasury_bps: int
    refusal_bps: int
    fine_bps: int
    bond_bps: int
    min_bond: int
    max_payload: int


@struct(
    "uint48 votingDelay, uint32 votingPeriod, uint256 proposalThreshold, uint256 quorumBps, uint48 lateQuorumExtension"
)
@dataclass(frozen=True, slots=True)
class GovernorNumbers:
    """Seconds, units of staked HOLD, parts of 10,000 of what is staked."""

    voting_delay: int
    voting_period: int
    proposal_threshold: int
    quorum_bps: int
    late_quorum_extension: int


def slot_key(name: str) -> SlotKey:
    """The 32 bytes by which the contracts know a slot such as `chat`. Raises `ValueError`."""
    key = name.encode()
    if not 1 <= len(key) <= SLOT_NAME_BYTES:
        raise ValueError(f"slot name {name!r} has {len(key)} bytes: it takes 1 to {SLOT_NAME_BYTES}")
    return SlotKey(key.ljust(32, b"\0"))
