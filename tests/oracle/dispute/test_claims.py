"""Solidity and Python judge every answer alike; both as the engine chooses, ends and reads."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pytest
from numpy.random import Generator

from oracle.dispute.claims import NotJudged, judge_claim
from oracle.inference import tables
from oracle.inference.sampling import choose
from protocol.clients.referee import verdict
from protocol.computation import Asked
from protocol.disputes import Claim, Fault
from protocol.payload import EMBEDDING, encode_tokens
from protocol.program import Template, Turn
from protocol.types import Sampling
from tests.oracle.dispute.books import Book, Case, nonsense
from tests.oracle.dispute.evm import contract
from tests.oracle.dispute.test_steps import CASES
from tests.oracle.inference.programs import decoder, encoder

NOISE = tables.gumbel()
DECODERS = 9
OF_TOKENS = [fault for fault in Fault if fault < Fault.REFUSAL]
"""Those that no rules are needed for."""


@cache
def generating(seed: int) -> Case:
    """A decoder with a template and stop tokens."""
    random, small = np.random.default_rng(seed), decoder(seed)

    def ids(most: int = 4) -> tuple[int, ...]:
        return tuple(random.integers(0, small.vocabulary, random.integers(0, most)).tolist())

    stops = tuple(sorted(set(ids(3)) | {0}))
    system = Turn(before=ids(), after=ids())
    template = Template(
        system=system, default_system=ids(), user=Turn(before=ids(), after=ids(300)), assistant=(1, *ids())
    )
    return Case(small, template=template, control_tokens=stops, stop_tokens=stops, context_length=400)


@cache
def embedding() -> Case:
    return Case(encoder(1))


def drawn(random: Generator) -> Sampling:
    return Sampling(
        max_tokens=int(random.integers(1, 9)),
        temperature=int(random.choice([0, 1, 700, 65_535])),
        seed=int(random.integers(0, 1 << 63)),
        cut=int(random.choice([0, 0, 1, 300, 65_535])),
    )


@dataclass(frozen=True, slots=True)
class Scene:
    """A trace, and the job that it is said to be of. `policy`: tokens, none where the rules have none."""

    case: Case
    trace: Book
    sizes: tuple[int, int]
    asked: Asked
    input: tuple[int, ...] = ()
    policy: tuple[int, ...] = ()
    output: bytes = b""

    def alike(self, claim: Claim) -> bool:
        """What both say. Raises `NotJudged`."""
        files = self.case.files(self.trace, *self.sizes)
        payload = encode_tokens(self.input) if claim.fault is Fault.PROMPT else self.output
        judged = judge_claim(files, claim, self.asked, payload, self.policy)
        given = {"asked": self.asked, "payload": payload, "policy": encode_tokens(self.policy)}
        told = contract("AnswerReferee").call(*verdict(files.computation, claim, judged.evidence, **given))
        assert told == judged.wrong, claim
        return judged.wrong

    def faults(self) -> set[Fault]:
        """Every way in which the answer is wrong, of all claims that can be made."""
        outputs, tokens = self.sizes[1], range(self.case.program.vocabulary)
        claims = [Claim(fault, i, j) for fault in (Fault.PEAK, Fault.CHOICE) for i in range(outputs) for j in tokens]
        claims += [Claim(fault, i) for fault in (Fault.END, Fault.OUTPUT) for i in range(outputs)]
        claims += [Claim(Fault.PROMPT, i) for i in range(len(self.trace.tokens) - outputs)]
        return {claim.fault for claim in claims if self.alike(claim)}


def honest(seed: int) -> Scene:
    """As an engine answers, from logits of nonsense."""
    random = np.random.default_rng(seed)
    case, sampling = generating(seed % DECODERS), drawn(random)
    program, template = case.program, case.program.template
    input_ = tuple(random.integers(0, program.vocabulary, random.integers(0, 5)).tolist())
    policy = tuple(random.integers(0, program.vocabulary, random.integers(0, 3)).tolist())
    system = policy or template.default_system
    before = (*template.system.before, *system, *template.system.after, *template.user.before)
    prompt = (*before, *input_, *template.user.after, *template.assistant)
    most = min(sampling.max_tokens, 5)
    logits = [nonsense(random, program.vocabulary, 4) // (1 << int(random.integers(0, 30))) for _ in range(most)]
    output: list[int] = []
    while len(output) < most and not (output and output[-1] in program.stop_tokens):
        output.append(choose(logits[len(output)].astype(np.int32), sampling, len(output), NOISE))
    sizes = len(prompt) + len(output) - 1, len(output)
    trace = case.nonsense(random, *sizes)
    columns = [*trace.columns[:-1], (logits[: len(output)], 4)]
    peaks = [int(row.argmax()) for row in logits[: len(output)]]
    made = Book([*prompt, *output], peaks, columns)
    return Scene(case, made, sizes, Asked(sampling.pack(), 5), input_, policy, encode_tokens(output))


def test_claims_about_nonsense_are_judged_alike() -> None:
    seen, seed = Counter[Fault](), 0
    while min(seen[fault] for fault in OF_TOKENS) < CASES:
        random = np.random.default_rng(seed)
        case = generating(seed % DECODERS) if seed % 4 else embedding()
        positions, outputs = int(random.integers(1, 12)), int(random.integers(1, 6))
        trace = case.nonsense(random, positions, outputs)
        if random.integers(0, 2):
            trace.tokens = [int(token) for token in nonsense(random, len(trace.tokens), 4)]
            trace = Book(trace.tokens, trace.peaks, trace.columns)
        posted = trace.tokens[positions + 1 - outputs :] if positions >= outputs else []
        scene = Scene(
            case,
            trace,
            (positions, outputs),
            Asked(drawn(random).pack(), int(random.integers(0, 7))),
            tuple(random.integers(0, 300, random.integers(0, 9)).tolist()),
            tuple(random.integers(0, 300, random.integers(0, 3)).tolist()),
            random.choice([encode_tokens([token % 5_000 for token in posted]), EMBEDDING + bytes(2 * outputs)]),
        )
        for fault in OF_TOKENS:
            claim = Claim(fault, int(random.integers(0, outputs + 1)), int(random.integers(0, 32)))
            with suppress(NotJudged):
                scene.alike(claim)
                seen[fault] += 1
        seed += 1


@pytest.mark.parametrize("seed", range(40))
def test_no_claim_about_an_honest_answer_holds(seed: int) -> None:
    assert honest(seed).faults() == set()


@pytest.mark.parametrize("seed", range(20))
def test_one_token_that_was_not_to_be_chosen_is_refuted(seed: int) -> None:
    random, scene = np.random.default_rng(seed), honest(seed)
    place = int(random.integers(1, scene.sizes[1] + 1))
    tokens = list(scene.trace.tokens)
    tokens[-place] = (tokens[-place] + int(random.integers(1, scene.case.program.vocabulary))) % (
        scene.case.program.vocabulary
    )
    output = encode_tokens(tokens[-scene.sizes[1] :])
    wrong = replace(scene, trace=Book(tokens, scene.trace.peaks, scene.trace.columns), output=output)
    assert wrong.faults() - {Fault.END} == {Fault.CHOICE}


@pytest.mark.parametrize("seed", range(20))
def test_an_answer_that_is_cut_short_is_refuted(seed: int) -> None:
    scene = next(found for n in range(100) if (found := honest(seed + 1_000 * n)).sizes[1] > 1)
    shorter = scene.sizes[0] - 1, scene.sizes[1] - 1
    columns = [*scene.trace.columns[:-1], (scene.trace.columns[-1][0][:-1], 4)]
    trace = Book(scene.trace.tokens[:-1], scene.trace.peaks[:-1], columns)
    assert replace(scene, trace=trace, sizes=shorter, output=scene.output[:-3]).faults() == {Fault.END}


@pytest.mark.parametrize("seed", range(10))
def test_a_prompt_that_is_not_the_jobs_is_refuted(seed: int) -> None:
    scene = honest(seed)
    tokens = list(scene.trace.tokens)
    place = int(np.random.default_rng(seed).integers(0, len(tokens) - scene.sizes[1]))
    tokens[place] ^= 1
    trace = Book(tokens, scene.trace.peaks, scene.trace.columns)
    assert replace(scene, trace=trace).faults() == {Fault.PROMPT}


def test_a_policy_that_was_left_out_is_refuted() -> None:
    scene = next(found for seed in range(100) if (found := honest(seed)).policy)
    assert replace(scene, policy=()).faults() == {Fault.PROMPT}


def test_an_output_that_is_not_what_was_chosen_is_refuted() -> None:
    scene = honest(3)
    assert replace(scene, output=bytes([scene.output[0] ^ 1]) + scene.output[1:]).faults() == {Fault.OUTPUT}
    assert replace(scene, output=scene.output + bytes(3)).faults() == {Fault.OUTPUT}


def test_more_tokens_than_asked_for_are_refuted() -> None:
    scene = next(found for seed in range(100) if (found := honest(seed)).sizes[1] > 2)
    sampling = replace(Sampling.unpack(scene.asked.sampling), max_tokens=scene.sizes[1] - 1)
    assert replace(scene, asked=Asked(sampling.pack())).faults() == {Fault.END}
    assert replace(scene, asked=Asked(scene.asked.sampling, scene.sizes[1] - 1)).faults() == {Fault.END}
