"""How the indexer itself looks to those who ask."""

from __future__ import annotations

from pydantic import BaseModel

from indexer.formats import AddressText, AmountText


class StatsView(BaseModel):
    """`jobs`: count by status; `earned_by_operators` in units of the asset; the rest in units of HOLD or counts."""

    jobs: dict[str, int]
    operators: int
    models: int
    proposals: int
    earned_by_operators: AmountText
    hold_supply: AmountText
    hold_staked: AmountText


class StatusView(BaseModel):
    """`history_from`: first block that `?block=` can ask for. `trouble`: null when all is well."""

    version: str
    chain_id: int
    contracts: dict[str, AddressText]
    start: int
    applied: int
    head: int
    final: int
    lag_blocks: int
    history_from: int
    reorgs: int
    trouble: str | None
    ready: bool


class HealthView(BaseModel):
    """The process answers, and so does its database."""

    status: str


class ReadyView(BaseModel):
    """The answers can be relied on."""

    status: str
    block: int
