"""What each event of the governor and the timelock does to a proposal and to the numbers that govern voting."""

from __future__ import annotations

from itertools import count, takewhile

from eth_abi.abi import encode as abi_encode
from eth_utils.crypto import keccak

from indexer.positions import position_of
from indexer.proposals.models import Proposal, ProposalAction, ProposalOperation, QuorumFraction
from indexer.rows import Rows
from indexer.slots.handlers import set_number
from protocol import events


def proposal_created(event: events.ProposalCreated, rows: Rows) -> None:
    rows.add(
        Proposal(
            id=event.proposal_id,
            position=position_of(event),
            proposer=event.proposer,
            description=event.description,
            created_at=rows.block.timestamp,
            vote_start=event.vote_start,
            vote_end=event.vote_end,
        )
    )
    calls = zip(event.targets, event.values, event.calldatas, strict=True)
    for place, (target, value, data) in enumerate(calls):
        rows.add(ProposalAction(proposal=event.proposal_id, place=place, target=target, value=value, data=data))


def proposal_extended(event: events.ProposalExtended, rows: Rows) -> None:
    rows.edit(Proposal, event.proposal_id).vote_end = event.extended_deadline


def proposal_queued(event: events.ProposalQueued, rows: Rows) -> None:
    proposal = rows.edit(Proposal, event.proposal_id)
    proposal.eta = event.eta_seconds
    rows.add(ProposalOperation(id=operation_of(rows, proposal), proposal=proposal.id))


def proposal_executed(event: events.ProposalExecuted, rows: Rows) -> None:
    rows.edit(Proposal, event.proposal_id).executed_at = rows.block.timestamp


def proposal_canceled(event: events.ProposalCanceled, rows: Rows) -> None:
    rows.edit(Proposal, event.proposal_id).canceled_at = rows.block.timestamp


def call_executed(event: events.CallExecuted, rows: Rows) -> None:
    """Whoever executes a queued proposal at the timelock itself executes it too; the governor then says nothing."""
    operation = rows.find(ProposalOperation, event.id)
    if operation is not None:
        rows.edit(Proposal, operation.proposal).executed_at = rows.block.timestamp


def operation_cancelled(event: events.Cancelled, rows: Rows) -> None:
    operation = rows.find(ProposalOperation, event.id)
    if operation is not None:
        rows.edit(Proposal, operation.proposal).canceled_at = rows.block.timestamp


def operation_of(rows: Rows, proposal: Proposal) -> bytes:
    """As OpenZeppelin's GovernorTimelockControl and TimelockController hash it: no predecessor, and as salt the
    governor's address over the first bytes of the description's hash."""
    actions = list(takewhile(bool, (rows.find(ProposalAction, proposal.id, place) for place in count())))
    governor = bytes.fromhex(rows.scope.address_of("CommonholdGovernor")[2:])
    described = keccak(proposal.description.encode("utf-8", "surrogateescape"))
    salt = bytes(a ^ b for a, b in zip(governor.ljust(32, b"\0"), described, strict=True))
    calls = [(action.target, action.value, action.data) for action in actions if action is not None]
    targets, values, payloads = zip(*calls, strict=True)
    types = ("address[]", "uint256[]", "bytes[]", "bytes32", "bytes32")
    return bytes(keccak(abi_encode(types, (targets, values, payloads, bytes(32), salt))))


def voting_delay_set(event: events.VotingDelaySet, rows: Rows) -> None:
    set_number(rows, "CommonholdGovernor", "voting_delay", event.new_voting_delay)


def voting_period_set(event: events.VotingPeriodSet, rows: Rows) -> None:
    set_number(rows, "CommonholdGovernor", "voting_period", event.new_voting_period)


def proposal_threshold_set(event: events.ProposalThresholdSet, rows: Rows) -> None:
    set_number(rows, "CommonholdGovernor", "proposal_threshold", event.new_proposal_threshold)


def late_quorum_vote_extension_set(event: events.LateQuorumVoteExtensionSet, rows: Rows) -> None:
    set_number(rows, "CommonholdGovernor", "late_quorum_extension", event.new_vote_extension)


def quorum_numerator_updated(event: events.QuorumNumeratorUpdated, rows: Rows) -> None:
    numerator, now = event.new_quorum_numerator, rows.block.timestamp
    set_number(rows, "CommonholdGovernor", "quorum_numerator", numerator)
    rows.edit_or_add(QuorumFraction(timestamp=now, numerator=numerator)).numerator = numerator


def min_delay_change(event: events.MinDelayChange, rows: Rows) -> None:
    set_number(rows, "CommonholdTimelock", "min_delay", event.new_duration)
