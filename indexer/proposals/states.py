"""What a proposal is at a second: `Governor.state` and `quorum`, from what the events told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

QUORUM_FLOOR_BPS = 100
WHOLE = 10_000

StateName = Literal["pending", "active", "canceled", "defeated", "succeeded", "queued", "executed"]


@dataclass(frozen=True, slots=True)
class Tally:
    """Votes in units of HOLD; `quorum` as at the vote's start."""

    votes_against: int
    votes_for: int
    votes_abstain: int
    quorum: int

    @property
    def is_quorum_reached(self) -> bool:
        return self.votes_for + self.votes_abstain >= self.quorum

    @property
    def is_won(self) -> bool:
        return self.is_quorum_reached and self.votes_for > self.votes_against


@dataclass(frozen=True, slots=True)
class Course:
    """What decides a proposal's state besides the votes; Unix seconds."""

    vote_start: int
    vote_end: int
    eta: int | None
    executed_at: int | None
    canceled_at: int | None


def state_of(course: Course, tally: Tally, now: int) -> StateName:
    """The state at the second `now`. A queued proposal does not expire."""
    if course.executed_at is not None:
        return "executed"
    if course.canceled_at is not None:
        return "canceled"
    if now <= course.vote_start:
        return "pending"
    if now <= course.vote_end:
        return "active"
    if not tally.is_won:
        return "defeated"
    return "succeeded" if course.eta is None else "queued"


def quorum_of(staked: int, fraction_bps: int, total_supply: int) -> int:
    """The larger of a part of the staked HOLD and one hundredth of HOLD's total supply, both rounded down."""
    return max(staked * fraction_bps // WHOLE, total_supply * QUORUM_FLOOR_BPS // WHOLE)
