"""Jobs. Their inputs and outputs stay in the raw logs: `protocol/facts.py` folds those into all that is known."""

from __future__ import annotations

from sqlalchemy import Boolean, Index, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from indexer.columns import AddressBytes, Amount, Hash, Number
from indexer.history import Versioned


class Job(Versioned, kw_only=True):
    """Amounts in units of the asset, times in Unix seconds, windows in seconds.

    position: block number · 2^32 + log index of the submission; orders jobs, and pages through them
    operator, bond, accepted_at, post_by and price: of the latest acceptance; None while nobody has accepted
    price: fee agreed; once a result is posted, what is due for it
    fine: all fines that operators paid to the client for this job
    ended_at: when it was settled, refunded or convicted
    """

    __tablename__ = "jobs"

    id: Mapped[bytes] = mapped_column(Hash, primary_key=True)
    position: Mapped[int] = mapped_column(Number, unique=True)
    status: Mapped[int] = mapped_column(SmallInteger)
    client: Mapped[str] = mapped_column(AddressBytes)
    nonce: Mapped[int] = mapped_column(Amount)
    sheet: Mapped[bytes] = mapped_column(Hash)
    slot: Mapped[bytes] = mapped_column(Hash)
    model: Mapped[bytes] = mapped_column(Hash)
    min_fee: Mapped[int] = mapped_column(Amount)
    max_fee: Mapped[int] = mapped_column(Amount)
    offer_seconds: Mapped[int] = mapped_column(Number)
    service_seconds: Mapped[int] = mapped_column(Number)
    exclusive_seconds: Mapped[int] = mapped_column(Number)
    named: Mapped[str | None] = mapped_column(AddressBytes, default=None)
    sampling: Mapped[int] = mapped_column(Amount)
    submitted_at: Mapped[int] = mapped_column(Number)
    operator: Mapped[str | None] = mapped_column(AddressBytes, default=None)
    price: Mapped[int | None] = mapped_column(Amount, default=None)
    bond: Mapped[int | None] = mapped_column(Amount, default=None)
    accepted_at: Mapped[int | None] = mapped_column(Number, default=None)
    post_by: Mapped[int | None] = mapped_column(Number, default=None)
    posted_at: Mapped[int | None] = mapped_column(Number, default=None)
    outcome: Mapped[int | None] = mapped_column(SmallInteger, default=None)
    held_until: Mapped[int] = mapped_column(Number, default=0)
    was_disputed: Mapped[bool] = mapped_column(Boolean, default=False)
    operator_part: Mapped[int | None] = mapped_column(Amount, default=None)
    shared_part: Mapped[int | None] = mapped_column(Amount, default=None)
    fine: Mapped[int] = mapped_column(Amount, default=0)
    awarded: Mapped[int | None] = mapped_column(Amount, default=None)
    ended_at: Mapped[int | None] = mapped_column(Number, default=None)

    __table_args__ = (
        Index("ix_jobs_status_position", "status", "position"),
        Index("ix_jobs_client_position", "client", "position"),
        Index("ix_jobs_operator_position", "operator", "position"),
        Index("ix_jobs_model_position", "model", "position"),
        Index("ix_jobs_slot_position", "slot", "position"),
    )
