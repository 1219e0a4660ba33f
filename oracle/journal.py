"""The operator's durable record: one SQLite file, written ahead, synced at every commit.

It holds what was seen of the chain (blocks and raw logs, by which a job's facts are folded again after a
restart or a reorganisation), what was computed (results, saved before they are posted), and what was sent
(attempts, each naming its intent). Undoing a block deletes its logs; results stay under the request that
they answer, for a reorganisation may give a job's id to another request.

Any write that fails raises `JournalFailed` and leaves the file as it was.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oracle.decide import Result, Verb
from oracle.errors import JournalFailed, JournalOfAnother
from protocol.types import JobId, Outcome, Request

SCHEMA_VERSION = 2
SCHEMA = """
CREATE TABLE identity (chain_id INTEGER NOT NULL, escrow TEXT NOT NULL, operator TEXT NOT NULL);
CREATE TABLE block (number INTEGER PRIMARY KEY, hash BLOB NOT NULL, timestamp INTEGER NOT NULL);
CREATE TABLE log (
    block INTEGER NOT NULL, position INTEGER NOT NULL, job BLOB, raw TEXT NOT NULL,
    PRIMARY KEY (block, position)
) WITHOUT ROWID;
CREATE INDEX log_of_job ON log (job, block, position);
CREATE TABLE result (
    job BLOB NOT NULL, request BLOB NOT NULL, outcome INTEGER NOT NULL, trace BLOB NOT NULL, output BLOB NOT NULL,
    seconds REAL NOT NULL,
    PRIMARY KEY (job, request)
) WITHOUT ROWID;
CREATE TABLE attempt (
    verb TEXT NOT NULL, job BLOB NOT NULL, facts BLOB NOT NULL, number INTEGER NOT NULL,
    intent TEXT NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (job, verb, facts, number)
) WITHOUT ROWID;
CREATE TABLE abandoned (
    job BLOB NOT NULL, request BLOB NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (job, request)
) WITHOUT ROWID;
CREATE TABLE probe (one INTEGER PRIMARY KEY CHECK (one = 1), count INTEGER NOT NULL);
"""

RawLog = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SeenBlock:
    """A block that the view rests on; `timestamp` in seconds."""

    number: int
    hash: bytes
    timestamp: int


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A raw log as JSON-RPC gave it, its place, and the job that it is about, if it is about one."""

    block: int
    position: int
    job: JobId | None
    raw: RawLog


@dataclass(frozen=True, slots=True)
class Identity:
    chain_id: int
    escrow: str
    operator: str


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """An attempt as written before its intent: `intent` is the key that the sender knows it by."""

    verb: Verb
    job: JobId
    facts: bytes
    number: int
    intent: str
    at: int


