"""A rule set as people write it, with the token ids of its policies where they were left out."""

from __future__ import annotations

from collections.abc import Mapping

from oracle.models.tokenizer import Tokenizer
from oracle.store import Store
from protocol.cid import Cid


def with_tokens(store: Store, tree: object) -> object:
    """Whatever is no rule set comes back as it is, for `from_json` to refuse. Raises `ContentMissing` where the store
    does not hold a tokenizer that is needed, and `TextInvalid`."""
    if not isinstance(tree, Mapping) or not isinstance(tree.get("rules"), list):
        return tree
    return {**tree, "rules": [_spelt(store, rule) for rule in tree["rules"]]}


def _spelt(store: Store, rule: object) -> object:
    if not isinstance(rule, Mapping) or rule.get("kind") != "prefix" or "tokens" in rule:
        return rule
    digest, text = rule.get("tokenizer"), rule.get("text")
    if not isinstance(digest, str) or not isinstance(text, str):
        return rule
    tokenizer = Tokenizer.read(store.get(Cid(bytes.fromhex(digest.removeprefix("0x")))))
    return {**rule, "tokens": tokenizer.encode(text)}
