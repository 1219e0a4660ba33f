"""Every event that the contracts emit, as one frozen dataclass each, declared as Solidity declares it.

`decode` turns a log, as JSON-RPC returns it, into its event by the first topic; a topic that is not known is
an error. Events of one name and different parameters have names of their own here: `StakeWithdrawn` is
`StakedHold`'s `Withdrawn`, `AccessRoleGranted` and its like are `AccessManager`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, TypeVar

from protocol.computation import Step
from protocol.disputes import Case, Claim, Node
from protocol.errors import CommonholdError
from protocol.solidity import Codec, Declaration, address_of_bytes
from protocol.types import (
    Address,
    ItemStatus,
    JobId,
    ModelFacts,
    ModelId,
    Numbers,
    Outcome,
    Profile,
    RulesId,
    SharesId,
    ShareTable,
    Sheet,
    SheetHash,
    SlotKey,
)

RawLog = Mapping[str, Any]
"""A log as `eth_getLogs` returns it: hexadecimal text under camelCase keys."""


class UnknownEvent(CommonholdError):
    """A log whose first topic no event of the protocol has."""


class EventMalformed(CommonholdError):
    """A log that does not hold what its event declares."""


@dataclass(frozen=True, slots=True)
class Log:
    """Where an event stands. `block_timestamp` in seconds; `None` where the node does not give it with logs."""

    address: Address
    block_number: int
    block_hash: bytes
    block_timestamp: int | None
    transaction_hash: bytes
    log_index: int


@dataclass(frozen=True, slots=True)
class Event:
    """What all events have. Fields after `log` are the event's parameters, in Solidity's order."""

    log: Log
    DECLARATION: ClassVar[Declaration]


AnyEvent = TypeVar("AnyEvent", bound=Event)


class _Reader:
    """Reads one event's indexed parameters from topics and the others from data."""

    def __init__(self, cls: type[Event], declaration: Declaration) -> None:
        self._cls = cls
        parameters = declaration.parameters
        self._indexed = Codec([p for p in parameters if p.indexed], declaration.name)
        self._data = Codec([p for p in parameters if not p.indexed], declaration.name)
        self._topics = len(self._indexed.parameters)
        indexed, data = iter(range(self._topics)), iter(range(self._topics, len(parameters)))
        self._order = [next(indexed) if parameter.indexed else next(data) for parameter in parameters]

    def read(self, raw: RawLog) -> Event:
        topics = raw["topics"]
        if len(topics) != self._topics + 1:
            raise EventMalformed(
                f"{self._cls.__name__} has {self._topics} indexed parameters, the log {len(topics) - 1}"
            )
        words = bytes.fromhex("".join(topic[2:] for topic in topics[1:]))
        values = self._indexed.decode(words) + self._data.decode(bytes.fromhex(raw["data"][2:]))
        return self._cls(_log(raw), *(values[position] for position in self._order))


EVENT_TYPES: dict[bytes, type[Event]] = {}
"""Every event by its first topic."""

_readers: dict[str, _Reader] = {}


def event(text: str) -> Callable[[type[AnyEvent]], type[AnyEvent]]:
    """Registers a dataclass as the event that `text` declares."""

    def register(cls: type[AnyEvent]) -> type[AnyEvent]:
        declaration = Declaration(text)
        assert len(fields(cls)) == len(declaration.parameters) + 1, cls
        assert declaration.hash not in EVENT_TYPES, cls
        cls.DECLARATION = declaration
        EVENT_TYPES[declaration.hash] = cls
        _readers["0x" + declaration.hash.hex()] = _Reader(cls, declaration)
        return cls

    return register


def topic_of(cls: type[Event]) -> str:
    """An event's first topic, as log filters take it."""
    return "0x" + cls.DECLARATION.hash.hex()


