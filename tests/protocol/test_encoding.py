"""Golden values of everything that is hashed: Python, Solidity, the page and the vectors say the same."""

import json
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import encoding
from protocol.rules import rules_id
from protocol.types import (
    Answer,
    JobStatus,
    ModelFacts,
    Offer,
    Outcome,
    Sampling,
    SamplingMalformed,
    ShareTable,
    Sheet,
    Terms,
    TermsOutOfRange,
    Work,
)
from tests.vectors import make_encoding

VECTORS: dict[str, dict[str, list[str]]] = json.loads(make_encoding.FILE.read_text())
PAGE = (Path(__file__).parents[2] / "docs" / "encoding.md").read_text()
KINDS: list[tuple[str, type[Any]]] = [
    ("sheet", Sheet),
    ("shares", ShareTable),
    ("model", ModelFacts),
    ("offer", Offer),
    ("work", Work),
    ("answer", Answer),
]


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def value_of(text: str) -> bytes | int | str:
    """Words are written in 64 digits, addresses in 40, numbers in decimal."""
    if text.startswith("0x") and len(text) == 42:
        return text
    return bytes.fromhex(text[2:]) if text.startswith("0x") else int(text)


def rows(kind: str) -> Iterator[dict[str, Any]]:
    """The values of a kind, one after the other."""
    columns = VECTORS[kind]
    for row in zip(*columns.values(), strict=True):
        yield {name: value_of(text) for name, text in zip(columns, row, strict=True)}


def instance(cls: type[Any], row: dict[str, Any]) -> Any:
    values = {field.name: row[camel(field.name)] for field in fields(cls)}
    if "terms" in values:
        values["terms"] = Terms.unpack(values["terms"])
    if "slotted" in values:
        values["slotted"] = bool(values["slotted"])
    return cls(**values)


def test_the_committed_file_is_what_the_generator_writes() -> None:
    assert make_encoding.FILE.read_text() == make_encoding.text(), "run python tests/vectors/make_encoding.py"


@pytest.mark.parametrize(("kind", "cls"), KINDS)
def test_structs_hash_to_their_golden_values(kind: str, cls: type[Any]) -> None:
    hashes = {Sheet: encoding.sheet_hash, ShareTable: encoding.shares_id, ModelFacts: encoding.model_id}
    for row in rows(kind):
        assert hashes.get(cls, encoding.facts_hash)(instance(cls, row)) == row["hash"]


@pytest.mark.parametrize(
    ("kind", "cls", "status"),
    [
        ("offer", Offer, JobStatus.OPEN),
        ("work", Work, JobStatus.ACCEPTED),
        ("answer", Answer, JobStatus.POSTED),
        ("answer", Answer, JobStatus.DISPUTED),
    ],
)
def test_commitments_end_with_the_status(kind: str, cls: type[Any], status: JobStatus) -> None:
    for row in rows(kind):
        assert encoding.commitment(instance(cls, row), status) == row[status.name.lower()]


@pytest.mark.parametrize("status", [status for status in JobStatus if status.is_final])
def test_a_job_that_ended_keeps_its_status_alone(status: JobStatus) -> None:
    golden = value_of(VECTORS["final"][status.name.lower()][0])
    assert encoding.commitment(None, status) == golden
    assert encoding.commitment(instance(Offer, next(rows("offer"))), status) == golden


def test_ids_of_jobs_buckets_requests_results_and_rules() -> None:
    for row in rows("jobId"):
        assert encoding.job_id(row["chainId"], row["escrow"], row["client"], row["nonce"]) == row["hash"]
    for row in rows("bucket"):
        assert encoding.bucket_key(row["shares"], row["operator"]) == row["hash"]
    request, result, rules = VECTORS["request"], VECTORS["result"], VECTORS["rules"]
    for sheet, sampling, given_, hashed in zip(*request.values(), strict=True):
        found = encoding.request_of(bytes.fromhex(sheet[2:]), int(sampling), bytes.fromhex(given_[2:]))  # type: ignore[arg-type]
        assert found.hex() == hashed[2:]
    for outcome, trace, output, hashed in zip(*result.values(), strict=True):
        given = Outcome(int(outcome)), bytes.fromhex(output[2:]), bytes.fromhex(trace[2:])
        assert encoding.result_of(*given).hex() == hashed[2:]
    for document, hashed in zip(*rules.values(), strict=True):
        assert rules_id(bytes.fromhex(document[2:])).hex() == hashed[2:]


@pytest.mark.parametrize(("kind", "cls"), [("terms", Terms), ("sampling", Sampling)])
def test_packed_words(kind: str, cls: type[Terms | Sampling]) -> None:
    for row in rows(kind):
        packed = instance(cls, row)
        assert packed.pack() == row["word"]
        assert cls.unpack(row["word"]) == packed


@pytest.mark.parametrize(
    ("name", "layout"),
    [
        ("offer", make_encoding.OFFER),
        ("work", make_encoding.WORK),
        ("answer", make_encoding.ANSWER),
        ("sheet hash", make_encoding.SHEET),
        ("share-table id", make_encoding.SHARES),
        ("model id", make_encoding.MODEL),
    ],
)
def test_the_page_names_the_fields_in_their_order(name: str, layout: str) -> None:
    row = re.search(rf"^\| {name} \| H\((.*)\) \| (\d+) \|$", PAGE, re.MULTILINE)
    assert row is not None
    words = [field for field, _ in make_encoding.fields_of(layout)]
    assert row[1].split(" ‖ ") == words
    assert int(row[2]) == len(words)


WORDS = st.integers(0, 2**256 - 1)


@given(WORDS)
def test_every_word_is_the_terms_of_itself(word: int) -> None:
    assert Terms.unpack(word).pack() == word


@given(WORDS)
def test_a_sampling_word_is_read_whole_or_refused(word: int) -> None:
    if word >> 128:
        with pytest.raises(SamplingMalformed, match="has bits above the 128"):
            Sampling.unpack(word)
    else:
        assert Sampling.unpack(word).pack() == word


@given(st.integers(0, 111), st.sampled_from(["max_tokens", "temperature", "seed", "cut"]))
def test_a_sampling_field_that_does_not_fit_is_named(bit: int, name: str) -> None:
    width = {"max_tokens": 32, "temperature": 16, "seed": 64, "cut": 16}[name]
    values = {"max_tokens": 1, "temperature": 0, "seed": 0, "cut": 0, name: 1 << (width + bit)}
    with pytest.raises(SamplingMalformed, match=f"{name} is {values[name]}"):
        Sampling(**values).pack()
    with pytest.raises(SamplingMalformed, match=f"{name} is -1"):
        Sampling(**{**values, name: -1}).pack()


def test_terms_that_do_not_fit_are_named() -> None:
    with pytest.raises(TermsOutOfRange, match=r"min_bond is .*: it takes 0 to 2\^72 - 1"):
        Terms(1, 1, 1, 1, 1, 1, 1, 1, 2**72, 1).pack()
