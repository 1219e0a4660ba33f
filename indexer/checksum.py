"""One number for the whole derived state: equal state, equal checksum, on whatever database and however reached."""

from __future__ import annotations

from hashlib import sha256

from sqlalchemy import Connection, select

from indexer.history import Versioned, versioned_models

MODULUS = 2**256


def state_checksum(connection: Connection) -> str:
    """SHA-256 in hexadecimal over every derived table, whatever the order of its rows."""
    total = sha256()
    for model in versioned_models():
        total.update(f"{model.table().name}:{_rows(connection, model):064x}\n".encode())
    return total.hexdigest()


def _rows(connection: Connection, model: type[Versioned]) -> int:
    rows = connection.execution_options(yield_per=1_000).execute(select(model.table()))
    return sum(int.from_bytes(sha256(_line(tuple(row))).digest()) for row in rows) % MODULUS


def _line(values: tuple[object, ...]) -> bytes:
    return "|".join(_canonical(value) for value in values).encode("utf-8", "surrogateescape")


def _canonical(value: object) -> str:
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return repr(int(value) if isinstance(value, bool) else value)
