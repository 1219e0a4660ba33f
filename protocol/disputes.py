"""What `InferenceDispute` is told of a job, and keeps of it: `contracts/types/Dispute.sol`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from eth_utils.crypto import keccak

from protocol import merkle
from protocol.computation import Computation, Evidence, Step
from protocol.solidity import Address, Codec, Parameter, struct, type_of, value
from protocol.types import Answer, JobId, Offer, Outcome, Sheet


@struct(
    "Computation computation, uint256 sampling, uint256 outcome, bytes32 rules, bytes32 policy, bytes32 input, "
    "bytes32 output"
)
@dataclass(frozen=True, slots=True)
class Case:
    """What is judged of a job. `sampling` as the word that it was given in; `policy`, `input` and `output` as hashes;
    no policy is zero."""

    computation: Computation
    sampling: int
    outcome: int
    rules: bytes
    policy: bytes
    input: bytes
    output: bytes


@struct(
    "Answer answer, Offer offer, Sheet sheet, Sampling sampling, uint256 outcome, bytes32 input, bytes32 output, "
    "bytes32 trace, bytes32 root, uint256 positions, uint256 outputs, Evidence header"
)
@dataclass(frozen=True, slots=True)
class CaseFacts:
    """The facts that a case is gathered from. `trace` as posted, and what it is the hash of; `header`: the
    program's first record and its way up."""

    answer: Answer
    offer: Offer
    sheet: Sheet
    sampling: int
    outcome: Outcome
    input: bytes
    output: bytes
    trace: bytes
    root: bytes
    positions: int
    outputs: int
    header: Evidence


@struct("uint256 level, uint256 index, bytes32 hash")
@dataclass(frozen=True, slots=True)
class Node:
    """Of a tree of hashes: number `index` of those that stand `level` levels above the leaves."""

    level: int
    index: int
    hash: bytes


@struct("uint256 moveSeconds, uint256 revealSeconds, uint256 showingCost, uint256 yieldBps")
@dataclass(frozen=True, slots=True)
class Game:
    """What disputes are played by, in seconds: `move` to show what was demanded, and as long again to use it; `reveal`
    to prove a conviction. `showing_cost`: what showing costs, in units of the asset; `yield_bps`: what money that is
    held up would bear in a year, in parts of 10,000. Bonds follow from both."""

    move: int
    reveal: int
    showing_cost: int
    yield_bps: int


class Fault(IntEnum):
    """In what an answer can be wrong, apart from a step of its computation."""

    PEAK = 0
    CHOICE = 1
    END = 2
    OUTPUT = 3
    PROMPT = 4
    REFUSAL = 5
    """The posted witness of a refusal does not hold."""
    FORBIDDEN = 6
    """Another does, that comes before what was posted."""


value("Fault", "uint8", Fault, int)


@struct("Fault fault, uint256 index, uint256 other")
@dataclass(frozen=True, slots=True)
class Claim:
    """An answer, said to be wrong at a token of the output or the prompt, or an element of an embedding. Of what is
    forbidden, `index` is the witness and `other` the scope that it is in."""

    fault: Fault
    index: int
    other: int = 0


@struct("bytes denied, bytes policy, bytes input, bytes output")
@dataclass(frozen=True, slots=True)
class Ruling:
    """What a result is judged by, where it is judged by rules: scope and pattern of a rule; tokens that the rules put
    before the prompt; the job's input; the witness that was posted. What does not matter may be empty."""

    denied: bytes = b""
    policy: bytes = b""
    input: bytes = b""
    output: bytes = b""

    @property
    def payload(self) -> bytes:
        """As `InferenceDispute.convictAnswer` takes it."""
        return _ruling.encode((self,))


@dataclass(frozen=True, slots=True)
class SignedParts:
    """The roots of a list's parts at a position, as an operator signed them; `path`: from each of the list's columns'
    rows to the trace's root."""

    roots: tuple[bytes, ...]
    path: tuple[bytes, ...]
    signature: bytes


_step, _claim = (Codec([Parameter("claim", type_of(kind), False)], kind) for kind in ("Step", "Claim"))


def _codec(name: str, *kinds: str) -> Codec:
    return Codec([Parameter(kind, type_of(kind), False) for kind in kinds], name)


_ruling = _codec("ruling", "Ruling")
_parts_word = _codec("partsDigest", "uint256", "address", "bytes32", "bytes32", "bytes32", "bytes32")
_commitment = _codec("commitmentOf", "address", "bytes32", "bytes32", "bytes32")
_parts_key = _codec("partsKey", "string", "uint256", "uint256")
_trace_key = _codec("traceKey", "string", "bytes32")
_node_key = _codec("nodeKey", "string", "bytes32", "bool", "uint256")


def commitment_of(by: Address, job: JobId, claim: Step | Claim, salt: bytes) -> bytes:
    """What announces that `by` is about to prove `claim`, without saying which."""
    codec = _step if isinstance(claim, Step) else _claim
    return keccak(_commitment.encode((by, job, keccak(codec.encode((claim,))), salt)))


def commitment_key(commitment: bytes, by: Address) -> bytes:
    """Names a commitment of somebody's."""
    return keccak(commitment + bytes.fromhex(by[2:]).rjust(32, b"\0"))


def parts_key(list_: int, position: int) -> bytes:
    """Names the demand for a list's parts at a position."""
    return keccak(_parts_key.encode(("parts", list_, position)))


def parts_word(
    chain_id: int, disputes: Address, job: JobId, place: tuple[int, int], *, trace: bytes, roots: Sequence[bytes]
) -> bytes:
    """What an operator signs as a message (EIP-191) for the parts of a list at a position, which are `place`; `trace`:
    the root that they go with."""
    parts = keccak(merkle.root(roots) + len(roots).to_bytes(32, "big"))
    return keccak(_parts_word.encode((chain_id, disputes, job, trace, parts_key(*place), parts)))


def trace_key(trace: bytes) -> bytes:
    """Names the demand for what the posted trace is the hash of."""
    return keccak(_trace_key.encode(("trace", trace)))


def node_key(hash_: bytes, *, leaf: bool, amount: int) -> bytes:
    """Names the demand for `amount` hashes below a node, or for the bytes of a leaf."""
    return keccak(_node_key.encode(("node", hash_, leaf, amount)))


MOST_LEVELS = 7
"""Of a tree, that are shown at once."""


def levels_below(level: int) -> int:
    """How many levels below a node what is shown stands: as far down as possible, in moves as equal as possible."""
    return -(-level // -(-level // MOST_LEVELS))
