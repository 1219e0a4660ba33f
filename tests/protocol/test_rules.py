"""The safety-rule document: golden vectors that Solidity reads too, and what holds for every document."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.payload import RESERVED
from protocol.rules import (
    MAGIC,
    MAX_DOCUMENT,
    Deny,
    Limit,
    Prefix,
    RuleSet,
    RulesJsonInvalid,
    RulesMalformed,
    Scope,
    decode,
    encode,
    from_json,
    rules_id,
    to_json,
)

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "rules.json").read_text())
TOKENIZER = bytes(range(32))

prefixes = st.builds(
    Prefix,
    st.binary(min_size=32, max_size=32),
    st.lists(st.integers(0, RESERVED - 1), min_size=1, max_size=9).map(tuple),
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=60),
)
limits = st.builds(Limit, st.integers(1, 2**32 - 1), st.integers(1, 2**32 - 1))
denies = st.builds(Deny, st.sampled_from(Scope), st.binary(min_size=1, max_size=255))
rule_sets = (
    st.tuples(
        st.lists(prefixes, max_size=3, unique_by=lambda p: p.tokenizer),
        st.lists(limits, max_size=1),
        st.lists(denies, max_size=8),
    )
    .map(lambda parts: parts[0] + parts[1] + parts[2])
    .filter(bool)
    .flatmap(st.permutations)
    .map(lambda rules: RuleSet(tuple(rules)))
)


def unhex(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


@pytest.mark.parametrize(
    ("document", "offset", "reason"),
    list(zip(VECTORS["invalid"], VECTORS["offsets"], VECTORS["reasons"], strict=True)),
    ids=VECTORS["invalidNames"],
)
def test_an_invalid_document_is_refused_with_offset_and_reason(document: str, offset: int, reason: str) -> None:
    with pytest.raises(RulesMalformed) as refused:
        decode(unhex(document))
    assert (refused.value.offset, refused.value.reason) == (offset, reason)


@pytest.mark.parametrize("document", VECTORS["notUtf8"])
def test_a_prefix_that_is_not_utf8_is_refused_though_the_contract_cannot_see_it(document: str) -> None:
    with pytest.raises(RulesMalformed, match="not UTF-8"):
        decode(unhex(document))


@pytest.mark.parametrize(
    ("document", "identity"),
    list(zip(VECTORS["valid"], VECTORS["ids"], strict=True)),
    ids=VECTORS["validNames"],
)
def test_a_valid_document_survives_decoding_and_has_the_id_on_record(document: str, identity: str) -> None:
    assert encode(decode(unhex(document))) == unhex(document)
    assert rules_id(unhex(document)) == unhex(identity)


@given(rule_sets)
def test_every_rule_set_survives_bytes_and_json(rules: RuleSet) -> None:
    assert decode(encode(rules)) == rules
    assert from_json(json.loads(json.dumps(to_json(rules)))) == rules


@given(st.binary(max_size=80).map(lambda tail: MAGIC + tail))
def test_whatever_decodes_encodes_to_the_same_bytes(document: bytes) -> None:
    try:
        rules = decode(document)
    except RulesMalformed:
        return
    assert encode(rules) == document


@given(rule_sets, st.data())
def test_a_document_cut_anywhere_is_refused_or_ends_with_an_earlier_rule(rules: RuleSet, data: st.DataObject) -> None:
    document = encode(rules)
    cut = data.draw(st.integers(0, len(document) - 1))
    try:
        shorter = decode(document[:cut])
    except RulesMalformed:
        return
    assert shorter.rules == rules.rules[: len(shorter.rules)]


@pytest.mark.parametrize(
    "rule",
    [
        Prefix(b"short", (1,), "text"),
        Prefix(TOKENIZER, (1,), ""),
        Prefix(TOKENIZER, (), "text"),
        Prefix(TOKENIZER, (RESERVED,), "text"),
        Prefix(TOKENIZER, (1,), "\ud800"),
        Limit(0, 1),
        Limit(1, 2**32),
        Limit(-1, 1),
        Deny(Scope.INPUT, b""),
        Deny(Scope.INPUT, b"z" * 256),
        Prefix(TOKENIZER, (1,), "x" * MAX_DOCUMENT),
    ],
)
def test_a_rule_that_no_document_may_hold_is_not_encoded(rule: Prefix | Limit | Deny) -> None:
    with pytest.raises(RulesMalformed):
        encode(RuleSet((rule,)))


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ([], "an object with one list"),
        ({"rules": [], "more": 1}, "an object with one list"),
        ({"rules": []}, "no rules"),
        ({"rules": ["deny"]}, "rule 0: must be an object"),
        ({"rules": [{"kind": "moderate"}]}, "kind is 'moderate'; known are prefix, limit, deny"),
        ({"rules": [{"kind": "limit", "maxInput": 5}]}, r"missing fields \['maxOutput'\]"),
        ({"rules": [{"kind": "limit", "maxInput": True, "maxOutput": 1}]}, "maxInput must be a whole number"),
        ({"rules": [{"kind": "limit", "maxInput": 0, "maxOutput": 1}]}, "maxInput must be a whole number"),
        ({"rules": [{"kind": "deny", "scope": "all", "text": "x"}]}, "scope is 'all'"),
        ({"rules": [{"kind": "deny", "scope": "both", "hex": "0xzz"}]}, "hex is not hexadecimal"),
        ({"rules": [{"kind": "deny", "scope": "both", "text": "\ud800"}]}, "lone surrogate"),
        (
            {"rules": [{"kind": "deny", "scope": "both", "text": "a", "hex": "61"}]},
            r"unknown fields \['text'\]",
        ),
        ({"rules": [{"kind": "prefix", "tokenizer": "0x00", "tokens": [1], "text": "x"}]}, "digest of 1 bytes"),
    ],
)
def test_nonsense_in_rules_json_is_refused_by_name(tree: object, message: str) -> None:
    with pytest.raises((RulesJsonInvalid, RulesMalformed), match=message):
        from_json(tree)


def test_a_set_covers_a_tokenizer_when_it_has_no_prefix_or_one_for_it() -> None:
    deny, prefix = Deny(Scope.BOTH, b"x"), Prefix(TOKENIZER, (1,), "Be kind.")
    assert RuleSet((deny,)).covers(TOKENIZER)
    assert RuleSet((deny, prefix)).covers(TOKENIZER)
    assert not RuleSet((deny, prefix)).covers(bytes(32))