def decode(raw: RawLog) -> Event:
    """The event of a log. Raises `UnknownEvent`, or `EventMalformed`."""
    topics = raw["topics"]
    reader = _readers.get(topics[0]) if topics else None
    if reader is None:
        raise UnknownEvent(
            f"{raw['address']} emitted {topics[0] if topics else 'a log without topics'}: no event of ours"
        )
    try:
        return reader.read(raw)
    except ValueError as error:
        raise EventMalformed(f"log {raw['logIndex']} of {raw['transactionHash']}: {error}") from error


def _log(raw: RawLog) -> Log:
    timestamp = raw.get("blockTimestamp")
    return Log(
        address_of_bytes(bytes.fromhex(raw["address"][2:])),
        int(raw["blockNumber"], 16),
        bytes.fromhex(raw["blockHash"][2:]),
        None if timestamp is None else int(timestamp, 16),
        bytes.fromhex(raw["transactionHash"][2:]),
        int(raw["logIndex"], 16),
    )


# JobEscrow


@event("event Deposited(address indexed account, address indexed from, uint256 amount)")
@dataclass(frozen=True, slots=True)
class Deposited(Event):
    account: Address
    sender: Address
    amount: int


@event("event Withdrawn(address indexed account, address indexed to, uint256 amount)")
@dataclass(frozen=True, slots=True)
class Withdrawn(Event):
    account: Address
    to: Address
    amount: int


@event(
    "event JobSubmitted("
    "JobId indexed id, address indexed client, bytes32 indexed sheet, uint256 nonce, uint256 minFee, "
    "uint256 maxFee, uint256 offerSeconds, uint256 serviceSeconds, uint256 exclusiveSeconds, address named, "
    "Sampling sampling, bytes input)"
)
@dataclass(frozen=True, slots=True)
class JobSubmitted(Event):
    id: JobId
    client: Address
    sheet: SheetHash
    nonce: int
    min_fee: int
    max_fee: int
    offer_seconds: int
    service_seconds: int
    exclusive_seconds: int
    named: Address
    sampling: int
    input: bytes


@event("event JobAccepted(JobId indexed id, address indexed operator, uint256 price, uint256 postBy)")
@dataclass(frozen=True, slots=True)
class JobAccepted(Event):
    id: JobId
    operator: Address
    price: int
    post_by: int


@event(
    "event ResultPosted(JobId indexed id, address indexed operator, Outcome outcome, uint256 price, bytes32 trace, "
    "bytes output)"
)
@dataclass(frozen=True, slots=True)
class ResultPosted(Event):
    id: JobId
    operator: Address
    outcome: Outcome
    price: int
    trace: bytes
    output: bytes


@event("event JobSettled(JobId indexed id, address indexed operator, uint256 operatorPart, uint256 sharedPart)")
@dataclass(frozen=True, slots=True)
class JobSettled(Event):
    id: JobId
    operator: Address
    operator_part: int
    shared_part: int


@event("event JobCancelled(JobId indexed id, address indexed client)")
@dataclass(frozen=True, slots=True)
class JobCancelled(Event):
    id: JobId
    client: Address


@event("event JobExpired(JobId indexed id, address indexed operator, uint256 fine, bool reopened)")
@dataclass(frozen=True, slots=True)
class JobExpired(Event):
    id: JobId
    operator: Address
    fine: int
    reopened: bool


@event("event SettlementHeld(JobId indexed id, address indexed disputes, uint256 heldUntil)")
@dataclass(frozen=True, slots=True)
class SettlementHeld(Event):
    id: JobId
    disputes: Address
    held_until: int


@event("event SettlementReleased(JobId indexed id, address indexed disputes)")
@dataclass(frozen=True, slots=True)
class SettlementReleased(Event):
    id: JobId
    disputes: Address


@event("event AwardCredited(JobId indexed id, address indexed to, uint256 amount)")
@dataclass(frozen=True, slots=True)
class AwardCredited(Event):
    id: JobId
    to: Address
    amount: int


@event("event JobConvicted(JobId indexed id, address indexed operator, uint256 bond, uint256 awarded)")
@dataclass(frozen=True, slots=True)
class JobConvicted(Event):
    id: JobId
    operator: Address
    bond: int
    awarded: int


