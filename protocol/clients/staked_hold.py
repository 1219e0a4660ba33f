"""Client of `StakedHold`."""

from __future__ import annotations

from protocol.chain import BlockRef
from protocol.clients.client import Client
from protocol.intents import Call
from protocol.solidity import Address, Function

STAKE = Function("function stake(uint256 amount)")
STAKE_WITH_PERMIT = Function(
    "function stakeWithPermit(uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s)"
)
REQUEST_UNSTAKE = Function("function requestUnstake(uint256 amount) returns (uint256 ticket)")
WITHDRAW = Function("function withdraw(uint256 ticket, address to)")
CLAIM_REVENUE = Function("function claimRevenue(address to) returns (uint256 amount)")
ADD_REVENUE = Function("function addRevenue(uint256 amount)")
SET_COOLDOWN = Function("function setCooldown(uint256 cooldown)")
DELEGATE = Function("function delegate(address delegatee)")
REVENUE_OF = Function("function revenueOf(address account) returns (uint256)")
TICKET_OF = Function("function ticketOf(address account, uint256 ticket) returns (uint256 amount, uint256 unlockAt)")
COOLDOWN = Function("function cooldown() returns (uint256)")
TOTAL_OWED_HOLD = Function("function totalOwedHold() returns (uint256)")
TOTAL_OWED_ASSET = Function("function totalOwedAsset() returns (uint256)")
BALANCE_OF = Function("function balanceOf(address account) returns (uint256)")
TOTAL_SUPPLY = Function("function totalSupply() returns (uint256)")
GET_VOTES = Function("function getVotes(address account) returns (uint256)")
GET_PAST_VOTES = Function("function getPastVotes(address account, uint256 timepoint) returns (uint256)")
DELEGATES = Function("function delegates(address account) returns (address)")


class StakedHoldClient(Client):
    def stake(self, amount: int) -> Call:
        """Needs an approval of HOLD by the sender."""
        return self._verb(STAKE, amount)

    def stake_with_permit(self, amount: int, deadline: int, v: int, r: bytes, s: bytes) -> Call:
        return self._verb(STAKE_WITH_PERMIT, amount, deadline, v, r, s)

    def request_unstake(self, amount: int) -> Call:
        return self._verb(REQUEST_UNSTAKE, amount)

    def withdraw(self, ticket: int, to: Address) -> Call:
        return self._verb(WITHDRAW, ticket, to)

    def claim_revenue(self, to: Address) -> Call:
        return self._verb(CLAIM_REVENUE, to)

    def set_cooldown(self, cooldown: int) -> Call:
        """By vote."""
        return self._verb(SET_COOLDOWN, cooldown)

    def delegate(self, delegatee: Address) -> Call:
        return self._verb(DELEGATE, delegatee)

    def revenue_of(self, account: Address, at: BlockRef = "latest") -> int:
        return int(self._read(REVENUE_OF, account, at=at))

    def ticket_of(self, account: Address, ticket: int, at: BlockRef = "latest") -> tuple[int, int]:
        """Amount, and the second from which it can be withdrawn."""
        amount, unlock_at = self._read(TICKET_OF, account, ticket, at=at)
        return amount, unlock_at

    def cooldown(self, at: BlockRef = "latest") -> int:
        return int(self._read(COOLDOWN, at=at))

    def total_owed_hold(self, at: BlockRef = "latest") -> int:
        return int(self._read(TOTAL_OWED_HOLD, at=at))

    def total_owed_asset(self, at: BlockRef = "latest") -> int:
        return int(self._read(TOTAL_OWED_ASSET, at=at))

    def balance_of(self, account: Address, at: BlockRef = "latest") -> int:
        """HOLD that the account has staked."""
        return int(self._read(BALANCE_OF, account, at=at))

    def total_supply(self, at: BlockRef = "latest") -> int:
        return int(self._read(TOTAL_SUPPLY, at=at))

    def votes(self, account: Address, at: BlockRef = "latest") -> int:
        return int(self._read(GET_VOTES, account, at=at))

    def past_votes(self, account: Address, timepoint: int, at: BlockRef = "latest") -> int:
        return int(self._read(GET_PAST_VOTES, account, timepoint, at=at))

    def delegate_of(self, account: Address, at: BlockRef = "latest") -> Address:
        return Address(self._read(DELEGATES, account, at=at))
