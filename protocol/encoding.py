"""Everything that is hashed, in one module. Normative text: `docs/encoding.md`.

`tests/vectors/encoding.json` holds golden values that Solidity and Python both read.
"""

from __future__ import annotations

from typing import Any

from eth_utils.crypto import keccak

from protocol.solidity import Codec, Parameter, type_of
from protocol.types import (
    Address,
    Answer,
    FactsHash,
    JobId,
    JobStatus,
    ModelFacts,
    ModelId,
    Offer,
    Outcome,
    Request,
    Result,
    SharesId,
    ShareTable,
    Sheet,
    SheetHash,
    Work,
)

Facts = Offer | Work | Answer


def _codec(name: str, *types: str) -> Codec:
    return Codec([Parameter("", type_of(type_), False) for type_ in types], name)


_CODECS: dict[type[Any], Codec] = {
    Offer: _codec("offer", "Offer"),
    Work: _codec("work", "Work"),
    Answer: _codec("answer", "Answer"),
    Sheet: _codec("sheet", "Sheet"),
    ShareTable: _codec("share table", "ShareTable"),
    ModelFacts: _codec("model", "Model"),
}
_JOB_ID = _codec("job id", "uint256", "address", "address", "uint256")
_REQUEST = _codec("request", "bytes32", "uint256", "bytes32")
_RESULT = _codec("result", "uint256", "bytes32", "bytes32")
_BUCKET = _codec("bucket key", "bytes32", "address")


def encode(facts: Facts | Sheet | ShareTable | ModelFacts) -> bytes:
    """`abi.encode` of a struct of static fields: 32 bytes for each."""
    return _CODECS[type(facts)].encode((facts,))


def job_id(chain_id: int, escrow: Address, client: Address, nonce: int) -> JobId:
    """The id of a client's job number `nonce`, counted from zero."""
    return JobId(keccak(_JOB_ID.encode((chain_id, escrow, client, nonce))))


def sheet_hash(sheet: Sheet) -> SheetHash:
    return SheetHash(keccak(encode(sheet)))


def shares_id(shares: ShareTable) -> SharesId:
    return SharesId(keccak(encode(shares)))


def model_id(model: ModelFacts) -> ModelId:
    return ModelId(keccak(encode(model)))


def request_of(sheet: SheetHash, sampling: int, input: bytes) -> Request:  # noqa: A002
    """What is judged: `sampling` is the packed word, `input` the payload."""
    return Request(keccak(_REQUEST.encode((sheet, sampling, keccak(input)))))


def result_of(outcome: Outcome, output: bytes, trace: bytes) -> Result:
    """What is judged: `trace` has 32 bytes."""
    return Result(keccak(_RESULT.encode((outcome, keccak(output), trace))))


def bucket_key(shares: SharesId, operator: Address) -> bytes:
    return bytes(keccak(_BUCKET.encode((shares, operator))))


def facts_hash(facts: Facts) -> FactsHash:
    return FactsHash(keccak(encode(facts)))


def commitment(facts: Facts | None, status: JobStatus) -> bytes:
    """The escrow's one word for a job: 31 bytes of the facts' hash (zero in final states) and the status."""
    hashed = bytes(32) if facts is None or status.is_final else facts_hash(facts)
    return hashed[:31] + bytes([status])