@event("event ItemSkipped(uint256 indexed index, JobId indexed id, ItemStatus status)")
@dataclass(frozen=True, slots=True)
class ItemSkipped(Event):
    index: int
    id: JobId
    status: ItemStatus


@event("event SheetSet(bytes32 indexed key, bytes32 sheet)")
@dataclass(frozen=True, slots=True)
class SheetSet(Event):
    key: bytes
    sheet: SheetHash


@event("event GenerationSet(uint256 generation)")
@dataclass(frozen=True, slots=True)
class GenerationSet(Event):
    generation: int


@event("event BucketTaken(bytes32 indexed shares, address indexed operator, address indexed pool, uint256 amount)")
@dataclass(frozen=True, slots=True)
class BucketTaken(Event):
    shares: SharesId
    operator: Address
    pool: Address
    amount: int


# SheetBook


@event("event SheetPublished(bytes32 indexed key, bytes32 indexed sheetHash, Sheet sheet, ShareTable shares)")
@dataclass(frozen=True, slots=True)
class SheetPublished(Event):
    key: bytes
    sheet_hash: SheetHash
    sheet: Sheet
    shares: ShareTable


@event("event SheetWithdrawn(bytes32 indexed key)")
@dataclass(frozen=True, slots=True)
class SheetWithdrawn(Event):
    key: bytes


@event("event NumbersSet(Numbers numbers)")
@dataclass(frozen=True, slots=True)
class NumbersSet(Event):
    numbers: Numbers


@event("event ModulesSet(address disputes, address outageClock)")
@dataclass(frozen=True, slots=True)
class ModulesSet(Event):
    disputes: Address
    outage_clock: Address


# ModelRegistry


@event("event ModelRegistered(bytes32 indexed model, address indexed curator, Model facts)")
@dataclass(frozen=True, slots=True)
class ModelRegistered(Event):
    model: ModelId
    curator: Address
    facts: ModelFacts


@event("event ModelRetired(bytes32 indexed model)")
@dataclass(frozen=True, slots=True)
class ModelRetired(Event):
    model: ModelId


@event("event SlotAssigned(bytes32 indexed slot, bytes32 indexed model, bytes32 previous)")
@dataclass(frozen=True, slots=True)
class SlotAssigned(Event):
    slot: SlotKey
    model: ModelId
    previous: ModelId


# ModelAvailability


@event(
    "event WeightsDemanded(bytes32 indexed model, bytes32 indexed key, address indexed challenger, uint256 number, "
    "uint256 leaf, uint256 deadline)"
)
@dataclass(frozen=True, slots=True)
class WeightsDemanded(Event):
    """`number`: of a tensor, zero for the program's header; `leaf`: one more than its index, zero for the entry."""

    model: ModelId
    key: bytes
    challenger: Address
    number: int
    leaf: int
    deadline: int


@event("event WeightsShown(bytes32 indexed model, bytes32 indexed key, address indexed by)")
@dataclass(frozen=True, slots=True)
class WeightsShown(Event):
    model: ModelId
    key: bytes
    by: Address


@event("event WeightsLapsed(bytes32 indexed model, bytes32 indexed key)")
@dataclass(frozen=True, slots=True)
class WeightsLapsed(Event):
    model: ModelId
    key: bytes


@event("event CreditWithdrawn(address indexed account, address indexed to, uint256 amount)")
@dataclass(frozen=True, slots=True)
class CreditWithdrawn(Event):
    account: Address
    to: Address
    amount: int


# SafetyRules


@event("event RulesAdopted(bytes32 indexed rules, uint256 indexed version, bytes document)")
@dataclass(frozen=True, slots=True)
class RulesAdopted(Event):
    rules: RulesId
    version: int
    document: bytes


# OperatorRegistry


@event("event OperatorRegistered(address indexed operator, Profile profile)")
@dataclass(frozen=True, slots=True)
class OperatorRegistered(Event):
    operator: Address
    profile: Profile


@event("event OperatorUpdated(address indexed operator, Profile profile)")
@dataclass(frozen=True, slots=True)
class OperatorUpdated(Event):
    operator: Address
    profile: Profile


