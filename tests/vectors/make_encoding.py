"""`python tests/vectors/make_encoding.py` writes `encoding.json`: golden values of everything that is hashed.

It follows `docs/encoding.md` word by word and shares no code with `protocol/`, so that a mistake there cannot hide
here. Each kind is an object of columns, one array for each field, which forge's `vm.parseJson…Array` reads; numbers
are decimal text. Three values of each kind: ordinary ones, all zeros, and the largest.
"""

from __future__ import annotations

import json
from pathlib import Path

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

FILE = Path(__file__).with_name("encoding.json")

JOB_ID = "chainId:64 escrow:address client:address nonce:64"
SHARES = "curator:address curatorBps:16 stakersBps:16 treasuryBps:16 slotted:1"
SHEET = (
    "slot:bytes32 model:bytes32 rules:bytes32 shares:bytes32 disputes:address outageClock:address terms:256 "
    "generation:256"
)
MODEL = "manifest:bytes32 program:bytes32 weights:bytes32 tokenizer:bytes32 arithmetic:16 curator:address curatorBps:16"
BUCKET = "shares:bytes32 operator:address"
OFFER = (
    "request:bytes32 shares:bytes32 terms:256 client:address named:address disputes:address outageClock:address "
    "minFee:256 maxFee:256 submittedAt:256 offerSeconds:256 exclusiveSeconds:256 serviceSeconds:256"
)
WORK = (
    "offer:bytes32 shares:bytes32 terms:256 client:address operator:address disputes:address outageClock:address "
    "maxFee:256 price:256 acceptedAt:256 postBy:256"
)
ANSWER = (
    "offer:bytes32 result:bytes32 shares:bytes32 terms:256 client:address operator:address disputes:address "
    "maxFee:256 price:256 postedAt:256 heldUntil:256"
)
TERMS = (
    "challengeSeconds:24 disputeSeconds:24 maxOfferSeconds:24 maxServiceSeconds:24 outBps:16 refusalBps:16 "
    "fineBps:16 bondBps:24 minBond:72 maxPayload:16"
)
SAMPLING = "maxTokens:32 temperature:16 seed:64 cut:16"

OPEN, ACCEPTED, POSTED, DISPUTED, SETTLED, REFUNDED, CONVICTED = range(1, 8)
PAYLOADS = (b"\0\0\7\1\0\xff", b"", b"\xff" * 129)

Column = dict[str, list[str]]


def width_of(kind: str) -> int:
    return {"address": 160, "bytes32": 256}.get(kind) or int(kind)


def samples(name: str, field: str, kind: str) -> tuple[int, int, int]:
    """Ordinary, zero, largest."""
    bits = width_of(kind)
    ordinary = int.from_bytes(keccak(f"{name} {field}".encode()), "big") >> (256 - bits)
    return ordinary, 0, 2**bits - 1


def shown(kind: str, value: int) -> str:
    if kind == "address":
        return to_checksum_address(value.to_bytes(20, "big"))
    return f"0x{value:064x}" if kind == "bytes32" else str(value)


def word(value: int) -> bytes:
    return value.to_bytes(32, "big")


def fields_of(layout: str) -> list[tuple[str, str]]:
    return [(field, kind) for field, kind in (part.split(":") for part in layout.split())]


def hashed(name: str, layout: str, **statuses: int) -> Column:
    """Columns of a struct of words, its hash, and the commitment to it in each of `statuses`."""
    columns: Column = {}
    preimages = [b"", b"", b""]
    for field, kind in fields_of(layout):
        values = samples(name, field, kind)
        columns[field] = [shown(kind, value) for value in values]
        preimages = [before + word(value) for before, value in zip(preimages, values, strict=True)]
    hashes = [keccak(preimage) for preimage in preimages]
    columns["hash"] = ["0x" + each.hex() for each in hashes]
    for status, number in statuses.items():
        columns[status] = ["0x" + each[:31].hex() + f"{number:02x}" for each in hashes]
    return columns


def packed(name: str, layout: str) -> Column:
    """Columns of the fields of one word, the first in its lowest bits."""
    columns: Column = {}
    words, shift = [0, 0, 0], 0
    for field, kind in fields_of(layout):
        values = samples(name, field, kind)
        columns[field] = [str(value) for value in values]
        words = [before | value << shift for before, value in zip(words, values, strict=True)]
        shift += width_of(kind)
    return {**columns, "word": [str(each) for each in words]}


def requests() -> Column:
    sheets, samplings = samples("request", "sheet", "bytes32"), samples("request", "sampling", "256")
    given = list(zip(sheets, samplings, PAYLOADS, strict=True))
    return {
        "sheet": [shown("bytes32", sheet) for sheet in sheets],
        "sampling": [str(sampling) for sampling in samplings],
        "input": ["0x" + payload.hex() for payload in PAYLOADS],
        "hash": [
            "0x" + keccak(word(sheet) + word(sampling) + keccak(payload)).hex() for sheet, sampling, payload in given
        ],
    }


def results() -> Column:
    outcomes, traces = range(3), samples("result", "trace", "bytes32")
    return {
        "outcome": [str(outcome) for outcome in outcomes],
        "trace": [shown("bytes32", trace) for trace in traces],
        "output": ["0x" + payload.hex() for payload in PAYLOADS],
        "hash": [
            "0x" + keccak(word(outcome) + keccak(payload) + word(trace)).hex()
            for outcome, payload, trace in zip(outcomes, PAYLOADS, traces, strict=True)
        ],
    }


def vectors() -> dict[str, Column]:
    final = {"settled": SETTLED, "refunded": REFUNDED, "convicted": CONVICTED}
    return {
        "jobId": hashed("job id", JOB_ID),
        "sheet": hashed("sheet", SHEET),
        "shares": hashed("shares", SHARES),
        "model": hashed("model", MODEL),
        "bucket": hashed("bucket", BUCKET),
        "request": requests(),
        "result": results(),
        "offer": hashed("offer", OFFER, open=OPEN),
        "work": hashed("work", WORK, accepted=ACCEPTED),
        "answer": hashed("answer", ANSWER, posted=POSTED, disputed=DISPUTED),
        "final": {name: [f"0x{number:064x}"] for name, number in final.items()},
        "terms": packed("terms", TERMS),
        "sampling": packed("sampling", SAMPLING),
        "rules": {
            "document": ["0x" + document.hex() for document in (b"CHR1", b"any bytes at all")],
            "hash": ["0x" + keccak(document).hex() for document in (b"CHR1", b"any bytes at all")],
        },
    }


def text() -> str:
    return json.dumps(vectors(), indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(text())
