"""Transactions done properly: written down, then sent; sent again, priced up and followed until they are final.

```
 send(key, call) ─▶ simulate ─▶ sign + write down ─▶ broadcast ─▶ follow ─▶ Receipt
                       │ reverts       │ one commit                 │
                       ▼               ▼                            ├─ not known to the node: broadcast the same again
                  Reverted,      killed here or later:              ├─ stuck: same nonce, higher fees
                  nothing sent   `reconcile` goes on                ├─ mined and gone again (reorg): broadcast again
                                                                    └─ nonce used by somebody else, for good: next nonce
```

A key names one transaction for ever: whoever sends under it again gets that one's receipt.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from eth_account.signers.local import LocalAccount

from protocol.chain import BlockUnknown, Chain, Receipt, RpcError
from protocol.errors import CommonholdError
from protocol.intents import (
    Call,
    Fees,
    Identity,
    Intent,
    Intents,
    IntentsOfAnother,
    IntentState,
    IntentsUnwritable,
    SenderBusy,
    Signed,
)
from protocol.reverts import ContractError, Reverted, decode_revert
from protocol.solidity import Address

__all__ = [
    "Call",
    "FeePolicy",
    "InsufficientFunds",
    "Intent",
    "IntentState",
    "IntentsOfAnother",
    "IntentsUnwritable",
    "KeyReused",
    "Sender",
    "SenderBusy",
    "TransactionPending",
    "TransactionRefused",
    "TransactionReverted",
]

log = logging.getLogger(__name__)

GWEI = 10**9
DEFAULT_TIP = GWEI
NEW_STORAGE = 3 * 22_100
"""Gas of three storage slots written for the first time (EIP-2929): most that one of our verbs adds in checkpoints."""
BLOCKS_TO_FINALITY = 64
"""Taken where a node does not know the tag `finalized`."""

FIRST_POLL, LONGEST_POLL = 0.02, 1.0

ALREADY_THERE = ("already known", "already imported", "known transaction", "already in mempool", "alreadyknown")
NONCE_USED = ("nonce too low", "nonce is too low", "nonce has already been used")
NONCE_AHEAD = ("nonce too high", "nonce is too high")
UNDERPRICED = (
    "underpriced",
    "less than block base fee",
    "fee too low",
    "lower than the current baseFee",
    "fee cap less",
)
NO_FUNDS = ("insufficient funds", "enough funds", "insufficient balance", "outofmoney", "out of fund")


class KeyReused(CommonholdError):
    """A key that names another call already."""


class InsufficientFunds(CommonholdError):
    """The account cannot pay for gas and value."""


class TransactionRefused(CommonholdError):
    """The node does not take the transaction. It stays written down and is offered again."""


class TransactionPending(CommonholdError):
    """Not mined in the time given. It is still followed: call `wait` or `reconcile` again."""


class TransactionReverted(CommonholdError):
    """Mined, and undone by the contract; `error` says why, as far as replaying it tells."""

    def __init__(self, intent: Intent, error: ContractError) -> None:
        super().__init__(f"{intent.call.description or intent.key}, mined in block {intent.block_number}: {error}")
        self.intent, self.error = intent, error


@dataclass(frozen=True, slots=True)
class FeePolicy:
    """`ceiling`: most ever paid for a unit of gas, in wei. `patience`: seconds before a pending transaction is
    priced up, by an eighth at least (nodes take no smaller step)."""

    ceiling: int = 1_000 * GWEI
    patience: float = 30.0


class Sender:
    """Sends for one account; its record of intents lies at `path`.

    One process at a time (`SenderBusy`), any number of threads. Opening it rebroadcasts nothing: `reconcile` does.
    """

    def __init__(
        self,
        chain: Chain,
        account: LocalAccount,
        path: Path,
        policy: FeePolicy = FeePolicy(),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.chain = chain
        self.address = Address(account.address)
        self._account = account
        self._policy = policy
        self._clock = clock
        self._mutex = threading.RLock()
        self._intents = Intents(path, Identity(chain.id, chain.block(0).hash, self.address))

    @classmethod
    def at(cls, home: Path, chain: Chain, account: LocalAccount, policy: FeePolicy = FeePolicy()) -> Self:
        """The account's one record under `home`, whoever sends for it."""
        return cls(chain, account, home / "intents" / f"{chain.id}-{account.address}.sqlite", policy)

    def close(self) -> None:
        self._intents.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Sender({self.address} on chain {self.chain.id})"

    # ------------------------------------------------------------ what callers say

    def send(self, key: str, call: Call, timeout: float = 120.0) -> Receipt:
        """Sends `call` under `key`, once however often it is asked, and waits until it is in a block.

        Raises `Reverted` when it would revert now (nothing is sent, the key stays free), `TransactionReverted`,
        `TransactionPending`, `InsufficientFunds`, `KeyReused`, `TransactionRefused`.
        """
        self.intend(key, call)
        return self.wait(key, timeout)

    def intend(self, key: str, call: Call) -> Intent:
        """Writes down and broadcasts without waiting; else as `send`. Known already: returns what it is at."""
        with self._mutex:
            known = self._intents.find(key)
            if known is None:
                return self._begin(key, call)
            if (known.call.to, known.call.data, known.call.value) != (call.to, call.data, call.value):
                raise KeyReused(f"key {key!r} names another call ({known.call.description}): choose a new key")
            return self._follow(known) if known.state is IntentState.PENDING else known

    def next_nonce(self) -> int:
        """What the next intent will take, unless another program sends with the same key."""
        with self._mutex:
            return max(self.chain.nonce(self.address, "pending"), self._intents.next_nonce())

    def find(self, key: str) -> Intent | None:
        """What was written down, as last seen."""
        with self._mutex:
            return self._intents.find(key)

    def wait(self, key: str, timeout: float = 120.0) -> Receipt:
        """The receipt of an intent, once it is in a block. Raises as `send` does, and `KeyError`."""
        deadline, pause = time.monotonic() + timeout, FIRST_POLL
        while True:
            with self._mutex:
                intent = self._intents.find(key)
                if intent is None:
                    raise KeyError(f"nothing was sent under key {key!r}")
                intent = self._follow(intent)
            if intent.state is not IntentState.PENDING:
                return self._receipt_or_raise(intent)
            if time.monotonic() > deadline:
                raise TransactionPending(
                    f"{key} (nonce {intent.nonce}) is not mined after {timeout:.0f} s: {self._why(intent)}"
                )
            time.sleep(pause)
            pause = min(pause * 1.5, LONGEST_POLL)

    def reconcile(self) -> list[Intent]:
        """Brings every intent that is not final up to date with the chain, and pushes those that are not mined.

        Returns those whose state or place changed. Call it at start and in every round.
        """
        with self._mutex:
            finalized = self._finalized()
            before = self._intents.unfinished()
            after = [self._follow_on(intent, finalized) for intent in before]
        return [new for old, new in zip(before, after, strict=True) if new != old]

    def _follow_on(self, intent: Intent, finalized: int) -> Intent:
        """One that the node refuses, or that cannot be paid now, does not keep the others waiting."""
        try:
            return self._follow(intent, finalized)
        except (TransactionRefused, InsufficientFunds) as error:
            log.warning("%s", error)
            return intent

    # ------------------------------------------------------------ beginning

    def _begin(self, key: str, call: Call) -> Intent:
        gas = self._gas(call)
        intent = Intent(key, self.next_nonce(), call, gas)
        signed = self._sign(intent, self._fees())
        self._intents.add(intent, signed)
        self._broadcast(intent, signed)
        return intent

    def _gas(self, call: Call) -> int:
        """A quarter above the estimate, and what new storage may cost: others' transactions may come first, and in
        another second a checkpoint of votes is added where the estimate found one to overwrite."""
        try:
            estimate = self.chain.estimate_gas(self.address, call.to, call.data, call.value)
        except Reverted as reverted:
            raise Reverted(call.description or "transaction", reverted.error) from reverted
        except RpcError as error:
            raise self._clearer(error) from error
        return estimate + estimate // 4 + NEW_STORAGE

    def _fees(self) -> Fees:
        """Room for the base fee to double, within the ceiling."""
        try:
            tip = self.chain.priority_fee()
        except RpcError:
            tip = DEFAULT_TIP
        max_fee = min(2 * self.chain.block().base_fee + tip, self._policy.ceiling)
        return Fees(max_fee, min(tip, max_fee))

    def _sign(self, intent: Intent, fees: Fees) -> Signed:
        transaction: dict[str, Any] = {
            "type": 2,
            "chainId": self.chain.id,
            "nonce": intent.nonce,
            "to": intent.call.to or b"",
            "data": intent.call.data,
            "value": intent.call.value,
            "gas": intent.gas,
            "maxFeePerGas": fees.max_fee,
            "maxPriorityFeePerGas": fees.priority_fee,
        }
        signed = self._account.sign_transaction(transaction)
        return Signed(bytes(signed.hash), bytes(signed.raw_transaction), fees, self._clock())

    # ------------------------------------------------------------ broadcasting

    def _broadcast(self, intent: Intent, signed: Signed) -> bool:
        """Whether the node will consider the transaction; false: only at a higher fee."""
        try:
            self.chain.broadcast(signed.raw)
        except RpcError as error:
            if self.chain.receipt(signed.hash) is not None:
                return True  # mined on the spot, and it reverted: Hardhat answers that with an error
            if _says(error, ALREADY_THERE + NONCE_USED + NONCE_AHEAD):
                return True  # `_follow` finds out which of ours was mined, or waits for those before
            if _says(error, UNDERPRICED):
                return False
            raise self._clearer(error, intent) from error
        return True

    def _clearer(self, error: RpcError, intent: Intent | None = None) -> CommonholdError:
        if _says(error, NO_FUNDS):
            coins = self.chain.balance(self.address) / 10**18
            return InsufficientFunds(
                f"{self.address} has {coins:.6f} of chain {self.chain.id}'s coin, too little for gas and value: fund it"
            )
        what = "the transaction" if intent is None else f"{intent.key} (nonce {intent.nonce})"
        return TransactionRefused(f"the node refuses {what}: {error.message}")

    # ------------------------------------------------------------ following

    def _follow(self, intent: Intent, finalized: int | None = None) -> Intent:
        """The intent as the chain has it now. One that is not mined is pushed."""
        if intent.final:
            return intent
        receipt = self._receipt(intent)
        if receipt is not None:
            return self._mined(intent, receipt, finalized)
        if intent.state is not IntentState.PENDING:
            self._intents.set_pending(intent.key)
            intent = Intent(intent.key, intent.nonce, intent.call, intent.gas)
        if self.chain.nonce(self.address) > intent.nonce:
            return self._after_losing_its_nonce(intent)
        self._push(intent)
        return intent

    def _receipt(self, intent: Intent) -> Receipt | None:
        """Of whichever of the intent's transactions was mined: one at most can be, for they share a nonce."""
        receipts = (self.chain.receipt(signed.hash) for signed in self._intents.signed(intent))
        return next((receipt for receipt in receipts if receipt is not None), None)

    def _mined(self, intent: Intent, receipt: Receipt, finalized: int | None) -> Intent:
        final = finalized is not None and receipt.block_number <= finalized
        place = (receipt.transaction_hash, receipt.block_number, receipt.block_hash, receipt.succeeded, final)
        if place != (intent.mined_hash, intent.block_number, intent.block_hash, intent.succeeded, intent.final):
            self._intents.set_mined(intent.key, receipt, final)
        mined_hash, number, block_hash, succeeded, final = place
        return replace(
            intent, mined_hash=mined_hash, block_number=number, block_hash=block_hash, succeeded=succeeded, final=final
        )

    def _after_losing_its_nonce(self, intent: Intent) -> Intent:
        """Somebody else used the nonce with the same key. Signed anew only when none of ours can be mined any more."""
        try:
            gone_for_good = self.chain.nonce(self.address, self._finalized()) > intent.nonce
        except BlockUnknown:
            return intent
        if not gone_for_good or self._receipt(intent) is not None:
            return intent
        moved = replace(intent, nonce=self.next_nonce())
        signed = self._sign(moved, self._fees())
        self._intents.replace(moved, signed)
        self._broadcast(moved, signed)
        return moved

    def _push(self, intent: Intent) -> None:
        newest = self._intents.signed(intent)[0]
        stuck = self._clock() - newest.at > self._policy.patience
        if not stuck and self.chain.transaction(newest.hash) is not None:
            return
        if stuck or not self._broadcast(intent, newest):
            self._price_up(intent, newest)

    def _price_up(self, intent: Intent, stuck: Signed) -> None:
        dearer = self._dearer(stuck.fees)
        signed = stuck if dearer is None else self._sign(intent, dearer)
        if signed is not stuck:
            self._intents.replace(intent, signed)
        self._broadcast(intent, signed)

    def _dearer(self, fees: Fees) -> Fees | None:
        """An eighth more and what is asked today, whichever is higher; `None` above the ceiling."""
        now = self._fees()
        max_fee = max(now.max_fee, fees.max_fee * 9 // 8 + 1)
        if max_fee > self._policy.ceiling:
            return None
        return Fees(max_fee, min(max(now.priority_fee, fees.priority_fee * 9 // 8 + 1), max_fee))

    def _finalized(self) -> int:
        """Number of the newest block that cannot be reorganised away."""
        try:
            return self.chain.block("finalized").number
        except (RpcError, BlockUnknown):
            return max(self.chain.block_number() - BLOCKS_TO_FINALITY, 0)

    # ------------------------------------------------------------ what came of it

    def _receipt_or_raise(self, intent: Intent) -> Receipt:
        receipt = self._receipt(intent)
        if receipt is None:
            raise TransactionPending(f"{intent.key}: its block was reorganised away just now; wait again")
        if not receipt.succeeded:
            raise TransactionReverted(intent, self._reason(intent, receipt))
        return receipt

    def _reason(self, intent: Intent, receipt: Receipt) -> ContractError:
        """Replays the call after its block, where what beat it is there, and before it. Not exact, but telling."""
        if receipt.gas_used >= intent.gas:
            return ContractError("OutOfGas", {}, f"it used all of its {intent.gas} gas")
        call = intent.call
        for block in (receipt.block_number, receipt.block_number - 1):
            try:
                self.chain.call(call.to, call.data, block, self.address, call.value)
            except Reverted as reverted:
                return reverted.error
            except CommonholdError:
                continue
        return decode_revert(b"")

    def _why(self, intent: Intent) -> str:
        used, fees = self.chain.nonce(self.address), self._intents.signed(intent)[0].fees
        if used < intent.nonce:
            return f"{intent.nonce - used} before it are not mined either"
        if used > intent.nonce:
            return "another program used its nonce with the same key; it is signed anew once that is final"
        return (
            f"it offers {fees.max_fee / GWEI:.3f} gwei, the base fee is {self.chain.block().base_fee / GWEI:.3f} gwei"
        )


def _says(error: RpcError, texts: tuple[str, ...]) -> bool:
    said = error.message.lower()
    return any(text.lower() in said for text in texts)