@event("event OperatorRetired(address indexed operator)")
@dataclass(frozen=True, slots=True)
class OperatorRetired(Event):
    operator: Address


# InferenceDispute


@event("event CaseOpened(JobId indexed id, Case case_)")
@dataclass(frozen=True, slots=True)
class CaseOpened(Event):
    id: JobId
    case: Case


@event(
    "event Demanded(JobId indexed id, bytes32 indexed key, address indexed challenger, uint256 bond, uint256 deadline)"
)
@dataclass(frozen=True, slots=True)
class Demanded(Event):
    id: JobId
    key: bytes
    challenger: Address
    bond: int
    deadline: int


@event("event TraceDemanded(JobId indexed id, bytes32 trace)")
@dataclass(frozen=True, slots=True)
class TraceDemanded(Event):
    id: JobId
    trace: bytes


@event("event RowsDemanded(JobId indexed id, uint256 place, Node node, uint256 amount)")
@dataclass(frozen=True, slots=True)
class RowsDemanded(Event):
    id: JobId
    place: int
    node: Node
    amount: int


@event(
    "event ElementsDemanded(JobId indexed id, uint256 list, uint256 part, uint256 position, Node node, uint256 amount)"
)
@dataclass(frozen=True, slots=True)
class ElementsDemanded(Event):
    id: JobId
    list: int
    part: int
    position: int
    node: Node
    amount: int


@event("event PartsDemanded(JobId indexed id, uint256 list, uint256 position)")
@dataclass(frozen=True, slots=True)
class PartsDemanded(Event):
    id: JobId
    list: int
    position: int


@event(
    "event TraceShown(JobId indexed id, bytes32 indexed trace, uint256 positions, uint256 outputs, bytes32[] hashes)"
)
@dataclass(frozen=True, slots=True)
class TraceShown(Event):
    id: JobId
    trace: bytes
    positions: int
    outputs: int
    hashes: tuple[bytes, ...]


@event("event PartsShown(JobId indexed id, uint256 list, uint256 position, bytes32[] roots)")
@dataclass(frozen=True, slots=True)
class PartsShown(Event):
    id: JobId
    list: int
    position: int
    roots: tuple[bytes, ...]


@event("event PartsPresented(JobId indexed id, uint256 list, uint256 position, bytes32[] roots)")
@dataclass(frozen=True, slots=True)
class PartsPresented(Event):
    """As the operator signed them off the chain."""

    id: JobId
    list: int
    position: int
    roots: tuple[bytes, ...]


@event("event HashesShown(JobId indexed id, bytes32 indexed hash, bytes32[] hashes)")
@dataclass(frozen=True, slots=True)
class HashesShown(Event):
    id: JobId
    hash: bytes
    hashes: tuple[bytes, ...]


@event("event LeafShown(JobId indexed id, bytes32 indexed hash, bytes content)")
@dataclass(frozen=True, slots=True)
class LeafShown(Event):
    id: JobId
    hash: bytes
    content: bytes


@event(
    "event Committed(JobId indexed id, bytes32 indexed commitment, address indexed by, uint256 bond, uint256 deadline)"
)
@dataclass(frozen=True, slots=True)
class Committed(Event):
    id: JobId
    commitment: bytes
    by: Address
    bond: int
    deadline: int


@event("event StepConvicted(JobId indexed id, Step step, int256 committed, int256 expected)")
@dataclass(frozen=True, slots=True)
class StepConvicted(Event):
    id: JobId
    step: Step
    committed: int
    expected: int


@event("event AnswerConvicted(JobId indexed id, Claim claim)")
@dataclass(frozen=True, slots=True)
class AnswerConvicted(Event):
    id: JobId
    claim: Claim


@event("event SilenceConvicted(JobId indexed id, bytes32 indexed key)")
@dataclass(frozen=True, slots=True)
class SilenceConvicted(Event):
    id: JobId
    key: bytes


