"""The weights file and its root: the same tensors give the same, and what does not fit its program is refused."""

from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from oracle.models import WeightsInvalid, read_weights
from oracle.models.weights import weights_root, write_weights
from tests.oracle.tiny import tiny_program, tiny_tensors

PROGRAM = tiny_program()
HEAD = next(name for name in PROGRAM.matrices if name.startswith("layers.1."))
GAIN = PROGRAM.steps.after[0].tensors[0]


def written(folder: Path, tensors: dict[str, Tensor]) -> Path:
    path = folder / "weights"
    path.write_bytes(b"".join(write_weights(tensors)))
    return path


def without(name: str) -> dict[str, Tensor]:
    return {other: tensor for other, tensor in tiny_tensors().items() if other != name}


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        (without(HEAD), f"weights lack {HEAD}"),
        (without(f"{HEAD}.multiplier"), f"weights lack {HEAD}.multiplier"),
        (without(GAIN), f"weights lack {GAIN}"),
        (without(PROGRAM.noise), f"weights lack {PROGRAM.noise}"),
        (tiny_tensors() | {"more": torch.zeros(3, dtype=torch.int8)}, r"no use for: \['more'\]"),
        (tiny_tensors() | {HEAD: tiny_tensors()[HEAD].short()}, f"{HEAD} is torch.int16"),
        (tiny_tensors() | {GAIN: torch.zeros(64, dtype=torch.int8)}, f"{GAIN} is torch.int8"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_by_the_tensors_name(
    tmp_path: Path, tensors: dict[str, Tensor], message: str
) -> None:
    with pytest.raises(WeightsInvalid, match=message):
        read_weights(written(tmp_path, tensors), PROGRAM)


@pytest.mark.parametrize("content", [b"", b"\xff" * 64, b"\x08" + bytes(7) + b"{}      tail"])
def test_a_file_of_another_kind_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "weights"
    path.write_bytes(content)
    with pytest.raises(WeightsInvalid, match=f"{path} is no safetensors file|weights lack"):
        read_weights(path, PROGRAM)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_file_cut_anywhere_is_refused(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    path = written(tmp_path_factory.getbasetemp(), tiny_tensors())
    content = path.read_bytes()
    path.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    with pytest.raises(WeightsInvalid):
        read_weights(path, PROGRAM)


def test_tensors_survive_the_file_to_the_bit(tmp_path: Path) -> None:
    tensors = tiny_tensors()
    read = read_weights(written(tmp_path, tensors), PROGRAM)
    assert read.keys() == tensors.keys()
    assert all(torch.equal(read[name], tensor) for name, tensor in tensors.items())


def test_the_order_in_which_tensors_come_does_not_matter() -> None:
    tensors = tiny_tensors()
    backwards = dict(reversed(tensors.items()))
    assert b"".join(write_weights(tensors)) == b"".join(write_weights(backwards))
    assert weights_root(PROGRAM, tensors) == weights_root(PROGRAM, backwards)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_every_element_of_every_tensor_is_under_the_root(data: st.DataObject) -> None:
    tensors = tiny_tensors()
    name = data.draw(st.sampled_from(sorted(tensors)))
    flat = tensors[name].clone().reshape(-1)
    flat[data.draw(st.integers(0, len(flat) - 1))] += 1
    assert weights_root(PROGRAM, tensors | {name: flat.view_as(tensors[name])}) != weights_root(PROGRAM, tensors)


def test_a_tensor_of_another_shape_has_another_root() -> None:
    tensors = tiny_tensors()
    assert weights_root(PROGRAM, tensors | {GAIN: tensors[GAIN].view(2, -1)}) != weights_root(PROGRAM, tensors)


def test_a_matrix_needs_a_multiplier_for_each_row() -> None:
    tensors = tiny_tensors()
    with pytest.raises(WeightsInvalid, match=f"{HEAD} has .* rows, and not as many multipliers"):
        weights_root(PROGRAM, tensors | {HEAD: tensors[HEAD].view(2, -1)})
