"""Reference, torch and native kernels give the golden values, and `docs/inference.md` says what the code does."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
import pytest
import torch

from oracle.engine import Engine
from oracle.inference import matmul, reference, sampling, torch_kernels
from oracle.inference.arithmetic import clamp, half_up, isqrt
from oracle.inference.batch import Batch
from oracle.inference.machine import Kernels, Machine
from oracle.inference.native.building import NativeUnavailable
from oracle.inference.native.kernels import NativeKernels
from oracle.inference.torch_kernels import TorchKernels
from oracle.models.weights import weights_root, write_weights
from protocol import merkle
from protocol.documents import encode
from protocol.operations import Add, AnyOperation, Gate, Narrow, Norm, Operation, Pool, Quantise, Steps
from protocol.parts import Kind
from protocol.program import ARITHMETIC, ARITHMETIC_VERSION, decode_program, program_root, records
from protocol.types import Sampling
from tests.vectors import make_inference as making

ROOT = Path(__file__).parents[3]
VECTORS: dict[str, Any] = json.loads(making.FILE.read_text())
DOCUMENT = (ROOT / "docs" / "inference.md").read_text()
CPU = torch.device("cpu")
INT32_INPUTS = (Add, Norm, Narrow, Quantise, Pool)
CAPACITY = 24
EQUATIONS = 22

OPERATIONS = {case["name"]: case for case in VECTORS["operations"]}
CHOICES = {case["name"]: case for case in VECTORS["choices"]}


def by_torch(path: matmul.Path) -> Kernels:
    try:
        matmul.self_test(path, CPU)
    except matmul.PathRefused as error:
        pytest.skip(str(error))
    return TorchKernels(CPU, path)


def by_native() -> Kernels:
    try:
        return NativeKernels(1)
    except NativeUnavailable as error:
        pytest.skip(str(error))


KERNELS: dict[str, Callable[[], Kernels]] = {
    "native": by_native,
    **{name: lambda path=path: by_torch(path) for name, path in matmul.PATHS.items()},  # type: ignore[misc]
}
get_kernels = cache(lambda name: KERNELS[name]())


def tensors_of(described: dict[str, Any]) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(making.array_of(each)) for name, each in described.items()}


def operation_of(case: dict[str, Any]) -> AnyOperation:
    found: AnyOperation = msgspec.convert(case["op"], AnyOperation)
    return found


def given_to(kernels: Kernels, op: AnyOperation, shown: Any) -> Any:
    """A value as these kernels take it."""
    if isinstance(shown, dict):
        elements, exponents = torch.tensor(shown["elements"], dtype=torch.int16), torch.tensor(shown["exponents"])
        return elements, exponents.to(torch.int32) if isinstance(kernels, NativeKernels) else exponents[:, None]
    return torch.tensor(shown, dtype=torch.int32 if isinstance(op, INT32_INPUTS) else torch.int16)


def shown_by(value: Any) -> Any:
    """A value of kernels as the file has it."""
    if isinstance(value, tuple):
        return {"elements": value[0].tolist(), "exponents": value[1].flatten().tolist()}
    return value.tolist()


def wanted_of(kernels: Kernels, op: AnyOperation, value: Any) -> Any:
    """What these kernels are to give: the native ones join a `Gate` with the `Quantise` that follows it."""
    if isinstance(op, Gate) and isinstance(kernels, NativeKernels):
        return making.shown_value(reference.quantise(Quantise(of=0), {}, [], value))
    return value


# ------------------------------------------------------------ the file itself


def test_the_file_is_what_its_maker_writes() -> None:
    assert making.FILE.read_text() == making.text()


def test_no_two_cases_have_one_name() -> None:
    assert (len(OPERATIONS), len(CHOICES)) == (len(VECTORS["operations"]), len(VECTORS["choices"]))


@pytest.mark.parametrize("kind", reference.OPERATIONS, ids=lambda kind: kind.__name__)
def test_every_operation_has_values(kind: type[Operation]) -> None:
    cases = [case for case in OPERATIONS.values() if isinstance(operation_of(case), kind)]
    assert cases
    assert any(value for case in cases for value in case["value"])


# ------------------------------------------------------------ arithmetic


PRIMITIVES: dict[str, Callable[..., int]] = {
    "round": half_up,
    "clamp": clamp,
    "root": isqrt,
    "bits": int.bit_length,
    "quotient": lambda n, d: n // d,
}


@pytest.mark.parametrize("name", PRIMITIVES)
def test_the_reference_has_the_primitives(name: str) -> None:
    wanted = VECTORS["primitives"][name]
    assert [[*given, PRIMITIVES[name](*given)] for *given, _ in wanted] == wanted


TORCH_PRIMITIVES: dict[str, Callable[..., torch.Tensor]] = {
    "round": torch_kernels.half_up,
    "clamp": lambda value, bound: value.clamp(-bound, bound),
    "root": torch_kernels.isqrt,
    "bits": torch_kernels.bit_length,
    "quotient": lambda n, d: torch.div(n, d, rounding_mode="floor"),
}


@pytest.mark.parametrize("name", TORCH_PRIMITIVES)
def test_torch_has_the_primitives(name: str) -> None:
    *given, wanted = (torch.tensor(column) for column in zip(*VECTORS["primitives"][name], strict=True))
    assert TORCH_PRIMITIVES[name](*given).tolist() == wanted.tolist()


def test_torch_rounds_by_one_shift_as_by_many() -> None:
    for value, shift, wanted in VECTORS["primitives"]["round"]:
        assert torch_kernels.half_up(torch.tensor([value]), shift).tolist() == [wanted]


# ------------------------------------------------------------ operations


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_reference_gives_each_operations_value(name: str) -> None:
    case = OPERATIONS[name]
    value = making.computed(operation_of(case), case["tensors"], case["tokens"], case["given"])
    assert value == case["value"]


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("kernels", KERNELS)
def test_kernels_give_each_operations_value(kernels: str, name: str) -> None:
    case, computing = OPERATIONS[name], get_kernels(kernels)
    op, tokens = operation_of(case), case["tokens"]
    cache_ = computing.cache(Steps(before=(op,), layers=(), after=()), len(tokens))
    given = [given_to(computing, op, shown) for shown in case["given"]]
    loaded = computing.load(op, tensors_of(case["tensors"]))
    value = computing.run(op, loaded, Batch.of([(cache_, tokens)], CPU), 0, *given)
    assert shown_by(value) == wanted_of(computing, op, case["value"])


# ------------------------------------------------------------ tables and sampling


@pytest.mark.parametrize("name", making.STANDARD)
def test_tables_have_their_digests(name: str) -> None:
    assert VECTORS["tables"][name] == making.digest(making.STANDARD[name]())


def test_noise_words_are_those_of_the_hash() -> None:
    for seed, position, token, word in VECTORS["noise"]["words"]:
        assert sampling.noise_words(seed, position, np.array([token])).tolist() == [word]


def test_noise_is_the_tables_entry() -> None:
    words, indices, entries = zip(*VECTORS["noise"]["entries"], strict=True)
    table = making.STANDARD["gumbel"]()
    assert sampling.gumbel(np.array(words, np.uint32), table).tolist() == list(entries)
    assert sampling.gumbel(np.array(words, np.uint32), np.arange(len(table))).tolist() == list(indices)


@pytest.mark.parametrize("name", CHOICES)
def test_choices_are_those_of_the_definition(name: str) -> None:
    case = CHOICES[name]
    wanted = Sampling(1, case["temperature"], case["seed"], case["cut"])
    logits = np.array(case["logits"], np.int32)
    noise = making.STANDARD["gumbel"]()
    assert sampling.choose(logits, wanted, case["position"], noise) == case["token"]
    for kernels in KERNELS.values():
        assert kernels().choose(torch.from_numpy(logits)[None], wanted, case["position"], noise) == [case["token"]]


def test_the_choices_show_the_cut_and_a_tie_of_keys() -> None:
    edge = {d: {case["token"] for name, case in CHOICES.items() if f"{d} below" in name} for d in (32_768, 32_769)}
    assert edge == {32_768: {0, 1, 2}, 32_769: {0}}
    case = CHOICES["equal keys"]
    words = sampling.noise_words(case["seed"], case["position"], np.arange(2))
    noise = sampling.gumbel(words, making.STANDARD["gumbel"]())
    assert len(set((np.array(case["logits"]) + noise).tolist())) == 1
    assert case["token"] == 0


# ------------------------------------------------------------ a whole program and what is hashed


PROGRAM = VECTORS["program"]
SHAPES = {name: making.array_of(described).shape for name, described in PROGRAM["tensors"].items()}
SPELLINGS = [None if spelling is None else bytes.fromhex(spelling) for spelling in PROGRAM["spellings"]]
DECODED = decode_program(json.dumps(PROGRAM["document"], sort_keys=True, separators=(",", ":")).encode())


def test_trees_have_the_shape_that_the_standard_defines() -> None:
    for count, wanted in enumerate(VECTORS["trees"]):
        assert merkle.root(merkle.leaf(bytes([i])) for i in range(count)).hex() == wanted


@pytest.mark.parametrize("kernels", KERNELS)
def test_rows_of_numbers_have_their_roots(kernels: str) -> None:
    computing = get_kernels(kernels)
    for case in VECTORS["rows"]:
        width, size = case["width"], case["bytes"]
        drawn = making.numbers(case["label"], (width,), -(1 << 8 * size - 1), (1 << 8 * size - 1) - 1)
        row = torch.tensor([[7, *drawn], [*drawn[::-1], 7]], dtype=torch.int16 if size == 2 else torch.int32)
        leaves = computing.leaves([row, row.flip(0)], 1)
        roots = computing.roots(leaves.reshape(4, -1, 32))
        assert [root.tobytes().hex() for root in roots[[0, 3]]] == [case["root"]] * 2


def test_the_programs_document_records_and_root() -> None:
    assert sha256(encode(DECODED)).hexdigest() == PROGRAM["documentSha256"]
    assert [entry.hex() for entry in records(DECODED, SHAPES, SPELLINGS)] == PROGRAM["records"]
    assert program_root(DECODED, SHAPES, SPELLINGS).hex() == PROGRAM["programRoot"]


def test_the_weights_file_and_root() -> None:
    tensors = tensors_of(PROGRAM["tensors"])
    assert sha256(b"".join(write_weights(tensors))).hexdigest() == PROGRAM["weightsSha256"]
    assert list(DECODED.tensors) == list(PROGRAM["tensorRoots"])
    assert weights_root(DECODED, tensors).hex() == PROGRAM["weightsRoot"]


def test_one_weight_more_changes_its_tensors_root_alone() -> None:
    described = PROGRAM["tensors"] | {"head": json.loads(json.dumps(PROGRAM["tensors"]["head"]))}
    described["head"]["values"][1][2] ^= 1
    assert weights_root(DECODED, tensors_of(described)).hex() != PROGRAM["weightsRoot"]
    changed = {name: making.tensor_root(PROGRAM["document"], described, name).hex() for name in DECODED.tensors}
    assert {name for name in changed if changed[name] != PROGRAM["tensorRoots"][name]} == {"head"}


def test_the_reference_runs_the_program() -> None:
    plain = {name: making.values_of(described) for name, described in PROGRAM["tensors"].items()}
    values = reference.run(DECODED.steps, plain, PROGRAM["tokens"])
    assert [[making.shown_value(value) for value in here] for here in values] == PROGRAM["values"]


@pytest.mark.parametrize("kernels", KERNELS)
def test_kernels_run_the_program(kernels: str) -> None:
    computing = get_kernels(kernels)
    running = Machine(DECODED.steps, tensors_of(PROGRAM["tensors"]), computing)
    seen = []

    def observe(part: int, index: int, value: Any) -> None:
        op = DECODED.steps.lists[part][index]
        seen.append(shown_by(value) == wanted_of(computing, op, PROGRAM["values"][part][index]))

    running.run(Batch.of([(running.cache(CAPACITY), PROGRAM["tokens"])], CPU), observe)
    assert len(seen) == len(list(DECODED.steps))
    assert all(seen)


@pytest.mark.parametrize("kernels", KERNELS)
def test_generations_end_where_the_stop_rules_say(kernels: str) -> None:
    model: Any = SimpleNamespace(program=DECODED, tensors=tensors_of(PROGRAM["tensors"]))
    engine = Engine(model, CPU, get_kernels(kernels))
    for case in PROGRAM["generations"]:
        named = {"max_tokens": case["sampling"]["maxTokens"], **case["sampling"]}
        del named["maxTokens"]
        run = engine.run(case["prompt"], Sampling(**named))
        assert (list(run.output), run.stop_reason) == (case["output"], case["ended"])
        trace = run.trace.commitment(b"\x11" * 32).hex() if run.trace else None
        assert trace == case.get("trace")


def test_the_generations_end_in_every_way() -> None:
    ends = {(case["ended"], bool(case["output"])) for case in PROGRAM["generations"]}
    assert ends == {("stop token", True), ("length", True), ("length", False)}


# ------------------------------------------------------------ the document


CITING = (
    *("oracle/inference/reference.py", "oracle/inference/sampling.py", "oracle/inference/native/kernels.cpp"),
    "tests/vectors/make_inference.py",
)
CITATION = re.compile(r"(?<!\w)\((\d{1,2})\)(?:[–-]\((\d{1,2})\))?")
"""`(7)` or `(3)–(5)`, but no call of a function."""


def defined() -> list[int]:
    """Numbers of the equations, each at the beginning of a line of a block."""
    return [int(number) for number in re.findall(r"^\((\d+)\) {2,}\S", DOCUMENT, re.MULTILINE)]


def cited(path: str) -> set[int]:
    found = CITATION.findall((ROOT / path).read_text())
    return {number for first, last in found for number in range(int(first), int(last or first) + 1)}


def test_equations_are_numbered_in_order() -> None:
    assert defined() == list(range(1, EQUATIONS + 1))


def test_every_equation_that_code_cites_is_defined() -> None:
    everywhere = set().union(*(cited(path) for path in CITING))
    assert everywhere == set(defined())


def test_every_operation_has_its_heading_in_the_order_of_its_code() -> None:
    headings = re.findall(r"^### 3\.(\d+) `(\w+)`$", DOCUMENT, re.MULTILINE)
    tags = [str(kind.__struct_config__.tag) for kind in reference.OPERATIONS]
    assert headings == [(str(code), tag) for code, tag in enumerate(tags, 1)]


@pytest.mark.parametrize("kind", Kind, ids=lambda kind: kind.name)
def test_every_kind_of_part_stands_in_the_table_of_the_referee(kind: Kind) -> None:
    page = (ROOT / "docs" / "dispute.md").read_text()
    assert re.search(rf"^\| {int(kind)} \| `{kind.name.lower()}` \| ", page, re.MULTILINE)


@pytest.mark.parametrize("name", making.STANDARD)
def test_the_document_has_the_tables_digests(name: str) -> None:
    row = re.search(rf"^\| `{re.escape(name)}` \| .* \| `([0-9a-f]{{64}})` \|$", DOCUMENT, re.MULTILINE)
    assert row
    assert row[1] == making.digest(making.STANDARD[name]())


def test_the_document_has_the_arithmetics_version() -> None:
    assert DOCUMENT.startswith(f"# Exact inference: arithmetic {ARITHMETIC_VERSION}\n")
    assert f"`{ARITHMETIC}`" in DOCUMENT
    assert VECTORS["arithmetic"] == ARITHMETIC_VERSION


def test_the_sections_are_those_that_code_cites() -> None:
    sections = re.findall(r"^## (\d) (.*)$", DOCUMENT, re.MULTILINE)
    assert sections[:6] == [
        ("1", "Program"),
        ("2", "Arithmetic"),
        ("3", "Operations"),
        ("4", "Tables"),
        ("5", "From a job to its answer"),
        ("6", "Files, and what is hashed"),
    ]
