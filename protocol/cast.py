"""The cast: ten accounts with names, for local chains and tests. **Their keys are known to everybody.**

They are the first ten of the mnemonic that Anvil and Hardhat fund by default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

from eth_account import Account
from eth_account.signers.local import LocalAccount

from protocol.errors import CommonholdError
from protocol.solidity import Address

MNEMONIC = "test test test test test test test test test test test junk"
LOCAL_CHAINS = (1337, 31337)


class NotLocal(CommonholdError):
    """The cast's keys were about to be used on a chain that is not a local one."""


@dataclass(frozen=True)
class Member:
    """One of the cast. `key`: 0x and 64 hexadecimal digits."""

    name: str
    key: str = field(repr=False)

    @cached_property
    def account(self) -> LocalAccount:
        account: LocalAccount = Account.from_key(self.key)
        return account

    @property
    def address(self) -> Address:
        return Address(self.account.address)


_KEYS = {
    "deployer": "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
    "operator": "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
    "operator2": "0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a",
    "client": "0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6",
    "client2": "0x47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a",
    "curator": "0x8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba",
    "steward": "0x92db14e403b83dfe3df233f83dfa3a0d7096f21ca9b0d6d6b8d88b2b4ec1564e",
    "holder1": "0x4bbbf85ce3377467afe5d46f804f221813b2bb87f24d81f60f1fcdbf7cbf4356",
    "holder2": "0xdbda1821b80551c9d65939329250298aa3472ba22feea921c0cf5d620ea67b97",
    "watcher": "0x2a871d0798f97d79848a013d4936a73bf4cc922c825d33c1cf7073dff6d409c6",
}

CAST: Mapping[str, Member] = MappingProxyType({name: Member(name, key) for name, key in _KEYS.items()})
"""The members by name, in the mnemonic's order."""


def refuse_elsewhere(chain_id: int) -> None:
    """Raises `NotLocal` unless the chain is one whose money is worth nothing."""
    if chain_id not in LOCAL_CHAINS:
        raise NotLocal(f"chain {chain_id} is not a local one: everybody knows the cast's keys. Use a key of your own")
