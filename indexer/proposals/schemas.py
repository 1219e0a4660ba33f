"""How a proposal looks to those who ask."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel
from sqlalchemy import RowMapping

from indexer.formats import AddressText, AmountText, ChainString, Hex, safe_text
from indexer.proposals.actions import Meaning
from indexer.proposals.states import Course, StateName, Tally, state_of


class ProposalView(BaseModel):
    """Times in Unix seconds, votes and quorum in units of HOLD; `state` as at the block's time."""

    id: AmountText
    state: StateName
    proposer: AddressText
    description: ChainString
    created_at: int
    vote_start: int
    vote_end: int
    votes_against: AmountText
    votes_for: AmountText
    votes_abstain: AmountText
    quorum: AmountText
    quorum_reached: bool
    eta: int | None
    executed_at: int | None
    canceled_at: int | None

    @classmethod
    def of(cls, row: RowMapping, quorum: int, now: int) -> ProposalView:
        return cls.model_validate(stated(row, quorum, now))


class MeaningView(BaseModel):
    """A call in words; integers are decimal text."""

    contract: str
    function: str
    arguments: dict[str, Any]


class ActionView(BaseModel):
    """A call that the proposal makes; `value` in wei; `meaning` of null: the target's ABI is not known."""

    target: AddressText
    value: AmountText
    data: Hex
    meaning: MeaningView | None

    @classmethod
    def of(cls, row: RowMapping, meaning: Meaning | None) -> ActionView:
        words = None
        if meaning is not None:
            arguments = _safe(meaning.arguments)
            words = MeaningView(contract=meaning.contract, function=meaning.function, arguments=arguments)
        return cls(target=row["target"], value=row["value"], data=row["data"], meaning=words)


class ProposalDetail(ProposalView):
    """A proposal with what it would do."""

    actions: list[ActionView]


def detail(row: RowMapping, quorum: int, now: int, actions: Sequence[ActionView]) -> ProposalDetail:
    return ProposalDetail.model_validate({**stated(row, quorum, now), "actions": list(actions)})


def stated(row: RowMapping, quorum: int, now: int) -> dict[str, Any]:
    """The row with what follows from it at the second `now`."""
    tally = Tally(row["votes_against"], row["votes_for"], row["votes_abstain"], quorum)
    course = Course(row["vote_start"], row["vote_end"], row["eta"], row["executed_at"], row["canceled_at"])
    derived = {"state": state_of(course, tally, now), "quorum_reached": tally.is_quorum_reached}
    return {**row, "quorum": quorum, **derived}


def _safe(value: Any) -> Any:
    if isinstance(value, str):
        return safe_text(value)
    if isinstance(value, list):
        return [_safe(item) for item in value]
    if isinstance(value, dict):
        return {name: _safe(item) for name, item in value.items()}
    return value
