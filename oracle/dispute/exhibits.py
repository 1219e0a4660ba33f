"""What an operator shows of its results to whoever asks it over HTTP: `docs/dispute.md`, section 1.

| path | answer |
| --- | --- |
| `/traces/JOB` | `positions`, `outputs`, and `hashes`: all that the trace's root is over |
| `/traces/JOB/rows/PLACE/LEVEL/INDEX` | `hashes` below that node of a column, or `content` of a leaf of numbers |
| `/traces/JOB/parts/LIST/POSITION` | `roots`, `path` and `signature`: the parts, as the operator's word |
| `/traces/JOB/elements/LIST/PART/POSITION/LEVEL/INDEX` | likewise, of a part |

What is shown hashes to what was committed to, so nobody has to be trusted; parts, to which nothing is, are signed.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, TypeVar

from eth_account.messages import encode_defunct
from eth_account.signers.local import LocalAccount

from oracle.dispute.defence import Defence
from oracle.dispute.defender import defence_of
from oracle.dispute.matter import Matter
from oracle.dispute.rows import Row
from oracle.serving import Loaded
from protocol.disputes import parts_word
from protocol.solidity import ZERO_ADDRESS, Address
from protocol.types import JobId

KEPT = 2
"""Results that are kept as they were computed again."""
KEPT_ROWS = 8
"""Lists at positions whose parts are kept."""
REST = 9.0
"""So many times as long as a computation for a stranger took, there is none: the machine is for jobs."""
WAIT = 1.0
"""Seconds that one asker waits for another."""


Made = TypeVar("Made")


class NotShown(Exception):
    """Why nothing is shown: the HTTP status, and what was wrong in words."""

    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(why)
        self.status = status


class Exhibits:
    """Told by the loop which results there are, and asked by the server's threads."""

    def __init__(self, account: LocalAccount, clock: Callable[[], float] = time.monotonic) -> None:
        self._account, self._clock = account, clock
        self._referee = 0, ZERO_ADDRESS
        self._lock = threading.Lock()
        self._results: Mapping[JobId, tuple[Matter, Loaded]] = {}
        self._defences: OrderedDict[bytes, Defence] = OrderedDict()
        self._parts: OrderedDict[tuple[bytes, int, int], list[Row]] = OrderedDict()
        self._rests = {"results": 0.0, "parts": 0.0}

    def keep(self, results: Mapping[JobId, tuple[Matter, Loaded]], chain_id: int, disputes: Address) -> None:
        """These and no others, of this chain and referee."""
        self._results, self._referee = results, (chain_id, disputes)

    def answer(self, path: str) -> tuple[HTTPStatus, dict[str, Any]]:
        """To a path below `/traces/`."""
        try:
            return HTTPStatus.OK, self.show(path)
        except NotShown as error:
            return error.status, {"error": str(error)}

    def show(self, path: str) -> dict[str, Any]:
        """What stands there. Raises `NotShown`."""
        job, _, rest = path.partition("/")
        try:
            kind, *numbers = rest.split("/") if rest else ("trace",)
            places = [int(number) for number in numbers]
            known = self._results.get(JobId(bytes.fromhex(job.removeprefix("0x"))))
        except ValueError:
            raise NotShown(HTTPStatus.BAD_REQUEST, f"{path[:100]!r} is no path of a trace") from None
        if known is None:
            raise NotShown(HTTPStatus.NOT_FOUND, "no result of this job is to be defended here")
        if not self._lock.acquire(timeout=WAIT):
            raise _busy()
        try:
            return self._shown(known[0], self._defence(*known), kind, places)
        except (IndexError, ValueError, TypeError):
            raise NotShown(HTTPStatus.NOT_FOUND, f"there is no {rest[:100]!r} in this trace") from None
        finally:
            self._lock.release()

    def _shown(self, matter: Matter, defence: Defence, kind: str, places: Sequence[int]) -> dict[str, Any]:
        if min(places, default=0) < 0:
            raise ValueError(places)
        match kind, len(places):
            case "trace", 0:
                held = defence.held
                return {"positions": held.positions, "outputs": held.outputs, "hashes": _hex(defence.hashes())}
            case "rows", 3:
                place, level, index = places
                return _found(defence.rows(place, level, index))
            case "elements", 5:
                list_, part, position, level, index = places
                rows = self._rows(matter, defence, list_, position)
                return _found(defence.elements_of(rows, (list_, part), level, index))
            case "parts", 2:
                list_, position = places
                roots = defence.roots_of(self._rows(matter, defence, list_, position), list_)
                path = defence.column_paths(matter.book.book.lists[list_], position)
                word = parts_word(
                    *self._referee, matter.record.id, (list_, position), trace=defence.held.trace.root, roots=roots
                )
                signature = self._account.sign_message(encode_defunct(primitive=word)).signature
                return {"roots": _hex(roots), "path": _hex(path), "signature": "0x" + bytes(signature).hex()}
            case _:
                raise ValueError(kind)

    def _defence(self, matter: Matter, loaded: Loaded) -> Defence:
        key = matter.key
        if key not in self._defences:
            self._defences[key] = self._rarely("results", lambda: self._computed(matter, loaded))
            while len(self._defences) > KEPT:
                self._defences.popitem(last=False)
        self._defences.move_to_end(key)
        return self._defences[key]

    def _computed(self, matter: Matter, loaded: Loaded) -> Defence:
        return defence_of(matter, loaded)

    def _rows(self, matter: Matter, defence: Defence, list_: int, position: int) -> list[Row]:
        key = matter.key, list_, position
        if key not in self._parts:
            if list_ >= len(matter.book.book.lists) or position >= max(1, defence.held.positions):
                raise IndexError(list_, position)
            self._parts[key] = self._rarely("parts", lambda: defence.made(list_, position))
            while len(self._parts) > KEPT_ROWS:
                self._parts.popitem(last=False)
        self._parts.move_to_end(key)
        return self._parts[key]

    def _rarely(self, what: str, compute: Callable[[], Made]) -> Made:
        """Raises `NotShown` while it rests from the last."""
        began = self._clock()
        if began < self._rests[what]:
            raise _busy()
        made = compute()
        now = self._clock()
        self._rests[what] = now + REST * (now - began)
        return made


def _busy() -> NotShown:
    return NotShown(HTTPStatus.TOO_MANY_REQUESTS, "others are asking: ask again in some seconds")


def _found(found: Sequence[bytes] | bytes) -> dict[str, Any]:
    return {"content": "0x" + found.hex()} if isinstance(found, bytes) else {"hashes": _hex(found)}


def _hex(hashes: Sequence[bytes]) -> list[str]:
    return ["0x" + hash_.hex() for hash_ in hashes]
