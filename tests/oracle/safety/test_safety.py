"""Rules applied to a model: what is refused, with which witness, and what the prompt becomes."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.models import Model
from oracle.safety import Allowed, Refusal, RulesDoNotCover, Safety, check_spelling
from protocol.payload import NO_RULE, Witness, decode_witness, encode_tokens
from protocol.rules import Deny, Limit, Prefix, Rule, RuleSet, Scope
from protocol.types import Outcome
from tests.oracle.asking import policy_of
from tests.oracle.tiny import CONTEXT, CONTROL, FIRST_BYTE, MERGES, SIZES, START, STOP, spelt

SECRET = Deny(Scope.BOTH, b"Secret")
PIECES = {merge.replace(" ", ""): FIRST_BYTE + 256 + i for i, merge in enumerate(MERGES)}
BEFORE = (START, *spelt("system\n"), *spelt("You are tiny."), STOP, *spelt("\n"), START, *spelt("user\n"))
AFTER = (STOP, *spelt("\n"), START, *spelt("assistant\n"))


def judge(model: Model, ids: list[int], *rules: Rule) -> Allowed | Refusal:
    return Safety(RuleSet(rules), model).judge_input(encode_tokens(ids))


def witness(judged: Allowed | Refusal | None) -> Witness | None:
    """The posted witness of a refusal, or None."""
    return decode_witness(judged.output) if isinstance(judged, Refusal) else None


@pytest.mark.parametrize(("whole", "rest"), [(0, b"\0"), (1, b"\0"), (100, b"\0\5")])
def test_bytes_that_are_no_ids_are_refused_at_the_first_half_id(tiny_model: Model, whole: int, rest: bytes) -> None:
    refusal = Safety(RuleSet(()), tiny_model).judge_input(encode_tokens([FIRST_BYTE] * whole) + rest)
    assert witness(refusal) == Witness(NO_RULE, whole)


def test_what_no_rules_allow_is_refused_where_it_comes_first(tiny_model: Model) -> None:
    room = CONTEXT - 1 - len(BEFORE) - len(AFTER)
    text = [FIRST_BYTE] * room
    for ids, rest, position in [
        ([*text, START], b"\0", room),
        ([*text[:3], START, *text], b"\0", 3),
        (text, b"\0", room),
        ([START], b"\0", 0),
    ]:
        refusal = Safety(RuleSet(()), tiny_model).judge_input(encode_tokens(ids) + rest)
        assert witness(refusal) == Witness(NO_RULE, position)


@pytest.mark.parametrize("token", [*range(len(CONTROL)), SIZES.vocabulary, 2**24 - 16, 2**24 - 1])
def test_a_control_token_or_an_unknown_id_is_refused_before_all_rules(tiny_model: Model, token: int) -> None:
    payload = encode_tokens(spelt("a secret")) + token.to_bytes(3, "big")
    refusal = Safety(RuleSet((SECRET, Limit(1, 1))), tiny_model).judge_input(payload)
    assert isinstance(refusal, Refusal)
    assert (refusal.outcome, witness(refusal)) == (Outcome.INPUT_REFUSED, Witness(NO_RULE, 8))
    assert f"token 8 is {token}" in refusal.reason


def test_control_tokens_spelt_in_text_are_text(tiny_model: Model) -> None:
    ids = tiny_model.tokenizer.encode("<|stop|><|start|>")
    assert not {START, STOP} & set(ids)
    assert isinstance(judge(tiny_model, ids), Allowed)


def test_more_than_the_context_holds_is_refused_where_the_room_ends(tiny_model: Model) -> None:
    room = CONTEXT - 1 - len(BEFORE) - len(AFTER)
    assert isinstance(judge(tiny_model, [FIRST_BYTE] * room), Allowed)
    assert witness(judge(tiny_model, [FIRST_BYTE] * (room + 1))) == Witness(NO_RULE, room)


@pytest.mark.parametrize(
    "spelling",
    [
        [*spelt("my secret")],
        [*spelt("my "), PIECES["secret"]],
        [*spelt("my "), PIECES["sec"], PIECES["ret"]],
        [*spelt("my "), PIECES["se"], *spelt("c"), PIECES["re"], *spelt("t")],
        [*spelt("my SECRET")],
        [*spelt("my sEcReT, twice: secret")],
    ],
)
def test_no_spelling_of_a_denied_text_gets_through(tiny_model: Model, spelling: list[int]) -> None:
    assert witness(judge(tiny_model, spelling, SECRET)) == Witness(0, 3)


@given(text=st.text(max_size=30), cuts=st.lists(st.integers(0, 30), max_size=6))
def test_what_is_denied_depends_on_bytes_alone(tiny_model: Model, text: str, cuts: list[int]) -> None:
    whole = f"{text}secret{text}"
    edges = sorted({0, len(whole), *(cut for cut in cuts if cut < len(whole))})
    pieces = [whole[a:b] for a, b in pairwise(edges)]
    ids = [token for piece in pieces for token in tiny_model.tokenizer.encode(piece)]
    expected = whole.encode().lower().index(b"secret")
    ends = [len(tiny_model.tokenizer.detokenise(ids[: end + 1])) for end in range(len(ids))]
    assert witness(judge(tiny_model, ids, SECRET)) == Witness(
        0, next(i for i, end in enumerate(ends) if end > expected)
    )


@pytest.mark.parametrize("near", ["secre", "s ecret", "s\0ecret", "şecret", "ſecret", "secrét", "s\u00adecret"])
def test_only_the_letters_a_to_z_are_compared_without_case(tiny_model: Model, near: str) -> None:
    assert isinstance(judge(tiny_model, tiny_model.tokenizer.encode(near), SECRET), Allowed)


def test_a_pattern_need_not_be_text(tiny_model: Model) -> None:
    ids = [FIRST_BYTE + byte for byte in b"ab\xff\x00"]
    assert witness(judge(tiny_model, ids, Deny(Scope.INPUT, b"\xff\x00"))) == Witness(0, 2)


def test_the_lowest_rule_is_named_though_a_later_one_is_broken_earlier(tiny_model: Model) -> None:
    ids = list(spelt("abc"))
    rules = (Deny(Scope.INPUT, b"x"), Deny(Scope.INPUT, b"c"), Deny(Scope.INPUT, b"a"), Limit(1, 1))
    assert witness(judge(tiny_model, ids, *rules)) == Witness(1, 2)


@pytest.mark.parametrize(("length", "expected"), [(3, None), (4, Witness(1, 3)), (5, Witness(1, 3))])
def test_one_token_more_than_the_limit_is_refused_at_that_token(
    tiny_model: Model, length: int, expected: Witness | None
) -> None:
    assert witness(judge(tiny_model, [FIRST_BYTE] * length, SECRET, Limit(3, 9))) == expected


def test_the_limit_bounds_the_answer_and_the_client_may_ask_for_less(tiny_model: Model) -> None:
    limited, free = Safety(RuleSet((Limit(3, 9),)), tiny_model), Safety(RuleSet(()), tiny_model)
    assert (limited.max_output(5), limited.max_output(500), free.max_output(500)) == (5, 9, 500)


@pytest.mark.parametrize(
    ("scope", "of_input", "of_output"),
    [(Scope.INPUT, True, False), (Scope.OUTPUT, False, True), (Scope.BOTH, True, True)],
)
def test_a_denial_holds_in_its_scope_alone(tiny_model: Model, scope: Scope, of_input: bool, of_output: bool) -> None:
    safety = Safety(RuleSet((Deny(scope, b"secret"),)), tiny_model)
    ids = [PIECES["sec"], PIECES["ret"], STOP]
    assert isinstance(safety.judge_input(encode_tokens(ids[:2])), Refusal) is of_input
    output = safety.judge_output(ids)
    assert (output is not None) is of_output
    assert output is None or output.outcome is Outcome.OUTPUT_REFUSED


def test_a_control_token_amid_an_answer_hides_nothing(tiny_model: Model) -> None:
    safety = Safety(RuleSet((SECRET,)), tiny_model)
    assert witness(safety.judge_output([PIECES["sec"], START, PIECES["ret"]])) == Witness(0, 0)


def test_the_prompt_is_the_template_with_the_models_own_words_where_no_policy_is(tiny_model: Model) -> None:
    ids = tuple(spelt("hello"))
    assert judge(tiny_model, list(ids)) == Allowed(BEFORE + ids + AFTER)


def test_the_policy_text_takes_the_place_of_the_models_own_words(tiny_model: Model) -> None:
    policy = policy_of(tiny_model, "Be kind.<|stop|>")
    judged = judge(tiny_model, list(spelt("hi")), Prefix(bytes(32), (1,), "Another's."), policy)
    assert isinstance(judged, Allowed)
    before = (START, *spelt("system\n"), *spelt("Be kind.<|stop|>"), STOP, *spelt("\n"), START, *spelt("user\n"))
    assert judged.prompt_ids == (*before, *spelt("hi"), *AFTER)


def test_a_policy_whose_tokens_are_not_those_of_its_text_cannot_be_applied(tiny_model: Model) -> None:
    policy = replace(policy_of(tiny_model, "Be kind."), text="Be cruel.")
    with pytest.raises(RulesDoNotCover, match="not those of its text"):
        check_spelling(RuleSet((policy,)), tiny_model)
    judged = Safety(RuleSet((policy,)), tiny_model).judge_input(encode_tokens(spelt("hi")))
    assert isinstance(judged, Allowed), "who judges a result goes by the tokens"
    check_spelling(RuleSet((policy_of(tiny_model, "Be kind."), SECRET)), tiny_model)


def test_rules_with_policies_for_others_only_cannot_be_applied(tiny_model: Model) -> None:
    with pytest.raises(RulesDoNotCover, match=tiny_model.identity.tokenizer.hex()):
        Safety(RuleSet((Prefix(bytes(32), (1,), "Another's."),)), tiny_model)


def test_an_empty_question_is_a_question(tiny_model: Model) -> None:
    assert judge(tiny_model, [], SECRET, Limit(1, 1)) == Allowed(BEFORE + AFTER)
