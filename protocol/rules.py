"""The safety-rule document: the bytes that holders vote on, the contract checks and operators apply.

Normative text: `docs/safety-rules.md`. A document is `CHR1` and then rules, each kind (1 byte) ‖ payload
length (4 bytes, big-endian) ‖ payload. Encoding is one to one: `decode(encode(rules)) == rules` and, for
every document that decodes, `encode(decode(document)) == document`. `tests/vectors/rules.json` holds
values that Solidity reads too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, NewType

from eth_utils.crypto import keccak

from protocol.errors import CommonholdError
from protocol.payload import RESERVED, WIDTH, encode_tokens

MAGIC = b"CHR1"
MAX_RULES = 64
MAX_DOCUMENT = 8_192
MAX_PATTERN = 255
MAX_U32 = 2**32 - 1
HEADER = 5
DIGEST = 32
COUNT = 2
"""Bytes of the number of a prefix's tokens."""

RulesId = NewType("RulesId", bytes)


class RulesMalformed(CommonholdError, ValueError):
    """Not a rule set. `offset` is where the faulty rule begins, in bytes; `reason` fits 31 bytes."""

    def __init__(self, offset: int, reason: str) -> None:
        super().__init__(f"safety rules malformed at byte {offset}: {reason}")
        self.offset = offset
        self.reason = reason


class RulesJsonInvalid(CommonholdError, ValueError):
    """A rules.json that cannot become a document; the message names the rule and the field."""


class Kind(IntEnum):
    PREFIX = 1
    LIMIT = 2
    DENY = 3


class Scope(IntEnum):
    INPUT = 1
    OUTPUT = 2
    BOTH = 3


