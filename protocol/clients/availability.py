"""Client of `ModelAvailability`; `contracts/interfaces/IModelAvailability.sol` says what each verb demands."""

from __future__ import annotations

from dataclasses import dataclass

from protocol.chain import BlockRef
from protocol.clients.client import Client
from protocol.computation import Evidence
from protocol.intents import Call
from protocol.solidity import Address, Function, struct
from protocol.types import ModelId


@struct("uint256 number, bytes head, bytes32 root, bytes32[] path")
@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor's entry in a model's weights, and its way up to their root. `number`: from one; `root`: of its
    leaves."""

    number: int
    head: bytes
    root: bytes
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf of a tensor, and its way up to the tensor's root."""

    index: int
    content: bytes
    path: tuple[bytes, ...]


@struct("address challenger, uint40 deadline, bool shown, bool lapsed")
@dataclass(frozen=True, slots=True)
class WeightsDemand:
    """`lapsed`: nobody showed it in time."""

    challenger: Address
    deadline: int
    shown: bool
    lapsed: bool


DEMAND_HEADER = Function("function demandHeader(bytes32 model)")
DEMAND_TENSOR = Function("function demandTensor(bytes32 model, Evidence header, uint256 number)")
DEMAND_LEAF = Function("function demandLeaf(bytes32 model, Evidence header, Tensor tensor, uint256 index)")
SHOW_HEADER = Function("function showHeader(bytes32 model, Evidence header)")
SHOW_TENSOR = Function("function showTensor(bytes32 model, Evidence header, Tensor tensor)")
SHOW_LEAF = Function(
    "function showLeaf(bytes32 model, Evidence header, Tensor tensor, uint256 index, bytes content, bytes32[] path)"
)
LAPSE = Function("function lapse(bytes32 model, bytes32 key)")
WITHDRAW_CREDIT = Function("function withdraw(address to)")
IS_WITHHELD = Function("function isWithheld(bytes32 model) returns (bool)")
WEIGHTS_DEMAND_OF = Function("function demandOf(bytes32 model, bytes32 key) returns (WeightsDemand demand)")
CREDIT_OF = Function("function creditOf(address account) returns (uint256)")
KEY_OF = Function("function keyOf(uint256 number, uint256 leaf) returns (bytes32)")
BOND = Function("function bond() returns (uint256)")
MOVE = Function("function moveSeconds() returns (uint256)")


class AvailabilityClient(Client):
    """Demands take the bond from the sender, who must have approved it."""

    def demand_header(self, model: ModelId) -> Call:
        return self._verb(DEMAND_HEADER, model)

    def demand_tensor(self, model: ModelId, header: Evidence, number: int) -> Call:
        return self._verb(DEMAND_TENSOR, model, header, number)

    def demand_leaf(self, model: ModelId, header: Evidence, tensor: Tensor, index: int) -> Call:
        return self._verb(DEMAND_LEAF, model, header, tensor, index)

    def show_header(self, model: ModelId, header: Evidence) -> Call:
        return self._verb(SHOW_HEADER, model, header)

    def show_tensor(self, model: ModelId, header: Evidence, tensor: Tensor) -> Call:
        return self._verb(SHOW_TENSOR, model, header, tensor)

    def show_leaf(self, model: ModelId, header: Evidence, tensor: Tensor, leaf: Leaf) -> Call:
        return self._verb(SHOW_LEAF, model, header, tensor, leaf.index, leaf.content, leaf.path)

    def lapse(self, model: ModelId, key: bytes) -> Call:
        """Says that something was not shown in time."""
        return self._verb(LAPSE, model, key)

    def withdraw(self, to: Address) -> Call:
        """Takes all that the sender was paid."""
        return self._verb(WITHDRAW_CREDIT, to)

    def key_of(self, number: int, leaf: int) -> bytes:
        """Names the demand of a tensor's leaf, both from one; of its entry, `leaf` zero; of the header, both zero."""
        return bytes(self._read(KEY_OF, number, leaf, at="latest"))

    def is_withheld(self, model: ModelId, at: BlockRef = "latest") -> bool:
        return bool(self._read(IS_WITHHELD, model, at=at))

    def demand_of(self, model: ModelId, key: bytes, at: BlockRef = "latest") -> WeightsDemand:
        found = self._read(WEIGHTS_DEMAND_OF, model, key, at=at)
        assert isinstance(found, WeightsDemand)
        return found

    def credit_of(self, account: Address, at: BlockRef = "latest") -> int:
        return int(self._read(CREDIT_OF, account, at=at))

    def bond(self, at: BlockRef = "latest") -> int:
        return int(self._read(BOND, at=at))

    def move_seconds(self, at: BlockRef = "latest") -> int:
        return int(self._read(MOVE, at=at))
