"""Client of `SheetBook`."""

from __future__ import annotations

from protocol.chain import BlockRef
from protocol.clients.client import Client
from protocol.intents import Call
from protocol.solidity import Address, Function
from protocol.types import ModelId, Numbers, ShareTable, Sheet, SlotKey

SET_NUMBERS = Function("function setNumbers(Numbers numbers)")
SET_MODULES = Function("function setModules(address disputes, address outageClock)")
PUBLISH_MODEL = Function("function publishModel(bytes32 model) returns (bytes32 sheetHash)")
PUBLISH_SLOT = Function("function publishSlot(bytes32 slot) returns (bytes32 sheetHash)")
ON_SLOT_ASSIGNED = Function("function onSlotAssigned(bytes32 slot)")
ON_UNSERVABLE = Function("function onUnservable(bytes32 key)")
ON_RULES_ADOPTED = Function("function onRulesAdopted()")
NUMBERS = Function("function numbers() returns (Numbers numbers)")
DISPUTES = Function("function disputes() returns (address)")
OUTAGE_CLOCK = Function("function outageClock() returns (address)")
COMPOSE = Function("function compose(bytes32 slot, bytes32 model) returns (Sheet sheet, ShareTable shares)")


class SheetsClient(Client):
    def set_numbers(self, numbers: Numbers) -> Call:
        """By vote."""
        return self._verb(SET_NUMBERS, numbers)

    def set_modules(self, disputes: Address, outage_clock: Address) -> Call:
        """By vote."""
        return self._verb(SET_MODULES, disputes, outage_clock)

    def publish_model(self, model: ModelId) -> Call:
        return self._verb(PUBLISH_MODEL, model)

    def publish_slot(self, slot: SlotKey) -> Call:
        """Again, after its model was withheld."""
        return self._verb(PUBLISH_SLOT, slot)

    def numbers(self, at: BlockRef = "latest") -> Numbers:
        numbers = self._read(NUMBERS, at=at)
        assert isinstance(numbers, Numbers)
        return numbers

    def disputes(self, at: BlockRef = "latest") -> Address:
        return Address(self._read(DISPUTES, at=at))

    def outage_clock(self, at: BlockRef = "latest") -> Address:
        return Address(self._read(OUTAGE_CLOCK, at=at))

    def compose(self, slot: SlotKey, model: ModelId, at: BlockRef = "latest") -> tuple[Sheet, ShareTable]:
        """What would be published now; slot zero: for the model itself."""
        sheet, shares = self._read(COMPOSE, slot, model, at=at)
        return sheet, shares