class Journal:
    """One writer, one thread. Raises `JournalOfAnother` where the file is of another chain, escrow or operator."""

    def __init__(self, path: Path, identity: Identity) -> None:
        self.path = path
        with _failing_clearly(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._create(identity)
        self._refuse_another(identity)

    def _create(self, identity: Identity) -> None:
        if self._db.execute("PRAGMA user_version").fetchone()[0] != 0:
            return
        with self._transaction() as db:
            for statement in SCHEMA.strip().split(";\n"):
                db.execute(statement)
            db.execute(
                "INSERT INTO identity VALUES (?, ?, ?)",
                (identity.chain_id, identity.escrow, identity.operator),
            )
            db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def _refuse_another(self, identity: Identity) -> None:
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version != SCHEMA_VERSION:
            raise JournalOfAnother(f"{self.path} has version {version}, not {SCHEMA_VERSION}: move it away")
        found = Identity(*self._db.execute("SELECT chain_id, escrow, operator FROM identity").fetchone())
        if found != identity:
            raise JournalOfAnother(
                f"{self.path} is of {found}, not of {identity}: choose another home, or move it away"
            )

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with _failing_clearly(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    # ---------------------------------------------------------------- the chain, as seen

    def top(self) -> SeenBlock | None:
        """The newest block that the view rests on: the cursor."""
        row = self._db.execute("SELECT number, hash, timestamp FROM block ORDER BY number DESC LIMIT 1").fetchone()
        return SeenBlock(*row) if row else None

    def blocks_down(self) -> Iterator[SeenBlock]:
        """Blocks kept, newest first."""
        rows = self._db.execute("SELECT number, hash, timestamp FROM block ORDER BY number DESC").fetchall()
        return (SeenBlock(*row) for row in rows)

    def append(self, blocks: Sequence[SeenBlock], logs: Sequence[LogEntry]) -> None:
        """Adds blocks, the last of which becomes the cursor, with their logs: all or nothing."""
        with self._transaction() as db:
            db.executemany(
                "INSERT OR REPLACE INTO block VALUES (?, ?, ?)",
                [(b.number, b.hash, b.timestamp) for b in blocks],
            )
            db.executemany(
                "INSERT OR REPLACE INTO log VALUES (?, ?, ?, ?)",
                [(log.block, log.position, log.job, json.dumps(log.raw)) for log in logs],
            )

    def undo_above(self, number: int) -> list[JobId]:
        """Forgets every block above `number`, and returns the jobs that its logs were about."""
        with self._transaction() as db:
            jobs = db.execute("SELECT DISTINCT job FROM log WHERE block > ? AND job IS NOT NULL", (number,)).fetchall()
            db.execute("DELETE FROM log WHERE block > ?", (number,))
            db.execute("DELETE FROM block WHERE number > ?", (number,))
        return [JobId(job) for (job,) in jobs]

    def prune_blocks(self, finalised: int) -> None:
        """Drops blocks that can no longer vanish, but for the newest of them, on which the view is anchored."""
        with self._transaction() as db:
            db.execute(
                "DELETE FROM block WHERE number < (SELECT max(number) FROM block WHERE number <= ?)",
                (finalised,),
            )

    def logs_of(self, job: JobId | None) -> list[RawLog]:
        """Logs of one job in order; None: those about no job (sheets, models, rules, slots)."""
        rows = self._db.execute("SELECT raw FROM log WHERE job IS ? ORDER BY block, position", (job,))
        return [json.loads(raw) for (raw,) in rows]

    def jobs(self) -> list[JobId]:
        return [JobId(job) for (job,) in self._db.execute("SELECT DISTINCT job FROM log WHERE job IS NOT NULL")]

    def forget(self, job: JobId) -> None:
        """Drops all of a job that is over for good."""
        with self._transaction() as db:
            for table in ("log", "result", "attempt", "abandoned"):
                db.execute(f"DELETE FROM {table} WHERE job = ?", (job,))

    # ---------------------------------------------------------------- what was computed

    def save_result(self, job: JobId, request: Request, result: Result, seconds: float) -> None:
        """Keeps the first result of a job's request; `seconds` is what it took."""
        with self._transaction() as db:
            db.execute(
                "INSERT OR IGNORE INTO result VALUES (?, ?, ?, ?, ?, ?)",
                (job, request, int(result.outcome), result.trace, result.output, seconds),
            )

    def result_of(self, job: JobId, request: Request) -> Result | None:
        row = self._db.execute(
            "SELECT outcome, trace, output FROM result WHERE job = ? AND request = ?", (job, request)
        ).fetchone()
        return Result(Outcome(row[0]), row[1], row[2]) if row else None

    def abandon(self, job: JobId, request: Request, reason: str) -> None:
        with self._transaction() as db:
            db.execute("INSERT OR REPLACE INTO abandoned VALUES (?, ?, ?)", (job, request, reason))

    def is_abandoned(self, job: JobId, request: Request) -> bool:
        row = self._db.execute("SELECT 1 FROM abandoned WHERE job = ? AND request = ?", (job, request)).fetchone()
        return row is not None

    # ---------------------------------------------------------------- what was sent

    def begin_attempts(self, rows: Sequence[AttemptRow]) -> None:
        """Written before the intent, so that a restart finds what may have been sent.

        A row of the same number is one whose intent was never sent.
        """
        with self._transaction() as db:
            db.executemany(
                "INSERT OR REPLACE INTO attempt VALUES (?, ?, ?, ?, ?, ?)",
                [(row.verb, row.job, row.facts, row.number, row.intent, row.at) for row in rows],
            )

    def attempts_of(self, job: JobId) -> list[AttemptRow]:
        """In the order in which they were made."""
        rows = self._db.execute(
            "SELECT verb, job, facts, number, intent, at FROM attempt WHERE job = ? ORDER BY verb, number",
            (job,),
        )
        return [AttemptRow(Verb(verb), JobId(j), facts, n, intent, at) for verb, j, facts, n, intent, at in rows]

    # ---------------------------------------------------------------- whether it can be written

    def probe(self) -> None:
        """A small write. Raises `JournalFailed` where none is possible."""
        with self._transaction() as db:
            db.execute("INSERT INTO probe VALUES (1, 1) ON CONFLICT (one) DO UPDATE SET count = count + 1")


@contextmanager
def _failing_clearly(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise JournalFailed(f"{path} cannot be written ({error}): free some disk, or mend its permissions") from error
