"""A model that embeds: one row for a text, the same in any company, marked on the wire, under the rules of inputs."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle.answering import Answered, question_of
from oracle.batching import Batching, Task
from oracle.difference import difference
from oracle.engine import Engine, PromptInvalid, StopReason
from oracle.inference import reference
from oracle.inference.devices import CPU
from oracle.inference.torch_kernels import TorchKernels
from oracle.models import Model, ModelInconsistent, load_model
from oracle.replay import replay
from oracle.safety import Safety
from oracle.serving import Loaded, measure
from oracle.store import Store
from protocol.cid import Cid
from protocol.documents import encode
from protocol.manifest import decode_manifest
from protocol.payload import decode_answer, decode_witness, encode_elements, encode_tokens, is_embedding
from protocol.rules import Deny, Limit, Prefix, RuleSet, Scope
from protocol.types import Outcome, Sampling
from tests.oracle.asking import answer
from tests.oracle.tiny import CONTEXT, END, START, put_tiny_embedder, spelt, tiny_embedder_parts

FREE = RuleSet((Limit(max_input=200, max_output=1), Deny(Scope.INPUT, b"secret"), Deny(Scope.OUTPUT, b"\xff")))
ANY = Sampling(1)
TEXTS = st.text("abcxyz ", max_size=30)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store(Path(tmp_path_factory.mktemp("embedder")))


@pytest.fixture(scope="module")
def model(store: Store) -> Model:
    return load_model(store, put_tiny_embedder(store).manifest)


@pytest.fixture(scope="module")
def engine(model: Model) -> Engine:
    return Engine(model)


def prompt(text: str) -> list[int]:
    return [START, *spelt(text), END]


def embedded(engine: Engine, text: str) -> list[int]:
    found = answer(engine, FREE, encode_tokens(spelt(text)), ANY)
    assert found is not None
    assert found.outcome is Outcome.ANSWERED
    assert is_embedding(found.output)
    return decode_answer(found.output)


@settings(max_examples=10, deadline=None)
@given(text=TEXTS)
def test_an_embedding_is_the_programs_value(engine: Engine, text: str) -> None:
    program, tensors = tiny_embedder_parts()
    values = reference.run(program.steps, {name: t.tolist() for name, t in tensors.items()}, prompt(text))
    assert [embedded(engine, text)] == values[-1][-1]


def test_other_texts_have_other_embeddings(engine: Engine, model: Model) -> None:
    found = [embedded(engine, text) for text in ("hello", "hellp", "bees make honey", "")]
    assert len({tuple(row) for row in found}) == 4
    assert {len(row) for row in found} == {model.width}


def test_neither_tokens_nor_seed_nor_temperature_matter(engine: Engine) -> None:
    asked = [Sampling(1), Sampling(500, 1_500, 7), Sampling(1, 700, 9, 256)]
    assert len({engine.run(prompt("hello"), sampling).output for sampling in asked}) == 1


@settings(max_examples=10, deadline=None)
@given(texts=st.lists(TEXTS, min_size=1, max_size=6))
def test_company_changes_no_embedding(model: Model, engine: Engine, texts: list[str]) -> None:
    jobs = Batching(Loaded(engine, 1e6, 1e6), most=4, slack=2.0, name="test")
    tasks = [Task(encode_tokens(spelt(text)), ANY.pack(), FREE, len(text) + 2, float("inf")) for text in texts]
    for task in tasks:
        jobs.add(task)
    jobs.join()
    other = Engine(model, CPU, TorchKernels(CPU))
    for task, text in zip(tasks, texts, strict=True):
        found = task.future.result(0)[0]
        assert found is not None
        assert decode_answer(found.output) == embedded(other, text)


def test_the_whole_context_can_be_read(engine: Engine) -> None:
    assert engine.run([START] * CONTEXT, ANY).stop_reason is StopReason.EMBEDDED
    with pytest.raises(PromptInvalid, match=f"the prompt has {CONTEXT + 1} tokens"):
        engine.run([START] * (CONTEXT + 1), ANY)
    judged = Safety(RuleSet((Limit(CONTEXT, 1),)), engine.model).judge_input(encode_tokens(spelt("x" * (CONTEXT - 1))))
    assert "the context of 256 holds 254" in getattr(judged, "reason", "")


def test_rules_on_inputs_bind_and_rules_on_outputs_have_nothing_to_judge(engine: Engine) -> None:
    refused = answer(engine, FREE, encode_tokens(spelt("a secret")), ANY)
    assert refused is not None
    assert (refused.outcome, decode_witness(refused.output).rule) == (Outcome.INPUT_REFUSED, 1)


def test_a_policy_text_is_not_read(engine: Engine, model: Model) -> None:
    rules = RuleSet((Prefix(model.identity.tokenizer, (1,), "Be kind."),))
    found = answer(engine, rules, encode_tokens(spelt("hello")), ANY)
    assert found is not None
    assert decode_answer(found.output) == embedded(engine, "hello")


def test_a_right_embedding_is_confirmed_and_a_wrong_element_named(engine: Engine, model: Model) -> None:
    right = embedded(engine, "hello")
    wrong = [*right[:3], right[3] + 1, *right[4:]]
    asked = question_of(model, FREE, encode_tokens(spelt("hello")), ANY)
    assert not isinstance(asked, Answered)
    for posted in (right, wrong):
        assert decode_answer(replay(engine, asked, encode_elements(posted)).output) == right
    said = difference(engine, asked, encode_elements(wrong), replay(engine, asked, None))
    assert said == (
        f"at element 3 of {model.width}: posted {wrong[3]}, here {right[3]}; all positions, after the layers, norm"
    )
    assert difference(engine, asked, encode_tokens([5]), replay(engine, asked, None)).startswith("posted are tokens")


def test_speed_is_measured(engine: Engine) -> None:
    assert min(measure(engine)) > 0


def test_a_manifest_of_another_kind_is_refused(store: Store, model: Model) -> None:
    tree = encode(model.manifest).replace(b'"kind":"embedding"', b'"kind":"chat"')
    assert decode_manifest(tree).kind == "chat"
    with pytest.raises(ModelInconsistent, match="the manifest says chat, and the program is of the kind embedding"):
        load_model(store, Cid.parse(str(store.put(tree))).digest)
