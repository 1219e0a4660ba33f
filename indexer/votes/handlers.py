"""What a vote does."""

from __future__ import annotations

from indexer.positions import position_of
from indexer.proposals.models import Proposal
from indexer.rows import Rows
from indexer.votes.models import Vote
from protocol import events


class UnknownSupport(RuntimeError):
    """A vote that is neither against, for nor abstaining."""


def vote_cast(event: events.VoteCast, rows: Rows) -> None:
    record(event, rows, params=b"")


def vote_cast_with_params(event: events.VoteCastWithParams, rows: Rows) -> None:
    record(event, rows, params=event.params)


def record(event: events.VoteCast | events.VoteCastWithParams, rows: Rows, params: bytes) -> None:
    tally(rows.edit(Proposal, event.proposal_id), event.support, event.weight)
    rows.add(
        Vote(
            position=position_of(event),
            proposal=event.proposal_id,
            voter=event.voter,
            support=event.support,
            weight=event.weight,
            reason=event.reason,
            params=params,
            cast_at=rows.block.timestamp,
        )
    )


def tally(proposal: Proposal, support: int, weight: int) -> None:
    match support:
        case 0:
            proposal.votes_against += weight
        case 1:
            proposal.votes_for += weight
        case 2:
            proposal.votes_abstain += weight
        case _:
            raise UnknownSupport(f"proposal {proposal.id}: support {support} is not 0, 1 or 2")
