"""Disputes about jobs: what was demanded and shown, what was announced, and the verdicts."""

from __future__ import annotations

from enum import IntEnum

from sqlalchemy import SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from indexer.columns import AddressBytes, Amount, ChainText, Hash, Number
from indexer.history import Versioned


class DemandKind(IntEnum):
    """What has to be shown."""

    UNTOLD = 0
    TRACE = 1
    ROWS = 2
    PARTS = 3
    ELEMENTS = 4


class VerdictKind(IntEnum):
    """Why an operator was convicted."""

    STEP = 0
    ANSWER = 1
    SILENCE = 2


class Demand(Versioned, kw_only=True):
    """Something that a challenger demands to be shown until `deadline`, at a stake of `bond` asset units.

    Of rows: below node `node` of `level` above those of `place` in the trace. Of parts: of `list` at position `row`.
    Of elements: below such a node of a part. `amount`: hashes, or bytes of a leaf.
    """

    __tablename__ = "demands"

    job: Mapped[bytes] = mapped_column(Hash, primary_key=True)
    key: Mapped[bytes] = mapped_column(Hash, primary_key=True)
    position: Mapped[int] = mapped_column(Number)
    challenger: Mapped[str] = mapped_column(AddressBytes)
    bond: Mapped[int] = mapped_column(Amount)
    deadline: Mapped[int] = mapped_column(Number)
    demanded_at: Mapped[int] = mapped_column(Number)
    kind: Mapped[int] = mapped_column(SmallInteger, default=DemandKind.UNTOLD)
    list: Mapped[int | None] = mapped_column(Amount, default=None)
    part: Mapped[int | None] = mapped_column(Amount, default=None)
    place: Mapped[int | None] = mapped_column(Amount, default=None)
    row: Mapped[int | None] = mapped_column(Amount, default=None)
    level: Mapped[int | None] = mapped_column(Amount, default=None)
    node: Mapped[int | None] = mapped_column(Amount, default=None)
    amount: Mapped[int | None] = mapped_column(Amount, default=None)
    shown_at: Mapped[int | None] = mapped_column(Number, default=None)
    paid_at: Mapped[int | None] = mapped_column(Number, default=None)


class Commitment(Versioned, kw_only=True):
    """A conviction that an account announced, to be proved until `deadline`."""

    __tablename__ = "commitments"

    job: Mapped[bytes] = mapped_column(Hash, primary_key=True)
    key: Mapped[bytes] = mapped_column(Hash, primary_key=True)
    account: Mapped[str] = mapped_column(AddressBytes)
    position: Mapped[int] = mapped_column(Number)
    bond: Mapped[int] = mapped_column(Amount)
    deadline: Mapped[int] = mapped_column(Number)
    committed_at: Mapped[int] = mapped_column(Number)
    paid_at: Mapped[int | None] = mapped_column(Number, default=None)


class Verdict(Versioned, kw_only=True):
    """Why a job's operator was convicted: by a step of the computation, by the answer, or by silence about `key`.
    `committed` and `expected`: decimal numbers. `rule` and `text`: what was broken, and in which text (1 input, 2
    output), where it was to be refused."""

    __tablename__ = "verdicts"

    job: Mapped[bytes] = mapped_column(Hash, primary_key=True)
    kind: Mapped[int] = mapped_column(SmallInteger)
    spoken_at: Mapped[int] = mapped_column(Number)
    list: Mapped[int | None] = mapped_column(Amount, default=None)
    part: Mapped[int | None] = mapped_column(Amount, default=None)
    row: Mapped[int | None] = mapped_column(Amount, default=None)
    element: Mapped[int | None] = mapped_column(Amount, default=None)
    committed: Mapped[str | None] = mapped_column(ChainText, default=None)
    expected: Mapped[str | None] = mapped_column(ChainText, default=None)
    fault: Mapped[int | None] = mapped_column(SmallInteger, default=None)
    token: Mapped[int | None] = mapped_column(Amount, default=None)
    rule: Mapped[int | None] = mapped_column(Amount, default=None)
    text: Mapped[int | None] = mapped_column(SmallInteger, default=None)
    key: Mapped[bytes | None] = mapped_column(Hash, default=None)
