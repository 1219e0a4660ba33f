"""The engine: the same request gives the same ids, and nonsense is refused before any work."""

from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle.engine import Engine, PromptInvalid, StopReason
from oracle.inference.devices import CPU
from oracle.inference.torch_kernels import TorchKernels
from oracle.models import Model
from protocol.types import Sampling
from tests.oracle.tiny import CONTEXT, SIZES, STOP, spelt

PROMPT = list(spelt("hello"))
GREEDY = Sampling(max_tokens=12)


@pytest.mark.parametrize(
    ("prompt", "message"),
    [
        ([], "the prompt is empty"),
        ([5] * CONTEXT, f"the prompt has {CONTEXT} tokens; the context of {CONTEXT} leaves no room"),
        ([5, SIZES.vocabulary], f"token 1 is {SIZES.vocabulary}; the vocabulary has {SIZES.vocabulary} ids"),
        ([-1], "token 0 is -1"),
        ([5, 5, 2**40], "token 2 is"),
    ],
)
def test_a_prompt_that_the_program_cannot_take_is_refused_by_name(
    tiny_engine: Engine, prompt: list[int], message: str
) -> None:
    with pytest.raises(PromptInvalid, match=message):
        tiny_engine.run(prompt, GREEDY)


@settings(max_examples=10, deadline=None)
@given(
    prompt=st.lists(st.integers(0, SIZES.vocabulary - 1), min_size=1, max_size=20),
    sampling=st.builds(Sampling, st.integers(1, 12), st.sampled_from([0, 700, 1500]), st.integers(0, 2**64 - 1)),
)
def test_the_same_request_gives_the_same_ids(
    tiny_engine: Engine, tiny_model: Model, prompt: list[int], sampling: Sampling
) -> None:
    first = tiny_engine.run(prompt, sampling)
    assert tiny_engine.run(prompt, sampling).output == first.output
    assert Engine(tiny_model, CPU, TorchKernels(CPU)).run(prompt, sampling).output == first.output


def test_seeds_give_different_answers(tiny_engine: Engine) -> None:
    answers = {tiny_engine.run(PROMPT, Sampling(12, 1_000, seed)).output for seed in range(8)}
    assert len(answers) == 8


def test_a_longer_greedy_answer_begins_with_the_shorter(tiny_engine: Engine) -> None:
    long = tiny_engine.run(PROMPT, Sampling(20))
    for length in (1, 5, 19):
        assert tiny_engine.run(PROMPT, Sampling(length)).output == long.output[:length]


def test_no_more_tokens_than_asked_for(tiny_engine: Engine) -> None:
    generation = tiny_engine.run(PROMPT, GREEDY)
    assert (len(generation.output), generation.stop_reason) == (12, StopReason.LENGTH)


def test_the_answer_ends_where_the_context_does(tiny_engine: Engine) -> None:
    generation = tiny_engine.run([5] * (CONTEXT - 3), Sampling(max_tokens=50))
    assert (len(generation.output), generation.stop_reason) == (3, StopReason.LENGTH)


def test_the_stop_token_ends_the_answer_and_is_part_of_it(tiny_engine: Engine) -> None:
    generations = (tiny_engine.run(PROMPT, Sampling(200, 2_000, seed)) for seed in count())
    stopped = next(found for found in generations if found.stop_reason is StopReason.STOP_TOKEN)
    assert stopped.output.index(STOP) == len(stopped.output) - 1


def test_a_cancelled_answer_says_so_and_holds_what_there_was(tiny_engine: Engine) -> None:
    asked = count(1)
    generation = tiny_engine.run(PROMPT, GREEDY, should_stop=lambda: next(asked) > 4)
    assert generation.stop_reason is StopReason.CANCELLED
    assert generation.output == tiny_engine.run(PROMPT, Sampling(4)).output


requests = st.tuples(
    st.lists(st.integers(0, SIZES.vocabulary - 1), min_size=1, max_size=40),
    st.builds(
        Sampling,
        st.integers(1, 10),
        st.sampled_from([0, 700]),
        st.integers(0, 2**64 - 1),
        st.sampled_from([0, 512]),
    ),
)


@settings(max_examples=10, deadline=None)
@given(st.lists(requests, min_size=2, max_size=5), st.data())
def test_streams_that_join_and_leave_a_batch_change_no_bit_of_each_other(
    tiny_engine: Engine, wanted: list[tuple[list[int], Sampling]], data: st.DataObject
) -> None:
    waiting = [tiny_engine.open(prompt, sampling) for prompt, sampling in wanted]
    streams, running = list(waiting), []
    while waiting or running:
        joining = data.draw(st.integers(0 if running else 1, len(waiting))) if waiting else 0
        running, waiting = running + waiting[:joining], waiting[joining:]
        tiny_engine.step(running)
        running = [stream for stream in running if stream.ended is None]
    for stream, (prompt, sampling) in zip(streams, wanted, strict=True):
        alone, together = tiny_engine.run(prompt, sampling), tiny_engine.generation(stream)
        assert replace(together, seconds=0) == replace(alone, seconds=0)


@settings(max_examples=20, deadline=None)
@given(requests, st.data())
def test_one_pass_confirms_a_right_answer_and_no_other(
    tiny_engine: Engine, wanted: tuple[list[int], Sampling], data: st.DataObject
) -> None:
    prompt, sampling = wanted
    right = tiny_engine.run(prompt, sampling)
    confirmed = tiny_engine.confirm(prompt, right.output, sampling)
    assert confirmed is not None
    assert replace(confirmed, seconds=0) == replace(right, seconds=0)
    assert right.trace is not None
    place = data.draw(st.integers(0, len(right.output) - 1))
    other = data.draw(st.integers(0, SIZES.vocabulary - 1).filter(lambda token: token != right.output[place]))
    wrong = (*right.output[:place], other, *right.output[place + 1 :])
    assert tiny_engine.confirm(prompt, wrong, sampling) is None


def test_an_answer_that_is_too_short_or_too_long_or_no_answer_is_not_confirmed(tiny_engine: Engine) -> None:
    right = tiny_engine.run(PROMPT, GREEDY).output
    for wrong in ((), right[:-1], (*right, 5), (*right[:-1], SIZES.vocabulary), (*right[:-1], -1)):
        assert tiny_engine.confirm(PROMPT, wrong, GREEDY) is None
