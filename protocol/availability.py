"""What the chain says of a model's weights: what was demanded of them, and what was shown, without their files."""

from __future__ import annotations

from dataclasses import dataclass, field

from protocol.chain import Chain
from protocol.clients.availability import SHOW_HEADER, SHOW_TENSOR, Tensor
from protocol.computation import Evidence
from protocol.deployment import Deployment
from protocol.events import WeightsDemanded, WeightsLapsed, WeightsShown, decode, topic_of
from protocol.parts import PIECE
from protocol.solidity import NotDecodable
from protocol.types import ModelId

KINDS = (WeightsDemanded, WeightsShown, WeightsLapsed)
TENSORS = slice(40, 48)
"""Of the program's first record: how many tensors there are."""
LEAF_BYTES = 256
"""Of a tensor that is no matrix, in one leaf."""


@dataclass
class KnownWeights:
    """`header` and `tensors` as they were shown; `open`: what was demanded and not shown yet, by its key."""

    header: Evidence | None = None
    tensors: dict[int, Tensor] = field(default_factory=dict)
    open: dict[bytes, WeightsDemanded] = field(default_factory=dict)
    lapsed: set[bytes] = field(default_factory=set)

    @property
    def count(self) -> int:
        """How many tensors there are; zero where the header was not shown."""
        return int.from_bytes(self.header.record[TENSORS], "big") if self.header else 0


def known_weights(chain: Chain, deployment: Deployment, model: ModelId) -> KnownWeights:
    """Raises the chain's errors."""
    topics = [topic_of(kind) for kind in KINDS]
    contract = deployment.address_of("ModelAvailability")
    known = KnownWeights()
    for raw in chain.logs(deployment.block, "latest", [contract], [topics, "0x" + model.hex()]):
        match event := decode(raw):
            case WeightsDemanded():
                known.open[event.key] = event
                known.lapsed.discard(event.key)
            case WeightsLapsed():
                known.lapsed.add(event.key)
            case WeightsShown():
                known.open.pop(event.key, None)
                known.lapsed.discard(event.key)
                sent = chain.request("eth_getTransactionByHash", ["0x" + event.log.transaction_hash.hex()])
                if sent and str(sent["to"]).lower() == contract.lower():
                    _learn(known, bytes.fromhex(sent["input"][2:]))
    return known


def _learn(known: KnownWeights, data: bytes) -> None:
    """What was shown stands in the call; what went by way of another contract teaches nothing."""
    try:
        if data.startswith(SHOW_HEADER.selector):
            _, known.header = SHOW_HEADER.codec.decode(data[4:])
        elif data.startswith(SHOW_TENSOR.selector):
            _, _, tensor = SHOW_TENSOR.codec.decode(data[4:])
            known.tensors[tensor.number] = tensor
    except NotDecodable:
        return


def leaves_of(head: bytes) -> int:
    """How many leaves a tensor has whose entry begins so: bytes of an element ‖ number of dimensions ‖ dimensions."""
    size, dimensions = head[0], [int.from_bytes(head[at : at + 8], "big") for at in range(2, len(head), 8)]
    if size == 1 and len(dimensions) == 2:
        return dimensions[0] * -(-dimensions[1] // PIECE)
    length = size
    for dimension in dimensions:
        length *= dimension
    return -(-length // LEAF_BYTES)
