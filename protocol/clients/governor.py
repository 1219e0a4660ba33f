"""Client of `CommonholdGovernor`: OpenZeppelin's Governor, as front ends know it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from eth_utils.crypto import keccak

from protocol.chain import BlockRef
from protocol.clients.client import Client
from protocol.intents import Call
from protocol.solidity import Address, Function

ACTIONS = "address[] targets, uint256[] values, bytes[] calldatas"
PROPOSE = Function(f"function propose({ACTIONS}, string description) returns (uint256 proposalId)")
QUEUE = Function(f"function queue({ACTIONS}, bytes32 descriptionHash) returns (uint256 proposalId)")
EXECUTE = Function(f"function execute({ACTIONS}, bytes32 descriptionHash) returns (uint256 proposalId)")
CANCEL = Function(f"function cancel({ACTIONS}, bytes32 descriptionHash) returns (uint256 proposalId)")
CAST_VOTE = Function("function castVote(uint256 proposalId, uint8 support) returns (uint256 weight)")
CAST_VOTE_WITH_REASON = Function(
    "function castVoteWithReason(uint256 proposalId, uint8 support, string reason) returns (uint256 weight)"
)
PROPOSAL_ID = Function(f"function hashProposal({ACTIONS}, bytes32 descriptionHash) returns (uint256 proposalId)")
STATE = Function("function state(uint256 proposalId) returns (uint8)")
PROPOSAL_SNAPSHOT = Function("function proposalSnapshot(uint256 proposalId) returns (uint256)")
PROPOSAL_DEADLINE = Function("function proposalDeadline(uint256 proposalId) returns (uint256)")
PROPOSAL_ETA = Function("function proposalEta(uint256 proposalId) returns (uint256)")
PROPOSAL_VOTES = Function(
    "function proposalVotes(uint256 proposalId) returns (uint256 againstVotes, uint256 forVotes, uint256 abstainVotes)"
)
HAS_VOTED = Function("function hasVoted(uint256 proposalId, address account) returns (bool)")
QUORUM = Function("function quorum(uint256 timepoint) returns (uint256)")
VOTING_DELAY = Function("function votingDelay() returns (uint256)")
VOTING_PERIOD = Function("function votingPeriod() returns (uint256)")
PROPOSAL_THRESHOLD = Function("function proposalThreshold() returns (uint256)")


class ProposalState(IntEnum):
    PENDING = 0
    ACTIVE = 1
    CANCELED = 2
    DEFEATED = 3
    SUCCEEDED = 4
    QUEUED = 5
    EXPIRED = 6
    EXECUTED = 7


class Support(IntEnum):
    AGAINST = 0
    FOR = 1
    ABSTAIN = 2


@dataclass(frozen=True, slots=True)
class Tally:
    """Votes cast, in units of staked HOLD."""

    against: int
    favour: int
    abstain: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """What would be done, and in which words it is proposed."""

    actions: tuple[Call, ...]
    description: str

    def described(self) -> tuple[list[Address | None], list[int], list[bytes], str]:
        return (*self._actions(), self.description)

    def hashed(self) -> tuple[list[Address | None], list[int], list[bytes], bytes]:
        return (*self._actions(), keccak(self.description.encode("utf-8", "surrogateescape")))

    def _actions(self) -> tuple[list[Address | None], list[int], list[bytes]]:
        actions: Sequence[Call] = self.actions
        return [call.to for call in actions], [call.value for call in actions], [call.data for call in actions]


class GovernorClient(Client):
    def propose(self, proposal: Proposal) -> Call:
        return self._verb(PROPOSE, *proposal.described())

    def queue(self, proposal: Proposal) -> Call:
        return self._verb(QUEUE, *proposal.hashed())

    def execute(self, proposal: Proposal) -> Call:
        return self._verb(EXECUTE, *proposal.hashed())

    def cancel(self, proposal: Proposal) -> Call:
        return self._verb(CANCEL, *proposal.hashed())

    def cast_vote(self, proposal_id: int, support: Support, reason: str = "") -> Call:
        if reason:
            return self._verb(CAST_VOTE_WITH_REASON, proposal_id, support, reason)
        return self._verb(CAST_VOTE, proposal_id, support)

    def proposal_id(self, proposal: Proposal, at: BlockRef = "latest") -> int:
        return int(self._read(PROPOSAL_ID, *proposal.hashed(), at=at))

    def state(self, proposal_id: int, at: BlockRef = "latest") -> ProposalState:
        return ProposalState(self._read(STATE, proposal_id, at=at))

    def snapshot(self, proposal_id: int, at: BlockRef = "latest") -> int:
        """Second at which votes count; voting opens after it."""
        return int(self._read(PROPOSAL_SNAPSHOT, proposal_id, at=at))

    def deadline(self, proposal_id: int, at: BlockRef = "latest") -> int:
        """Last second of the vote."""
        return int(self._read(PROPOSAL_DEADLINE, proposal_id, at=at))

    def eta(self, proposal_id: int, at: BlockRef = "latest") -> int:
        """Second from which a queued proposal can be executed; zero: not queued."""
        return int(self._read(PROPOSAL_ETA, proposal_id, at=at))

    def votes(self, proposal_id: int, at: BlockRef = "latest") -> Tally:
        return Tally(*self._read(PROPOSAL_VOTES, proposal_id, at=at))

    def has_voted(self, proposal_id: int, account: Address, at: BlockRef = "latest") -> bool:
        return bool(self._read(HAS_VOTED, proposal_id, account, at=at))

    def quorum(self, timepoint: int, at: BlockRef = "latest") -> int:
        return int(self._read(QUORUM, timepoint, at=at))

    def voting_delay(self, at: BlockRef = "latest") -> int:
        return int(self._read(VOTING_DELAY, at=at))

    def voting_period(self, at: BlockRef = "latest") -> int:
        return int(self._read(VOTING_PERIOD, at=at))

    def proposal_threshold(self, at: BlockRef = "latest") -> int:
        return int(self._read(PROPOSAL_THRESHOLD, at=at))
