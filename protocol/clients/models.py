"""Client of `ModelRegistry`."""

from __future__ import annotations

from protocol.chain import BlockRef
from protocol.clients.client import Client
from protocol.intents import Call
from protocol.solidity import Function
from protocol.types import ModelFacts, ModelId, SlotKey

REGISTER_MODEL = Function(
    "function registerModel(bytes32 manifest, bytes32 program, bytes32 weights, bytes32 tokenizer, uint16 arithmetic, "
    "uint16 curatorBps) returns (bytes32 model)"
)
ASSIGN_SLOT = Function("function assignSlot(bytes32 slot, bytes32 model)")
ROLLBACK_SLOT = Function("function rollbackSlot(bytes32 slot)")
WITHDRAW_SHEETS = Function("function withdrawSheets(bytes32 model)")
RETIRE = Function("function retire(bytes32 model)")
MODEL_OF = Function("function modelOf(bytes32 model) returns (Model facts)")
IS_SERVABLE = Function("function isServable(bytes32 model) returns (bool)")
SLOT_MODEL = Function("function slotModel(bytes32 slot) returns (bytes32 current, bytes32 previous)")
SLOTS = Function("function slots() returns (bytes32[])")


class ModelsClient(Client):
    def register_model(self, facts: ModelFacts) -> Call:
        """The sender must be the curator that the facts name: the contract records whoever sends."""
        return self._verb(
            REGISTER_MODEL,
            facts.manifest,
            facts.program,
            facts.weights,
            facts.tokenizer,
            facts.arithmetic,
            facts.curator_bps,
        )

    def assign_slot(self, slot: SlotKey, model: ModelId) -> Call:
        """By vote."""
        return self._verb(ASSIGN_SLOT, slot, model)

    def rollback_slot(self, slot: SlotKey) -> Call:
        """By vote."""
        return self._verb(ROLLBACK_SLOT, slot)

    def retire(self, model: ModelId) -> Call:
        """By vote."""
        return self._verb(RETIRE, model)

    def withdraw_sheets(self, model: ModelId) -> Call:
        """Of a model that is withheld; a lapse does it already, unless it got too little gas for it."""
        return self._verb(WITHDRAW_SHEETS, model)

    def model_of(self, model: ModelId, at: BlockRef = "latest") -> ModelFacts:
        facts = self._read(MODEL_OF, model, at=at)
        assert isinstance(facts, ModelFacts)
        return facts

    def is_servable(self, model: ModelId, at: BlockRef = "latest") -> bool:
        return bool(self._read(IS_SERVABLE, model, at=at))

    def slot_model(self, slot: SlotKey, at: BlockRef = "latest") -> tuple[ModelId, ModelId]:
        """The model in the slot and the one before; zeros: none."""
        current, previous = self._read(SLOT_MODEL, slot, at=at)
        return ModelId(current), ModelId(previous)

    def slots(self, at: BlockRef = "latest") -> tuple[SlotKey, ...]:
        return tuple(self._read(SLOTS, at=at))
