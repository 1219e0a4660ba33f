"""Sends what is asked for by disputes and of weights, each call once: again only where it was mined and came to
nothing."""

from __future__ import annotations

from enum import Enum
from hashlib import sha256
from itertools import count

from oracle.logging import Log
from protocol.intents import Call, Intent, IntentState
from protocol.reverts import Reverted
from protocol.transactions import Sender, TransactionRefused

log = Log(__name__)

ATTEMPTS = 5
"""Of one call that reverts, whose words are the same: facts that changed make another."""


class Attempt(Enum):
    """What became of a call: on its way it is too where it reverted too often."""

    SENT = "sent"
    ON_ITS_WAY = "on its way"
    REFUSED = "refused"


class Outbox:
    """A call's key is made of its words, so a restart finds what was sent."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def send(self, verb: str, about: bytes, call: Call, seen: int) -> bool:
        """Whether it was sent now; else as `attempt`."""
        return self.attempt(verb, about, call, seen) is Attempt.SENT

    def attempt(self, verb: str, about: bytes, call: Call, seen: int) -> Attempt:
        """`about`: a job or a model; `seen`: the block up to which the chain was read. What would revert is not sent,
        and is decided anew. Raises the chain's errors."""
        digest = sha256(f"{call.to}".encode() + call.data).hexdigest()[:32]
        key = self._next_key(f"{verb}:{digest}", seen)
        if not key:
            return Attempt.ON_ITS_WAY
        try:
            intent = self._sender.intend(key, call)
        except (Reverted, TransactionRefused) as error:
            log.info("not sent", verb=verb, about=about, why=str(error))
            return Attempt.REFUSED
        log.info("sent", verb=verb, about=about, nonce=intent.nonce, key=key)
        return Attempt.SENT

    def _next_key(self, stem: str, seen: int) -> str:
        """Empty where the call is on its way, or reverted too often. One that was mined is over once it was seen."""
        reverted = 0
        for number in count():
            intent = self._sender.find(key := f"{stem}:{number}")
            if intent is None:
                return key
            reverted += intent.state is IntentState.REVERTED
            is_over = intent.state is IntentState.REVERTED or _is_seen(intent, seen)
            if not is_over or reverted == ATTEMPTS:
                break
        return ""


def _is_seen(intent: Intent, seen: int) -> bool:
    mined = intent.state is IntentState.SUCCEEDED and intent.block_number is not None
    return mined and intent.block_number is not None and intent.block_number <= seen