@dataclass(frozen=True, slots=True)
class Prefix:
    """Policy text placed before every prompt of the models that use this tokenizer (SHA-256, 32 bytes), and the ids of
    its tokens, by which prompts are judged."""

    tokenizer: bytes
    tokens: tuple[int, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Limit:
    """The most tokens of input and of output."""

    max_input: int
    max_output: int


@dataclass(frozen=True, slots=True)
class Deny:
    """Bytes that detokenised input or output may not contain, letters A to Z compared without case."""

    scope: Scope
    pattern: bytes


Rule = Prefix | Limit | Deny


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules in the order in which they are judged. Made by `decode` or `from_json`; `encode` checks it."""

    rules: tuple[Rule, ...]

    def limit(self) -> tuple[int, Limit] | None:
        """The limit and its index, where there is one."""
        return next(((i, rule) for i, rule in enumerate(self.rules) if isinstance(rule, Limit)), None)

    def prefix(self, tokenizer: bytes) -> Prefix | None:
        """The policy text for a tokenizer, where there is one."""
        prefixes = (rule for rule in self.rules if isinstance(rule, Prefix))
        return next((rule for rule in prefixes if rule.tokenizer == tokenizer), None)

    def covers(self, tokenizer: bytes) -> bool:
        """Whether a model with this tokenizer can be served: no prefix at all, or one for it."""
        has_prefix = any(isinstance(rule, Prefix) for rule in self.rules)
        return not has_prefix or self.prefix(tokenizer) is not None


def rules_id(document: bytes) -> RulesId:
    """keccak256 of the document: the set's name on chain."""
    return RulesId(keccak(document))


def encode(rules: RuleSet) -> bytes:
    """The document of a rule set. Raises `RulesMalformed` for a set that no document may hold."""
    document = MAGIC
    for rule in rules.rules:
        try:
            kind, payload = _payload(rule)
        except (OverflowError, UnicodeEncodeError, ValueError) as error:
            raise RulesMalformed(len(document), f"cannot encode: {error}") from error
        document += bytes([kind]) + len(payload).to_bytes(4, "big") + payload
    decode(document)
    return document


def decode(document: bytes) -> RuleSet:
    """The rule set of a document. Raises `RulesMalformed`, naming the offset and the reason."""
    if len(document) > MAX_DOCUMENT:
        raise RulesMalformed(MAX_DOCUMENT, "document too long")
    if not document.startswith(MAGIC):
        raise RulesMalformed(0, "magic is not CHR1")
    rules: list[Rule] = []
    offset = len(MAGIC)
    while offset < len(document):
        if len(rules) == MAX_RULES:
            raise RulesMalformed(offset, "too many rules")
        payload = _slice(document, offset)
        rule = _rule(offset, document[offset], payload)
        _refuse_second(offset, rule, rules)
        rules.append(rule)
        offset += HEADER + len(payload)
    if not rules:
        raise RulesMalformed(offset, "no rules")
    return RuleSet(tuple(rules))


def _payload(rule: Rule) -> tuple[Kind, bytes]:
    match rule:
        case Prefix(tokenizer, tokens, text):
            if len(tokenizer) != DIGEST:
                raise ValueError(f"tokenizer digest of {len(tokenizer)} bytes, not {DIGEST}")
            ids = encode_tokens(tokens)
            return Kind.PREFIX, tokenizer + len(tokens).to_bytes(COUNT, "big") + ids + text.encode()
        case Limit(max_input, max_output):
            return Kind.LIMIT, max_input.to_bytes(4, "big") + max_output.to_bytes(4, "big")
        case Deny(scope, pattern):
            return Kind.DENY, bytes([scope]) + pattern


def _slice(document: bytes, offset: int) -> bytes:
    header = document[offset : offset + HEADER]
    if len(header) < HEADER:
        raise RulesMalformed(offset, "header cut short")
    length = int.from_bytes(header[1:], "big")
    payload = document[offset + HEADER : offset + HEADER + length]
    if len(payload) < length:
        raise RulesMalformed(offset, "payload cut short")
    return payload


def _rule(offset: int, kind: int, payload: bytes) -> Rule:
    match kind:
        case Kind.PREFIX:
            return _prefix(offset, payload)
        case Kind.LIMIT:
            return _limit(offset, payload)
        case Kind.DENY:
            return _deny(offset, payload)
        case _:
            raise RulesMalformed(offset, "unknown kind")


def _prefix(offset: int, payload: bytes) -> Prefix:
    begin = DIGEST + COUNT
    count = int.from_bytes(payload[DIGEST:begin], "big")
    if len(payload) < begin or count == 0:
        raise RulesMalformed(offset, "prefix without tokens")
    end = begin + WIDTH * count
    if len(payload) <= end:
        raise RulesMalformed(offset, "prefix without text")
    try:
        text = payload[end:].decode()
    except UnicodeDecodeError as error:
        raise RulesMalformed(offset, "prefix is not UTF-8") from error
    ids = tuple(int.from_bytes(payload[i : i + WIDTH], "big") for i in range(begin, end, WIDTH))
    return Prefix(payload[:DIGEST], ids, text)


def _limit(offset: int, payload: bytes) -> Limit:
    if len(payload) != 8:
        raise RulesMalformed(offset, "limit is not 8 bytes")
    limit = Limit(int.from_bytes(payload[:4], "big"), int.from_bytes(payload[4:], "big"))
    if limit.max_input == 0 or limit.max_output == 0:
        raise RulesMalformed(offset, "limit of zero")
    return limit


def _deny(offset: int, payload: bytes) -> Deny:
    if not 2 <= len(payload) <= 1 + MAX_PATTERN:
        raise RulesMalformed(offset, "pattern is not 1 to 255 bytes")
    if payload[0] not in (Scope.INPUT, Scope.OUTPUT, Scope.BOTH):
        raise RulesMalformed(offset, "unknown scope")
    return Deny(Scope(payload[0]), payload[1:])


def _refuse_second(offset: int, rule: Rule, before: Sequence[Rule]) -> None:
    for other in before:
        if isinstance(rule, Limit) and isinstance(other, Limit):
            raise RulesMalformed(offset, "second limit")
        if isinstance(rule, Prefix) and isinstance(other, Prefix) and rule.tokenizer == other.tokenizer:
            raise RulesMalformed(offset, "second prefix of tokenizer")


def to_json(rules: RuleSet) -> dict[str, Any]:
    """The set as people write it: `{"rules": [{"kind": "limit", "maxInput": 512, "maxOutput": 256}, …]}`.

    A deny pattern is given as `text` where it is UTF-8 and as `hex` where it is not.
    """
    return {"rules": [_rule_to_json(rule) for rule in rules.rules]}


def _rule_to_json(rule: Rule) -> dict[str, Any]:
    match rule:
        case Prefix(tokenizer, tokens, text):
            return {"kind": "prefix", "tokenizer": "0x" + tokenizer.hex(), "tokens": list(tokens), "text": text}
        case Limit(max_input, max_output):
            return {"kind": "limit", "maxInput": max_input, "maxOutput": max_output}
        case Deny(scope, pattern):
            return {"kind": "deny", "scope": scope.name.lower(), **_pattern_to_json(pattern)}


def _pattern_to_json(pattern: bytes) -> dict[str, str]:
    try:
        return {"text": pattern.decode()}
    except UnicodeDecodeError:
        return {"hex": "0x" + pattern.hex()}


def from_json(tree: object) -> RuleSet:
    """Set of a parsed rules.json. Raises `RulesJsonInvalid`, naming rule and field, or `RulesMalformed`."""
    if not isinstance(tree, Mapping) or set(tree) != {"rules"} or not isinstance(tree["rules"], list):
        raise RulesJsonInvalid('rules.json must be an object with one list, "rules"')
    rules = RuleSet(tuple(_rule_from_json(f"rule {i}", item) for i, item in enumerate(tree["rules"])))
    encode(rules)
    return rules


def _rule_from_json(where: str, item: object) -> Rule:
    if not isinstance(item, Mapping):
        raise RulesJsonInvalid(f"{where}: must be an object")
    match item.get("kind"):
        case "prefix":
            _only(where, item, {"kind", "tokenizer", "tokens", "text"})
            return Prefix(_hex(where, item, "tokenizer"), _ids(where, item), _text(where, item, "text"))
        case "limit":
            _only(where, item, {"kind", "maxInput", "maxOutput"})
            return Limit(_count(where, item, "maxInput"), _count(where, item, "maxOutput"))
        case "deny":
            return _deny_from_json(where, item)
        case kind:
            raise RulesJsonInvalid(f"{where}: kind is {kind!r}; known are prefix, limit, deny")


def _deny_from_json(where: str, item: Mapping[str, object]) -> Deny:
    form = "hex" if "hex" in item else "text"
    _only(where, item, {"kind", "scope", form})
    scopes = {scope.name.lower(): scope for scope in Scope}
    name = _text(where, item, "scope")
    if name not in scopes:
        raise RulesJsonInvalid(f"{where}: scope is {name!r}; known are {', '.join(scopes)}")
    pattern = _hex(where, item, "hex") if form == "hex" else _text(where, item, "text").encode()
    return Deny(scopes[name], pattern)


def _only(where: str, item: Mapping[str, object], fields: set[str]) -> None:
    unknown, missing = sorted(set(item) - fields), sorted(fields - set(item))
    if unknown or missing:
        raise RulesJsonInvalid(f"{where}: unknown fields {unknown}, missing fields {missing}")


def _text(where: str, item: Mapping[str, object], field: str) -> str:
    value = item[field]
    if not isinstance(value, str):
        raise RulesJsonInvalid(f"{where}: {field} must be text")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise RulesJsonInvalid(f"{where}: {field} holds a lone surrogate, which has no UTF-8") from error
    return value


def _hex(where: str, item: Mapping[str, object], field: str) -> bytes:
    value = _text(where, item, field)
    try:
        return bytes.fromhex(value.removeprefix("0x"))
    except ValueError as error:
        raise RulesJsonInvalid(f"{where}: {field} is not hexadecimal: {value!r}") from error


def _ids(where: str, item: Mapping[str, object]) -> tuple[int, ...]:
    value = item["tokens"]
    if not isinstance(value, list) or not all(type(token) is int and 0 <= token < RESERVED for token in value):
        raise RulesJsonInvalid(f"{where}: tokens must be a list of token ids")
    return tuple(value)


def _count(where: str, item: Mapping[str, object], field: str) -> int:
    value = item[field]
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_U32:
        raise RulesJsonInvalid(f"{where}: {field} must be a whole number from 1 to {MAX_U32}")
    return value
