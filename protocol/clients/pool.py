"""Client of `RewardPool`."""

from __future__ import annotations

from protocol.chain import BlockRef
from protocol.clients.client import Client
from protocol.intents import Call
from protocol.solidity import Address, Function
from protocol.types import SharesId, ShareTable

SPLIT = Function("function split(ShareTable shares, address operator) returns (uint256 amount)")
CLAIM = Function("function claim(address to) returns (uint256 amount)")
CLAIM_EMISSION = Function("function claimEmission(uint256 epoch, address account) returns (uint256 amount)")
SET_EMISSION = Function("function setEmission(uint256 rateBps, uint256 referencePrice)")
CREDIT = Function("function credit(address account) returns (uint256)")
TOTAL_CREDIT = Function("function totalCredit() returns (uint256)")
CURRENT_EPOCH = Function("function currentEpoch() returns (uint256)")
SCHEDULE_OF = Function("function scheduleOf(uint256 epoch) returns (uint256)")
EMISSION_OF = Function("function emissionOf(uint256 epoch) returns (uint256)")
EARNED_IN = Function("function earnedIn(uint256 epoch, address account) returns (uint256)")
SHARES_ID = Function("function sharesId(ShareTable shares) returns (bytes32)")


class PoolClient(Client):
    def split(self, shares: ShareTable, operator: Address) -> Call:
        return self._verb(SPLIT, shares, operator)

    def claim(self, to: Address) -> Call:
        return self._verb(CLAIM, to)

    def claim_emission(self, epoch: int, account: Address) -> Call:
        return self._verb(CLAIM_EMISSION, epoch, account)

    def set_emission(self, rate_bps: int, reference_price: int) -> Call:
        """By vote."""
        return self._verb(SET_EMISSION, rate_bps, reference_price)

    def credit(self, account: Address, at: BlockRef = "latest") -> int:
        """Units of the asset that the account may claim."""
        return int(self._read(CREDIT, account, at=at))

    def total_credit(self, at: BlockRef = "latest") -> int:
        return int(self._read(TOTAL_CREDIT, at=at))

    def current_epoch(self, at: BlockRef = "latest") -> int:
        return int(self._read(CURRENT_EPOCH, at=at))

    def schedule_of(self, epoch: int, at: BlockRef = "latest") -> int:
        """Most that an epoch may mint, in units of HOLD."""
        return int(self._read(SCHEDULE_OF, epoch, at=at))

    def emission_of(self, epoch: int, at: BlockRef = "latest") -> int:
        return int(self._read(EMISSION_OF, epoch, at=at))

    def earned_in(self, epoch: int, account: Address, at: BlockRef = "latest") -> int:
        """Units of HOLD that the account earned in an epoch and has not claimed."""
        return int(self._read(EARNED_IN, epoch, account, at=at))

    def shares_id(self, shares: ShareTable, at: BlockRef = "latest") -> SharesId:
        return SharesId(self._read(SHARES_ID, shares, at=at))
