"""Asks an operator over HTTP for what would have to be demanded on the chain, and takes nothing on trust.

Whatever does not hash to what was committed to, or is not signed, is as good as silence; and whoever was silent once is
not asked again for a while, so that it can keep nobody waiting.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from eth_account import Account
from eth_account.messages import encode_defunct

from oracle.dispute.docket import Docket
from oracle.dispute.fetching import Silent, fetch
from oracle.dispute.known import Known, Shown
from oracle.dispute.matter import Matter
from oracle.dispute.moves import Ask, AskElements, AskParts, AskRows, AskTrace
from oracle.logging import Log
from protocol import merkle
from protocol.disputes import Node, SignedParts, parts_word
from protocol.parts import CHOSEN, ONE, PartList
from protocol.solidity import Address
from protocol.trace import BEFORE_COLUMNS, Trace

log = Log(__name__)

SIGNATURE = 65
HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
"""Half the order of secp256k1: of two signatures with the same r, the chain takes the one with the lower s (EIP-2)."""
PATIENCE = 5.0
"""Seconds for one answer."""
MOST_BYTES = 4 << 20
SILENCE = 600.0
"""Seconds for which an operator that was silent is not asked again."""


@dataclass
class Told:
    """What an operator told of one result. `signed`: its parts, by list and position."""

    shown: Shown = field(default_factory=Shown)
    signed: dict[tuple[int, int], SignedParts] = field(default_factory=dict)

    def over(self, docket: Docket) -> Docket:
        """What the chain says, and besides what was told."""
        chain, told = docket.shown, self.shown
        first = chain if chain.hashes else told
        known = Known({**told.known.below, **chain.known.below}, {**told.known.contents, **chain.known.contents})
        signed = {place: parts for place, parts in self.signed.items() if place not in chain.parts}
        parts = {**{place: found.roots for place, found in signed.items()}, **chain.parts}
        shown = Shown(first.positions, first.outputs, first.hashes, known, parts)
        return replace(docket, shown=shown, signed=signed)


class Asker:
    """`local`: addresses of one's own network are asked too; elsewhere only public ones, for operators name any they
    like."""

    def __init__(
        self, chain_id: int, disputes: Address, *, local: bool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._chain_id, self._disputes, self._local, self._clock = chain_id, disputes, local, clock
        self._silent_until: dict[Address, float] = {}

    def may_ask(self, operator: Address) -> bool:
        return self._clock() >= self._silent_until.get(operator, 0.0)

    def learn(self, uri: str, matter: Matter, ask: Ask, told: Told) -> bool:
        """Whether something was learnt, which is then in `told`."""
        operator = matter.answer.operator
        try:
            self._learn(uri, matter, ask, told)
        except Exception as error:  # whatever an operator can make of an answer is its silence
            self.silence(operator)
            log.info("no answer", operator=operator, job=matter.record.id, why=f"{type(error).__name__}: {error}"[:200])
            return False
        return True

    def _learn(self, uri: str, matter: Matter, ask: Ask, told: Told) -> None:
        base = f"{uri.rstrip('/')}/traces/0x{matter.record.id.hex()}"
        match ask:
            case AskTrace():
                body = self._get(base)
                shown = Shown(int(body["positions"]), int(body["outputs"]), _hashes(body, "hashes"))
                columns = sum(len(parts.columns) for parts in matter.book.book.lists)
                if len(shown.hashes) != BEFORE_COLUMNS + columns:
                    raise Silent("the trace has another number of columns")
                trace = Trace(shown.positions, shown.outputs, merkle.root(shown.hashes))
                if trace.commitment(matter.record.id) != matter.record.trace:
                    raise Silent("that is not what the posted trace is the hash of")
                told.shown = replace(told.shown, positions=shown.positions, outputs=shown.outputs, hashes=shown.hashes)
            case AskRows(place, node):
                _take(told, node, ask.amount, self._get(f"{base}/rows/{place}/{node.level}/{node.index}"))
            case AskElements(step, node):
                where = f"{step.list}/{step.part}/{step.position}/{node.level}/{node.index}"
                _take(told, node, ask.amount, self._get(f"{base}/elements/{where}"))
            case AskParts(list_, position):
                body = self._get(f"{base}/parts/{list_}/{position}")
                told.signed[list_, position] = self._signed(matter, (list_, position), body, told)

    def _signed(self, matter: Matter, place: tuple[int, int], body: dict[str, Any], told: Told) -> SignedParts:
        signature = bytes.fromhex(body["signature"][2:])
        if not _is_canonical(signature):
            raise Silent("the chain takes no such signature")
        found = SignedParts(_hashes(body, "roots"), _hashes(body, "path"), signature)
        trace = merkle.root(told.shown.hashes)
        word = parts_word(self._chain_id, self._disputes, matter.record.id, place, trace=trace, roots=found.roots)
        signer = Account.recover_message(encode_defunct(primitive=word), signature=signature)
        if signer != matter.answer.operator:
            raise Silent(f"the parts are signed by {signer}")
        parts = matter.book.book.lists[place[0]]
        if len(found.roots) != len(parts.parts) or not _lead_to_columns(parts, place[1], found, told.shown):
            raise Silent("the parts do not lead to the trace's columns")
        return found

    def _get(self, url: str) -> dict[str, Any]:
        body = json.loads(fetch(url, public=not self._local, patience=PATIENCE, most_bytes=MOST_BYTES))
        if not isinstance(body, dict):
            raise Silent("the answer is no object")
        return body

    def silence(self, operator: Address) -> None:
        """It is not asked again for a while."""
        self._silent_until[operator] = self._clock() + SILENCE


def _hashes(body: dict[str, Any], name: str) -> tuple[bytes, ...]:
    found = tuple(bytes.fromhex(text[2:]) for text in body[name])
    if any(len(hash_) != len(merkle.EMPTY) for hash_ in found):
        raise Silent(f"{name} are no hashes")
    return found


def _take(told: Told, node: Node, amount: int, body: dict[str, Any]) -> None:
    """Keeps what hashes to the node."""
    if node.level == 0:
        content = bytes.fromhex(body["content"][2:])
        if len(content) != amount or merkle.leaf(content) != node.hash:
            raise Silent("that is another leaf")
        told.shown.known.add_content(content)
        return
    hashes = _hashes(body, "hashes")
    if len(hashes) != amount or merkle.root(hashes) != node.hash:
        raise Silent("that is below another node")
    told.shown.known.add_hashes(hashes)


def _lead_to_columns(parts: PartList, position: int, signed: SignedParts, shown: Shown) -> bool:
    """As the contract will look at it."""
    count = 1 if parts.rows == ONE else shown.outputs if parts.rows == CHOSEN else shown.positions
    row = 0 if parts.rows == ONE else position - (shown.positions - shown.outputs if parts.rows == CHOSEN else 0)
    path, root = iter(signed.path), merkle.root(shown.hashes)
    for place, part in enumerate(parts.columns):
        column = BEFORE_COLUMNS + parts.first_column + place
        top = _climb(_climb(signed.roots[part], row, count, path), column, len(shown.hashes), path)
        if top != root:
            return False
    return next(path, None) is None


def _climb(hash_: bytes, index: int, count: int, path: Iterator[bytes]) -> bytes:
    while count > 1:
        if index ^ 1 < count:
            other = next(path, b"")
            hash_ = merkle.node(other, hash_) if index % 2 else merkle.node(hash_, other)
        index, count = index // 2, (count + 1) // 2
    return hash_


def _is_canonical(signature: bytes) -> bool:
    """As the contract takes it: 65 bytes, v of 27 or 28, s in the lower half."""
    s = int.from_bytes(signature[32:64], "big")
    return len(signature) == SIGNATURE and signature[-1] in {27, 28} and 0 < s <= HALF_ORDER