@event("event BondPaid(JobId indexed id, bytes32 indexed key, address indexed to, uint256 amount)")
@dataclass(frozen=True, slots=True)
class BondPaid(Event):
    id: JobId
    key: bytes
    to: Address
    amount: int


# RewardPool


@event(
    "event BucketSplit("
    "address indexed operator, address indexed curator, bytes32 indexed shares, uint256 epoch, "
    "uint256 curatorPart, uint256 stakersPart, uint256 treasuryPart, bool slotted)"
)
@dataclass(frozen=True, slots=True)
class BucketSplit(Event):
    operator: Address
    curator: Address
    shares: SharesId
    epoch: int
    curator_part: int
    stakers_part: int
    treasury_part: int
    slotted: bool


@event("event Claimed(address indexed account, address indexed to, uint256 amount)")
@dataclass(frozen=True, slots=True)
class Claimed(Event):
    account: Address
    to: Address
    amount: int


@event("event EmissionClaimed(uint256 indexed epoch, address indexed account, uint256 amount)")
@dataclass(frozen=True, slots=True)
class EmissionClaimed(Event):
    epoch: int
    account: Address
    amount: int


@event("event EmissionRateSet(uint256 rateBps, uint256 referencePrice)")
@dataclass(frozen=True, slots=True)
class EmissionRateSet(Event):
    rate_bps: int
    reference_price: int


# StakedHold


@event("event Staked(address indexed account, uint256 amount)")
@dataclass(frozen=True, slots=True)
class Staked(Event):
    account: Address
    amount: int


@event("event UnstakeRequested(address indexed account, uint256 indexed ticket, uint256 amount, uint256 unlockAt)")
@dataclass(frozen=True, slots=True)
class UnstakeRequested(Event):
    account: Address
    ticket: int
    amount: int
    unlock_at: int


@event("event Withdrawn(address indexed account, uint256 indexed ticket, address to, uint256 amount)")
@dataclass(frozen=True, slots=True)
class StakeWithdrawn(Event):
    account: Address
    ticket: int
    to: Address
    amount: int


@event("event RevenueAdded(uint256 amount, uint256 perShare)")
@dataclass(frozen=True, slots=True)
class RevenueAdded(Event):
    amount: int
    per_share: int


@event("event RevenueClaimed(address indexed account, address indexed to, uint256 amount)")
@dataclass(frozen=True, slots=True)
class RevenueClaimed(Event):
    account: Address
    to: Address
    amount: int


@event("event CooldownSet(uint256 cooldown)")
@dataclass(frozen=True, slots=True)
class CooldownSet(Event):
    cooldown: int


# the tokens: ERC-20, ERC-5805 and ERC-5267


@event("event Transfer(address indexed from, address indexed to, uint256 value)")
@dataclass(frozen=True, slots=True)
class Transfer(Event):
    sender: Address
    to: Address
    value: int


@event("event Approval(address indexed owner, address indexed spender, uint256 value)")
@dataclass(frozen=True, slots=True)
class Approval(Event):
    owner: Address
    spender: Address
    value: int


@event("event DelegateChanged(address indexed delegator, address indexed fromDelegate, address indexed toDelegate)")
@dataclass(frozen=True, slots=True)
class DelegateChanged(Event):
    delegator: Address
    from_delegate: Address
    to_delegate: Address


@event("event DelegateVotesChanged(address indexed delegate, uint256 previousVotes, uint256 newVotes)")
@dataclass(frozen=True, slots=True)
class DelegateVotesChanged(Event):
    delegate: Address
    previous_votes: int
    new_votes: int


@event("event EIP712DomainChanged()")
@dataclass(frozen=True, slots=True)
class EIP712DomainChanged(Event):
    pass


# CommonholdGovernor


@event(
    "event ProposalCreated("
    "uint256 proposalId, address proposer, address[] targets, uint256[] values, string[] signatures, "
    "bytes[] calldatas, uint256 voteStart, uint256 voteEnd, string description)"
)
@dataclass(frozen=True, slots=True)
class ProposalCreated(Event):
    proposal_id: int
    proposer: Address
    targets: tuple[Address, ...]
    values: tuple[int, ...]
    signatures: tuple[str, ...]
    calldatas: tuple[bytes, ...]
    vote_start: int
    vote_end: int
    description: str


