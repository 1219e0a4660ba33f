"""A rule set applied: from a job's input to the prompt or to a refusal, and from tokens to the answer or a refusal.

Normative text: `docs/safety-rules.md`. Every input has exactly one outcome, decided by public data alone; so anyone can
show a wrong refusal wrong. The witness is the lowest rule that is broken and the lowest token where it is. Before all
rules comes what no rule set can allow, with `NO_RULE` as its index: bytes that are no token ids, tokens that are no
text of the model's vocabulary (control tokens above all), and more than the context can hold.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from oracle.models import Model, TextInvalid
from protocol.errors import CommonholdError
from protocol.payload import NO_RULE, WIDTH, Witness, decode_tokens, encode_witness
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
        breach = self._not_text(payload)
        if breach is None:
            breach = self._broken(decode_tokens(payload), Scope.INPUT)
        if breach:
            return Refusal(Outcome.INPUT_REFUSED, *breach)
        return Allowed((*self._before, *decode_tokens(payload), *self._after))

    def judge_output(self, ids: Sequence[int]) -> Refusal | None:
        """The refusal of generated tokens, where a rule is broken."""
        breach = self._broken(ids, Scope.OUTPUT)
        return Refusal(Outcome.OUTPUT_REFUSED, *breach) if breach else None

    def _not_text(self, payload: bytes) -> tuple[Witness, str] | None:
        whole = len(payload) // WIDTH
        room = max(0, self._model.program.longest_prompt - len(self._before) - len(self._after))
        for position, token in enumerate(decode_tokens(payload[: WIDTH * whole])):
            if position == room:
                context = self._model.program.context_length
                return Witness(NO_RULE, room), f"{whole} tokens; the context of {context} holds {room}"
            if not self._model.tokenizer.is_text(token):
                return Witness(NO_RULE, position), f"token {position} is {token}, a control token or unknown"
        if len(payload) % WIDTH:
            return Witness(NO_RULE, whole), f"{len(payload)} bytes: token ids take {WIDTH} each"
        return None

    def _broken(self, ids: Sequence[int], stage: Scope) -> tuple[Witness, str] | None:
        tokenizer = self._model.tokenizer
        text = tokenizer.detokenise(ids).lower()  # of bytes: only A to Z change
        for index, rule in enumerate(self._rules.rules):
            if isinstance(rule, Limit) and stage is Scope.INPUT and len(ids) > rule.max_input:
                return Witness(index, rule.max_input), f"rule {index}: more than {rule.max_input} input tokens"
            if isinstance(rule, Deny) and rule.scope in {stage, Scope.BOTH}:
                byte = text.find(rule.pattern.lower())
                if byte >= 0:
                    ends = list(accumulate(len(tokenizer.detokenise([token])) for token in ids))
                    position = bisect_right(ends, byte)
                    return Witness(index, position), f"rule {index}: forbidden bytes from token {position} on"
        return None


def _system(rules: RuleSet, model: Model) -> Sequence[int]:
    """The policy text, or the model's own words where there is none; nothing where there is no system turn."""
    prefix = rules.prefix(model.identity.tokenizer)
    return model.program.template.default_system if prefix is None or model.program.embeds else prefix.tokens


def check_spelling(rules: RuleSet, model: Model) -> None:
    """Raises `RulesDoNotCover` where the ids of a policy, which count, are not those of its text, as people read it."""
    prefix = rules.prefix(model.identity.tokenizer)
    if prefix is None or model.program.embeds:
        return
    try:
        spelt = tuple(model.tokenizer.encode(prefix.text))
    except TextInvalid as error:
        raise RulesDoNotCover(f"the rule set's policy text cannot be applied: {error}") from error
    if spelt != prefix.tokens:
        raise RulesDoNotCover("the token ids of the rule set's policy are not those of its text")


def _around(template: Template, system: Sequence[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The ids before and after the user's text."""
    before = (*template.system.before, *system, *template.system.after, *template.user.before)
    return before, (*template.user.after, *template.assistant)
