"""How a dispute looks to those who ask."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel
from sqlalchemy import RowMapping

from indexer.disputes.models import DemandKind, VerdictKind
from indexer.formats import AddressText, AmountText, ChainString, Word
from protocol.disputes import Fault
from protocol.rules import Scope

DemandState = Literal["open", "shown", "overdue"]


class DemandView(BaseModel):
    """Something that has to be shown until `deadline`; `bond` in units of the asset. `overdue`: anyone may convict the
    operator of silence. What a demand of its kind has not is null."""

    key: Word
    challenger: AddressText
    bond: AmountText
    demanded_at: int
    deadline: int
    kind: str
    state: DemandState
    list: AmountText | None
    part: AmountText | None
    place: AmountText | None
    row: AmountText | None
    level: AmountText | None
    node: AmountText | None
    amount: AmountText | None
    shown_at: int | None
    paid_at: int | None


class CommitmentView(BaseModel):
    """A conviction that was announced, to be proved until `deadline`."""

    key: Word
    account: AddressText
    bond: AmountText
    committed_at: int
    deadline: int
    paid_at: int | None


class VerdictView(BaseModel):
    """Why the operator was convicted. Of a `step`: where, and what it committed to and should have; of an `answer`: in
    what, and at which token or element, or which rule the `input` or `output` breaks there; of `silence`: about which
    demand."""

    kind: str
    spoken_at: int
    list: AmountText | None
    part: AmountText | None
    row: AmountText | None
    element: AmountText | None
    committed: ChainString | None
    expected: ChainString | None
    fault: str | None
    token: AmountText | None
    rule: AmountText | None
    text: str | None
    key: Word | None


class DisputeView(BaseModel):
    """All that happened about one job."""

    job: Word
    demands: list[DemandView]
    commitments: list[CommitmentView]
    verdict: VerdictView | None

    @classmethod
    def of(
        cls,
        job: bytes,
        demands: list[RowMapping],
        commitments: list[RowMapping],
        verdict: RowMapping | None,
        now: int,
    ) -> DisputeView:
        """`now`: the time of the block that it is as of."""
        return cls.model_validate(
            {
                "job": job,
                "demands": [
                    {**demand, "kind": DemandKind(demand["kind"]).name.lower(), "state": _state(demand, now)}
                    for demand in demands
                ],
                "commitments": [dict(commitment) for commitment in commitments],
                "verdict": None if verdict is None else _verdict(verdict),
            }
        )


def _state(demand: RowMapping, now: int) -> DemandState:
    if demand["shown_at"] is not None:
        return "shown"
    return "overdue" if now > demand["deadline"] else "open"


def _verdict(verdict: RowMapping) -> dict[str, object]:
    fault = None if verdict["fault"] is None else Fault(verdict["fault"]).name.lower()
    text = None if verdict["text"] is None else Scope(verdict["text"]).name.lower()
    return {**verdict, "kind": VerdictKind(verdict["kind"]).name.lower(), "fault": fault, "text": text}