@event("event ProposalQueued(uint256 proposalId, uint256 etaSeconds)")
@dataclass(frozen=True, slots=True)
class ProposalQueued(Event):
    proposal_id: int
    eta_seconds: int


@event("event ProposalExecuted(uint256 proposalId)")
@dataclass(frozen=True, slots=True)
class ProposalExecuted(Event):
    proposal_id: int


@event("event ProposalCanceled(uint256 proposalId)")
@dataclass(frozen=True, slots=True)
class ProposalCanceled(Event):
    proposal_id: int


@event("event ProposalExtended(uint256 indexed proposalId, uint64 extendedDeadline)")
@dataclass(frozen=True, slots=True)
class ProposalExtended(Event):
    proposal_id: int
    extended_deadline: int


@event("event VoteCast(address indexed voter, uint256 proposalId, uint8 support, uint256 weight, string reason)")
@dataclass(frozen=True, slots=True)
class VoteCast(Event):
    voter: Address
    proposal_id: int
    support: int
    weight: int
    reason: str


@event(
    "event VoteCastWithParams("
    "address indexed voter, uint256 proposalId, uint8 support, uint256 weight, string reason, bytes params)"
)
@dataclass(frozen=True, slots=True)
class VoteCastWithParams(Event):
    voter: Address
    proposal_id: int
    support: int
    weight: int
    reason: str
    params: bytes


@event("event VotingDelaySet(uint256 oldVotingDelay, uint256 newVotingDelay)")
@dataclass(frozen=True, slots=True)
class VotingDelaySet(Event):
    old_voting_delay: int
    new_voting_delay: int


@event("event VotingPeriodSet(uint256 oldVotingPeriod, uint256 newVotingPeriod)")
@dataclass(frozen=True, slots=True)
class VotingPeriodSet(Event):
    old_voting_period: int
    new_voting_period: int


@event("event ProposalThresholdSet(uint256 oldProposalThreshold, uint256 newProposalThreshold)")
@dataclass(frozen=True, slots=True)
class ProposalThresholdSet(Event):
    old_proposal_threshold: int
    new_proposal_threshold: int


@event("event QuorumNumeratorUpdated(uint256 oldQuorumNumerator, uint256 newQuorumNumerator)")
@dataclass(frozen=True, slots=True)
class QuorumNumeratorUpdated(Event):
    old_quorum_numerator: int
    new_quorum_numerator: int


@event("event LateQuorumVoteExtensionSet(uint64 oldVoteExtension, uint64 newVoteExtension)")
@dataclass(frozen=True, slots=True)
class LateQuorumVoteExtensionSet(Event):
    old_vote_extension: int
    new_vote_extension: int


@event("event TimelockChange(address oldTimelock, address newTimelock)")
@dataclass(frozen=True, slots=True)
class TimelockChange(Event):
    old_timelock: Address
    new_timelock: Address


# CommonholdTimelock


@event(
    "event CallScheduled("
    "bytes32 indexed id, uint256 indexed index, address target, uint256 value, bytes data, bytes32 predecessor, "
    "uint256 delay)"
)
@dataclass(frozen=True, slots=True)
class CallScheduled(Event):
    id: bytes
    index: int
    target: Address
    value: int
    data: bytes
    predecessor: bytes
    delay: int


@event("event CallExecuted(bytes32 indexed id, uint256 indexed index, address target, uint256 value, bytes data)")
@dataclass(frozen=True, slots=True)
class CallExecuted(Event):
    id: bytes
    index: int
    target: Address
    value: int
    data: bytes


@event("event CallSalt(bytes32 indexed id, bytes32 salt)")
@dataclass(frozen=True, slots=True)
class CallSalt(Event):
    id: bytes
    salt: bytes


