"""Clients of ERC-20 tokens with permit: the asset, HOLD, and what the local test dollar has beside."""

from __future__ import annotations

from dataclasses import dataclass

from eth_account.signers.local import LocalAccount

from protocol.chain import BlockRef
from protocol.clients.client import Client
from protocol.intents import Call
from protocol.solidity import Address, Function

TRANSFER = Function("function transfer(address to, uint256 value) returns (bool)")
APPROVE = Function("function approve(address spender, uint256 value) returns (bool)")
BALANCE_OF = Function("function balanceOf(address account) returns (uint256)")
ALLOWANCE = Function("function allowance(address owner, address spender) returns (uint256)")
TOTAL_SUPPLY = Function("function totalSupply() returns (uint256)")
DECIMALS = Function("function decimals() returns (uint8)")
SYMBOL = Function("function symbol() returns (string)")
NONCES = Function("function nonces(address owner) returns (uint256)")
EIP712_DOMAIN = Function(
    "function eip712Domain() returns (bytes1 fields, string name, string version, uint256 chainId, "
    "address verifyingContract, bytes32 salt, uint256[] extensions)"
)
MINT = Function("function mint(address to, uint256 amount)")
CAP = Function("function CAP() returns (uint256)")
GET_PAST_TOTAL_SUPPLY = Function("function getPastTotalSupply(uint256 timepoint) returns (uint256)")

PERMIT = {
    "Permit": [
        {"name": "owner", "type": "address"},
        {"name": "spender", "type": "address"},
        {"name": "value", "type": "uint256"},
        {"name": "nonce", "type": "uint256"},
        {"name": "deadline", "type": "uint256"},
    ]
}


@dataclass(frozen=True, slots=True)
class Permit:
    """A signed approval (ERC-2612) of `value` until second `deadline`."""

    value: int
    deadline: int
    v: int
    r: bytes
    s: bytes


class TokenClient(Client):
    def transfer(self, to: Address, value: int) -> Call:
        return self._verb(TRANSFER, to, value)

    def approve(self, spender: Address, value: int) -> Call:
        return self._verb(APPROVE, spender, value)

    def balance_of(self, account: Address, at: BlockRef = "latest") -> int:
        return int(self._read(BALANCE_OF, account, at=at))

    def allowance(self, owner: Address, spender: Address, at: BlockRef = "latest") -> int:
        return int(self._read(ALLOWANCE, owner, spender, at=at))

    def total_supply(self, at: BlockRef = "latest") -> int:
        return int(self._read(TOTAL_SUPPLY, at=at))

    def decimals(self, at: BlockRef = "latest") -> int:
        return int(self._read(DECIMALS, at=at))

    def symbol(self, at: BlockRef = "latest") -> str:
        return str(self._read(SYMBOL, at=at))

    def permit(self, account: LocalAccount, spender: Address, value: int, deadline: int) -> Permit:
        """Signs an approval with the owner's account; for tokens that state their EIP-712 domain (ERC-5267)."""
        _, name, version, chain_id, contract, _, _ = self._read(EIP712_DOMAIN, at="latest")
        domain = {"name": name, "version": version, "chainId": chain_id, "verifyingContract": contract}
        message = {
            "owner": account.address,
            "spender": spender,
            "value": value,
            "nonce": self._read(NONCES, account.address, at="latest"),
            "deadline": deadline,
        }
        signed = account.sign_typed_data(domain, PERMIT, message)
        return Permit(value, deadline, signed.v, signed.r.to_bytes(32, "big"), signed.s.to_bytes(32, "big"))


class TestDollarClient(TokenClient):
    """The local asset, which anybody may mint."""

    __test__ = False

    def mint(self, to: Address, amount: int) -> Call:
        return self._verb(MINT, to, amount)


class HoldClient(TokenClient):
    def cap(self, at: BlockRef = "latest") -> int:
        return int(self._read(CAP, at=at))

    def past_total_supply(self, timepoint: int, at: BlockRef = "latest") -> int:
        return int(self._read(GET_PAST_TOTAL_SUPPLY, timepoint, at=at))
