"""A rule set applied: from a job's input to the prompt or to a refusal, and from tokens to the answer or a refusal.

Normative text: `docs/safety-rules.md`. Every input has exactly one outcome, decided by public data alone; so anyone can
show a wrong refusal wrong. The witness is the lowest rule that is broken and the lowest position where it is. Before
all rules comes what no rule set can allow, with `NO_RULE` as its index: bytes that are no token ids, tokens that are no
text of the model's vocabulary (control tokens above all), and more than the context can hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from oracle.models import Model, TextInvalid
from protocol.errors import CommonholdError
from protocol.payload import NO_RULE, WIDTH, PayloadMalformed, Witness, decode_tokens, encode_witness
from protocol.program import Template
from protocol.rules import Deny, Limit, RuleSet, Scope
from protocol.types import Outcome


class RulesDoNotCover(CommonholdError):
    """A rule set with policy texts, but none that the model's tokenizer can spell."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """The prompt to run, template and policy text included."""

    prompt_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A result like any other: which stage, the witness that is posted, and the reason in words."""

    outcome: Outcome
    witness: Witness
    reason: str

    @property
    def output(self) -> bytes:
        """What is posted: rule index ‖ position."""
        return encode_witness(self.witness)


class Safety:
    """A rule set for one model. Raises `RulesDoNotCover` where the set cannot be applied to it."""

    def __init__(self, rules: RuleSet, model: Model) -> None:
        if not rules.covers(model.identity.tokenizer):
            digest = model.identity.tokenizer.hex()
            raise RulesDoNotCover(f"the rule set has prefixes, but none for the tokenizer {digest}")
        self._rules = rules
        self._model = model
        self._before, self._after = _around(model.program.template, _system(rules, model))

    def max_output(self, asked: int) -> int:
        """The most tokens to generate: what the client asked for, at most what the limit allows."""
        limit = self._rules.limit()
        return min(asked, limit[1].max_output) if limit else asked

    def judge_input(self, payload: bytes) -> Allowed | Refusal:
        """The prompt for a job's input bytes, or their refusal."""
        breach = self._not_text(payload) or self._broken(decode_tokens(payload), Scope.INPUT)
        if breach:
            return Refusal(Outcome.INPUT_REFUSED, *breach)
        return Allowed((*self._before, *decode_tokens(payload), *self._after))

    def judge_output(self, ids: Sequence[int]) -> Refusal | None:
        """The refusal of generated tokens, where a rule is broken."""
        breach = self._broken(ids, Scope.OUTPUT)
        return Refusal(Outcome.OUTPUT_REFUSED, *breach) if breach else None

    def _not_text(self, payload: bytes) -> tuple[Witness, str] | None:
        try:
            ids = decode_tokens(payload)
        except PayloadMalformed as error:
            return Witness(NO_RULE, len(payload) // WIDTH), str(error)
        for position, token in enumerate(ids):
            if not self._model.tokenizer.is_text(token):
                return Witness(NO_RULE, position), f"token {position} is {token}, a control token or unknown"
        context = self._model.program.context_length
        room = self._model.program.longest_prompt - len(self._before) - len(self._after)
        if len(ids) > room:
            return Witness(NO_RULE, max(room, 0)), f"{len(ids)} tokens; the context of {context} holds {room}"
        return None

    def _broken(self, ids: Sequence[int], stage: Scope) -> tuple[Witness, str] | None:
        text = self._model.tokenizer.detokenise(ids).lower()  # of bytes: only A to Z change
        for index, rule in enumerate(self._rules.rules):
            if isinstance(rule, Limit) and stage is Scope.INPUT and len(ids) > rule.max_input:
                return Witness(index, rule.max_input), f"rule {index}: more than {rule.max_input} input tokens"
            if isinstance(rule, Deny) and rule.scope in {stage, Scope.BOTH}:
                position = text.find(rule.pattern.lower())
                if position >= 0:
                    return Witness(index, position), f"rule {index}: forbidden bytes at byte {position}"
        return None


def _system(rules: RuleSet, model: Model) -> Sequence[int]:
    """The policy text, or the model's own words where there is none; nothing where there is no system turn."""
    prefix = rules.prefix(model.identity.tokenizer)
    if prefix is None or model.program.embeds:
        return model.program.template.default_system
    try:
        spelt = tuple(model.tokenizer.encode(prefix.text))
    except TextInvalid as error:
        raise RulesDoNotCover(f"the rule set's policy text cannot be applied: {error}") from error
    if spelt != prefix.tokens:
        raise RulesDoNotCover("the token ids of the rule set's policy are not those of its text")
    return prefix.tokens


def _around(template: Template, system: Sequence[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The ids before and after the user's text."""
    before = (*template.system.before, *system, *template.system.after, *template.user.before)
    return before, (*template.user.after, *template.assistant)