@event("event Cancelled(bytes32 indexed id)")
@dataclass(frozen=True, slots=True)
class Cancelled(Event):
    id: bytes


@event("event MinDelayChange(uint256 oldDuration, uint256 newDuration)")
@dataclass(frozen=True, slots=True)
class MinDelayChange(Event):
    old_duration: int
    new_duration: int


@event("event RoleGranted(bytes32 indexed role, address indexed account, address indexed sender)")
@dataclass(frozen=True, slots=True)
class RoleGranted(Event):
    role: bytes
    account: Address
    sender: Address


@event("event RoleRevoked(bytes32 indexed role, address indexed account, address indexed sender)")
@dataclass(frozen=True, slots=True)
class RoleRevoked(Event):
    role: bytes
    account: Address
    sender: Address


@event("event RoleAdminChanged(bytes32 indexed role, bytes32 indexed previousAdminRole, bytes32 indexed newAdminRole)")
@dataclass(frozen=True, slots=True)
class RoleAdminChanged(Event):
    role: bytes
    previous_admin_role: bytes
    new_admin_role: bytes


# AccessManager, and those that it manages


@event("event RoleGranted(uint64 indexed roleId, address indexed account, uint32 delay, uint48 since, bool newMember)")
@dataclass(frozen=True, slots=True)
class AccessRoleGranted(Event):
    role_id: int
    account: Address
    delay: int
    since: int
    new_member: bool


@event("event RoleRevoked(uint64 indexed roleId, address indexed account)")
@dataclass(frozen=True, slots=True)
class AccessRoleRevoked(Event):
    role_id: int
    account: Address


@event("event RoleAdminChanged(uint64 indexed roleId, uint64 indexed admin)")
@dataclass(frozen=True, slots=True)
class AccessRoleAdminChanged(Event):
    role_id: int
    admin: int


@event("event RoleGuardianChanged(uint64 indexed roleId, uint64 indexed guardian)")
@dataclass(frozen=True, slots=True)
class RoleGuardianChanged(Event):
    role_id: int
    guardian: int


@event("event RoleGrantDelayChanged(uint64 indexed roleId, uint32 delay, uint48 since)")
@dataclass(frozen=True, slots=True)
class RoleGrantDelayChanged(Event):
    role_id: int
    delay: int
    since: int


@event("event RoleLabel(uint64 indexed roleId, string label)")
@dataclass(frozen=True, slots=True)
class RoleLabel(Event):
    role_id: int
    label: str


@event("event TargetFunctionRoleUpdated(address indexed target, bytes4 selector, uint64 indexed roleId)")
@dataclass(frozen=True, slots=True)
class TargetFunctionRoleUpdated(Event):
    target: Address
    selector: bytes
    role_id: int


@event("event TargetAdminDelayUpdated(address indexed target, uint32 delay, uint48 since)")
@dataclass(frozen=True, slots=True)
class TargetAdminDelayUpdated(Event):
    target: Address
    delay: int
    since: int


@event("event TargetClosed(address indexed target, bool closed)")
@dataclass(frozen=True, slots=True)
class TargetClosed(Event):
    target: Address
    closed: bool


@event(
    "event OperationScheduled("
    "bytes32 indexed operationId, uint32 indexed nonce, uint48 schedule, address caller, address target, "
    "bytes data)"
)
@dataclass(frozen=True, slots=True)
class OperationScheduled(Event):
    operation_id: bytes
    nonce: int
    schedule: int
    caller: Address
    target: Address
    data: bytes


@event("event OperationExecuted(bytes32 indexed operationId, uint32 indexed nonce)")
@dataclass(frozen=True, slots=True)
class OperationExecuted(Event):
    operation_id: bytes
    nonce: int


@event("event OperationCanceled(bytes32 indexed operationId, uint32 indexed nonce)")
@dataclass(frozen=True, slots=True)
class OperationCanceled(Event):
    operation_id: bytes
    nonce: int


@event("event AuthorityUpdated(address authority)")
@dataclass(frozen=True, slots=True)
class AuthorityUpdated(Event):
    authority: Address
