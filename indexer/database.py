"""The database: engines for writing and for reading, and the migrations that make its tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

BUSY_SECONDS = 30


class DatabaseUnusable(RuntimeError):
    """A URL that names no database that can be used here, or one with other tables."""


def writer(url: str) -> Engine:
    """For the follower: one transaction at a time."""
    return _engine(url, reading=False)


def reader(url: str) -> Engine:
    """For REST: every transaction sees one state, whatever is written meanwhile, and can write nothing."""
    return _engine(url, reading=True)


def migrate(engine: Engine) -> None:
    """Brings the tables to this version. Raises `DatabaseUnusable`."""
    with engine.begin() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def is_migrated(engine: Engine) -> bool:
    """Whether the tables are those of this version."""
    with engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    return found == ScriptDirectory.from_config(_config()).get_current_head()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def _engine(url: str, reading: bool) -> Engine:
    try:
        parsed = make_url(url)
        if parsed.drivername in ("postgres", "postgresql"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        match parsed.get_backend_name():
            case "sqlite":
                return _sqlite(create_engine(parsed, connect_args={"timeout": BUSY_SECONDS}), reading)
            case "postgresql":
                options: dict[str, Any] = {"isolation_level": "REPEATABLE READ"}
                if reading:
                    options["execution_options"] = {"postgresql_readonly": True}
                return create_engine(parsed, pool_pre_ping=True, **options)
            case other:
                raise DatabaseUnusable(f"database {other} is not known: use sqlite:// or postgresql://")
    except (ArgumentError, NoSuchModuleError) as error:
        raise DatabaseUnusable(f"not a database URL: {error}") from error


def _sqlite(engine: Engine, reading: bool) -> Engine:
    """Write-ahead log, so that readers and the writer never wait for each other; real transactions for reads too."""

    @event.listens_for(engine, "connect")
    def connected(connection: Any, *_: Any) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA query_only = {'ON' if reading else 'OFF'}")

    @event.listens_for(engine, "begin")
    def begun(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine
