"""The durable record of what an account sends: one SQLite file, synced at every commit.

An intent is written together with its signed transaction before anything is sent, and never deleted: a key names
one transaction for ever. Replacements of a stuck one are written too, under the same nonce.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from protocol.chain import Receipt
from protocol.errors import CommonholdError
from protocol.solidity import Address

SCHEMA_VERSION = 1
SCHEMA = """
CREATE TABLE identity (chain_id INTEGER NOT NULL, genesis BLOB NOT NULL, account TEXT NOT NULL);
CREATE TABLE intent (
    key TEXT PRIMARY KEY, nonce INTEGER NOT NULL UNIQUE, recipient TEXT, data BLOB NOT NULL, value TEXT NOT NULL,
    gas INTEGER NOT NULL, description TEXT NOT NULL,
    mined_hash BLOB, block_number INTEGER, block_hash BLOB, succeeded INTEGER, final INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX intent_unfinished ON intent (nonce) WHERE final = 0;
CREATE TABLE signed (
    hash BLOB PRIMARY KEY, key TEXT NOT NULL REFERENCES intent (key), nonce INTEGER NOT NULL, raw BLOB NOT NULL,
    max_fee TEXT NOT NULL, priority_fee TEXT NOT NULL, at REAL NOT NULL
);
CREATE INDEX signed_of_intent ON signed (key, nonce)
"""
INTENT = "key, nonce, recipient, data, value, gas, description, mined_hash, block_number, block_hash, succeeded, final"


class SenderBusy(CommonholdError):
    """Another process sends for this account."""


class IntentsOfAnother(CommonholdError):
    """The record belongs to another chain or account."""


class IntentsUnwritable(CommonholdError):
    """The record cannot be written: nothing is sent until it can."""


class IntentState(StrEnum):
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    REVERTED = "reverted"


@dataclass(frozen=True, slots=True)
class Call:
    """What a transaction is to do. `to` of `None` creates a contract; `value` in wei."""

    to: Address | None
    data: bytes
    value: int = 0
    description: str = ""


@dataclass(frozen=True, slots=True)
class Fees:
    """Most to pay for a unit of gas, and the tip in it, in wei (EIP-1559)."""

    max_fee: int
    priority_fee: int


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed transaction as it goes over the wire. `at`: when it was signed, in seconds."""

    hash: bytes
    raw: bytes
    fees: Fees
    at: float


@dataclass(frozen=True, slots=True)
class Intent:
    """A call that has its nonce. `final`: its block can no longer be reorganised away."""

    key: str
    nonce: int
    call: Call
    gas: int
    mined_hash: bytes | None = None
    block_number: int | None = None
    block_hash: bytes | None = None
    succeeded: bool | None = None
    final: bool = False

    @property
    def state(self) -> IntentState:
        if self.succeeded is None:
            return IntentState.PENDING
        return IntentState.SUCCEEDED if self.succeeded else IntentState.REVERTED


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose record it is. A local chain that began anew has another genesis block."""

    chain_id: int
    genesis: bytes
    account: Address


class Intents:
    """The record at `path`, held by one process alone.

    Raises `SenderBusy`, `IntentsOfAnother`; any write raises `IntentsUnwritable` and leaves the record as it was.
    """

    def __init__(self, path: Path, identity: Identity) -> None:
        self.path = path
        with _clearly(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = _lock(path.with_suffix(".lock"), identity.account)
        try:
            self._open(identity)
        except BaseException:
            os.close(self._lock)
            raise

    def _open(self, identity: Identity) -> None:
        with _clearly(self.path):
            self._db = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._create(identity)
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            found = Identity(*self._db.execute("SELECT chain_id, genesis, account FROM identity").fetchone())
        if version != SCHEMA_VERSION or found != identity:
            raise IntentsOfAnother(
                f"{self.path} (version {version}) belongs to account {found.account} on chain {found.chain_id} with "
                f"genesis 0x{found.genesis.hex()[:8]}…, not to {identity.account} on chain {identity.chain_id} with "
                f"genesis 0x{identity.genesis.hex()[:8]}…: choose another home, or move the file away"
            )

    def _create(self, identity: Identity) -> None:
        if self._db.execute("PRAGMA user_version").fetchone()[0] != 0:
            return
        with self._transaction() as db:
            for statement in SCHEMA.strip().split(";\n"):
                db.execute(statement)
            row = (identity.chain_id, identity.genesis, identity.account)
            db.execute("INSERT INTO identity VALUES (?, ?, ?)", row)
            db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def close(self) -> None:
        self._db.close()
        os.close(self._lock)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with _clearly(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def find(self, key: str) -> Intent | None:
        row = self._db.execute(f"SELECT {INTENT} FROM intent WHERE key = ?", (key,)).fetchone()
        return None if row is None else _intent(row)

    def unfinished(self) -> list[Intent]:
        """Those not final, in the order of their nonces."""
        rows = self._db.execute(f"SELECT {INTENT} FROM intent WHERE final = 0 ORDER BY nonce")
        return [_intent(row) for row in rows]

    def next_nonce(self) -> int:
        """One above the highest that was given away."""
        highest = self._db.execute("SELECT max(nonce) FROM intent").fetchone()[0]
        return 0 if highest is None else int(highest) + 1

    def signed(self, intent: Intent) -> list[Signed]:
        """What was signed for the intent under its nonce, newest first."""
        rows = self._db.execute(
            "SELECT hash, raw, max_fee, priority_fee, at FROM signed WHERE key = ? AND nonce = ? ORDER BY rowid DESC",
            (intent.key, intent.nonce),
        )
        return [Signed(row[0], row[1], Fees(int(row[2]), int(row[3])), row[4]) for row in rows]

    def add(self, intent: Intent, signed: Signed) -> None:
        """Writes a new intent and its first transaction, both or neither."""
        call = intent.call
        row = (intent.key, intent.nonce, call.to, call.data, str(call.value), intent.gas, call.description)
        with self._transaction() as db:
            db.execute(
                "INSERT INTO intent (key, nonce, recipient, data, value, gas, description) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                row,
            )
            _add_signed(db, intent, signed)

    def replace(self, intent: Intent, signed: Signed) -> None:
        """Writes another transaction for the intent, under the nonce that `intent` now has."""
        with self._transaction() as db:
            db.execute("UPDATE intent SET nonce = ? WHERE key = ?", (intent.nonce, intent.key))
            _add_signed(db, intent, signed)

    def set_mined(self, key: str, receipt: Receipt, final: bool) -> None:
        place = (receipt.transaction_hash, receipt.block_number, receipt.block_hash, receipt.succeeded, final, key)
        with self._transaction() as db:
            db.execute(
                "UPDATE intent SET mined_hash = ?, block_number = ?, block_hash = ?, succeeded = ?, final = ? "
                "WHERE key = ?",
                place,
            )

    def set_pending(self, key: str) -> None:
        """Its block was reorganised away."""
        with self._transaction() as db:
            db.execute(
                "UPDATE intent SET mined_hash = NULL, block_number = NULL, block_hash = NULL, succeeded = NULL "
                "WHERE key = ?",
                (key,),
            )


def _intent(row: tuple[Any, ...]) -> Intent:
    key, nonce, recipient, data, value, gas, description, mined_hash, number, block_hash, succeeded, final = row
    call = Call(recipient, data, int(value), description)
    result = None if succeeded is None else bool(succeeded)
    return Intent(key, nonce, call, gas, mined_hash, number, block_hash, result, bool(final))


def _add_signed(db: sqlite3.Connection, intent: Intent, signed: Signed) -> None:
    fees = signed.fees
    row = (signed.hash, intent.key, intent.nonce, signed.raw, str(fees.max_fee), str(fees.priority_fee), signed.at)
    db.execute("INSERT INTO signed VALUES (?, ?, ?, ?, ?, ?, ?)", row)


def _lock(path: Path, account: Address) -> int:
    """Holds the lock until it is closed, or the process ends however it ends."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise SenderBusy(
            f"another process sends for {account} (it holds {path}): wait for it, stop it, or use another account"
        ) from None
    return handle


@contextmanager
def _clearly(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise IntentsUnwritable(f"{path} cannot be written: {error}. Free some space or choose another home") from error
