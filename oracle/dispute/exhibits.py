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
from typing import Any

from eth_account.messages import encode_defunct
from eth_account.signers.local import LocalAccount

from oracle.dispute.defence import Defence
from oracle.dispute.defender import defence_of
from oracle.dispute.matter import Matter
from oracle.serving import Loaded
from protocol.disputes import parts_word
from protocol.solidity import ZERO_ADDRESS, Address
from protocol.types import JobId

KEPT = 2
"""Results that are kept as they were computed again."""
BETWEEN = 2.0
"""Seconds from one computation for a stranger to the next, at least: the rest of the machine is for jobs."""


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
        self._next = 0.0

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
        with self._lock:
            defence = self._defence(*known)
            try:
                return self._shown(known[0], defence, kind, places)
            except (IndexError, ValueError, TypeError):
                raise NotShown(HTTPStatus.NOT_FOUND, f"there is no {rest[:100]!r} in this trace") from None

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
                return _found(defence.elements(list_, part, position, level, index))
            case "parts", 2:
                list_, position = places
                roots = defence.parts(list_, position)
                path = defence.column_paths(matter.book.book.lists[list_], position)
                word = parts_word(
                    *self._referee, matter.record.id, (list_, position), trace=defence.held.trace.root, roots=roots
                )
                signature = self._account.sign_message(encode_defunct(primitive=word)).signature
                return {"roots": _hex(roots), "path": _hex(path), "signature": "0x" + bytes(signature).hex()}
            case _:
                raise ValueError(kind)

    def _defence(self, matter: Matter, loaded: Loaded) -> Defence:
        key = matter.record.id + matter.answer.result
        if key not in self._defences:
            if self._clock() < self._next:
                raise NotShown(HTTPStatus.TOO_MANY_REQUESTS, "others are asking: ask again in some seconds")
            self._defences[key] = defence_of(matter, loaded)
            self._next = self._clock() + BETWEEN
            while len(self._defences) > KEPT:
                self._defences.popitem(last=False)
        self._defences.move_to_end(key)
        return self._defences[key]


def _found(found: Sequence[bytes] | bytes) -> dict[str, Any]:
    return {"content": "0x" + found.hex()} if isinstance(found, bytes) else {"hashes": _hex(found)}


def _hex(hashes: Sequence[bytes]) -> list[str]:
    return ["0x" + hash_.hex() for hash_ in hashes]
