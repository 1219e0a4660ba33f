"""What each event does: one handler for every event that a followed contract can emit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from indexer.accounts import handlers as accounts
from indexer.disputes import handlers as disputes
from indexer.jobs import handlers as jobs
from indexer.models import handlers as models
from indexer.operators import handlers as operators
from indexer.proposals import handlers as proposals
from indexer.rewards import handlers as rewards
from indexer.rows import Rows
from indexer.safety_rules import handlers as safety_rules
from indexer.slots import handlers as slots
from indexer.votes import handlers as votes
from protocol import events
from protocol.events import Event

Handler = Callable[[Any, Rows], None]


class NoHandler(RuntimeError):
    """A followed contract emitted an event that this indexer does not know from it: it is older than the contract."""


def said_elsewhere(event: Event, rows: Rows) -> None:
    """Another event says the same, or nothing that is served depends on it; the raw log stays."""


TOKEN: Mapping[type[Event], Handler] = {
    events.Approval: said_elsewhere,
    events.AuthorityUpdated: said_elsewhere,
    events.DelegateChanged: said_elsewhere,
    events.DelegateVotesChanged: said_elsewhere,
    events.EIP712DomainChanged: said_elsewhere,
}

HANDLERS: Mapping[str, Mapping[type[Event], Handler]] = {
    "JobEscrow": {
        events.Deposited: accounts.deposited,
        events.Withdrawn: accounts.withdrawn,
        events.JobSubmitted: jobs.job_submitted,
        events.JobAccepted: jobs.job_accepted,
        events.ResultPosted: jobs.result_posted,
        events.JobSettled: jobs.job_settled,
        events.JobCancelled: jobs.job_cancelled,
        events.JobExpired: jobs.job_expired,
        events.SettlementHeld: jobs.settlement_held,
        events.SettlementReleased: jobs.settlement_released,
        events.JobConvicted: jobs.job_convicted,
        events.AwardCredited: jobs.award_credited,
        events.ItemSkipped: jobs.item_skipped,
        events.SheetSet: slots.sheet_set,
        events.GenerationSet: slots.generation_set,
        events.BucketTaken: rewards.bucket_taken,
        events.AuthorityUpdated: said_elsewhere,
    },
    "InferenceDispute": {
        events.Deposited: said_elsewhere,
        events.Withdrawn: said_elsewhere,
        events.CaseOpened: said_elsewhere,
        events.Demanded: disputes.demanded,
        events.TraceDemanded: disputes.trace_demanded,
        events.RowsDemanded: disputes.rows_demanded,
        events.PartsDemanded: disputes.parts_demanded,
        events.ElementsDemanded: disputes.elements_demanded,
        events.TraceShown: disputes.shown,
        events.PartsShown: disputes.shown,
        events.PartsPresented: said_elsewhere,
        events.HashesShown: disputes.shown,
        events.LeafShown: disputes.shown,
        events.Committed: disputes.committed,
        events.StepConvicted: disputes.step_convicted,
        events.AnswerConvicted: disputes.answer_convicted,
        events.SilenceConvicted: disputes.silence_convicted,
        events.BondPaid: disputes.bond_paid,
    },
    "OperatorRegistry": {
        events.OperatorRegistered: operators.operator_registered,
        events.OperatorUpdated: operators.operator_updated,
        events.OperatorRetired: operators.operator_retired,
    },
    "ModelRegistry": {
        events.ModelRegistered: models.model_registered,
        events.ModelRetired: models.model_retired,
        events.SlotAssigned: slots.slot_assigned,
        events.AuthorityUpdated: said_elsewhere,
    },
    "ModelAvailability": {
        events.WeightsDemanded: models.weights_demanded,
        events.WeightsShown: models.weights_shown,
        events.WeightsLapsed: models.weights_lapsed,
        events.CreditWithdrawn: said_elsewhere,
    },
    "SafetyRules": {
        events.RulesAdopted: safety_rules.rules_adopted,
        events.AuthorityUpdated: said_elsewhere,
    },
    "SheetBook": {
        events.SheetPublished: slots.sheet_published,
        events.SheetWithdrawn: slots.sheet_withdrawn,
        events.NumbersSet: slots.numbers_set,
        events.ModulesSet: slots.modules_set,
        events.AuthorityUpdated: said_elsewhere,
    },
    "RewardPool": {
        events.BucketSplit: rewards.bucket_split,
        events.Claimed: rewards.claimed,
        events.EmissionClaimed: rewards.emission_claimed,
        events.EmissionRateSet: rewards.emission_rate_set,
        events.AuthorityUpdated: said_elsewhere,
    },
    "HoldToken": {
        **TOKEN,
        events.Transfer: accounts.hold_transferred,
    },
    "StakedHold": {
        **TOKEN,
        events.Transfer: accounts.stake_transferred,
        events.Staked: said_elsewhere,
        events.UnstakeRequested: accounts.unstake_requested,
        events.StakeWithdrawn: accounts.stake_withdrawn,
        events.RevenueAdded: accounts.revenue_added,
        events.RevenueClaimed: accounts.revenue_claimed,
        events.DelegateChanged: accounts.delegate_changed,
        events.DelegateVotesChanged: accounts.delegate_votes_changed,
        events.CooldownSet: accounts.cooldown_set,
    },
    "CommonholdGovernor": {
        events.ProposalCreated: proposals.proposal_created,
        events.ProposalExtended: proposals.proposal_extended,
        events.ProposalQueued: proposals.proposal_queued,
        events.ProposalExecuted: proposals.proposal_executed,
        events.ProposalCanceled: proposals.proposal_canceled,
        events.VoteCast: votes.vote_cast,
        events.VoteCastWithParams: votes.vote_cast_with_params,
        events.VotingDelaySet: proposals.voting_delay_set,
        events.VotingPeriodSet: proposals.voting_period_set,
        events.ProposalThresholdSet: proposals.proposal_threshold_set,
        events.QuorumNumeratorUpdated: proposals.quorum_numerator_updated,
        events.LateQuorumVoteExtensionSet: proposals.late_quorum_vote_extension_set,
        events.TimelockChange: said_elsewhere,
        events.EIP712DomainChanged: said_elsewhere,
    },
    "CommonholdTimelock": {
        events.CallScheduled: said_elsewhere,
        events.CallExecuted: proposals.call_executed,
        events.CallSalt: said_elsewhere,
        events.Cancelled: proposals.operation_cancelled,
        events.MinDelayChange: proposals.min_delay_change,
        events.RoleGranted: said_elsewhere,
        events.RoleRevoked: said_elsewhere,
        events.RoleAdminChanged: said_elsewhere,
    },
    "AccessManager": {
        events.AccessRoleGranted: said_elsewhere,
        events.AccessRoleRevoked: said_elsewhere,
        events.AccessRoleAdminChanged: said_elsewhere,
        events.RoleGuardianChanged: said_elsewhere,
        events.RoleGrantDelayChanged: said_elsewhere,
        events.RoleLabel: said_elsewhere,
        events.TargetFunctionRoleUpdated: said_elsewhere,
        events.TargetAdminDelayUpdated: said_elsewhere,
        events.TargetClosed: said_elsewhere,
        events.OperationScheduled: said_elsewhere,
        events.OperationExecuted: said_elsewhere,
        events.OperationCanceled: said_elsewhere,
    },
}


def handler_of(contract: str, event: Event) -> Handler:
    """Raises `NoHandler`."""
    handler = HANDLERS[contract].get(type(event))
    if handler is None:
        raise NoHandler(f"{contract} emitted {type(event).__name__}, for which there is no handler: upgrade")
    return handler
