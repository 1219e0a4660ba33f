"""The weights file: the same tensors give the same bytes, and a file that does not fit its program is refused."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle.models import WeightsInvalid, read_weights
from oracle.models.blocks import Array, Blocks, quantise
from oracle.models.weights import write_weights
from tests.oracle.tiny import SIZES, tiny_tensors

GATE = "layers.1.gate"


def written(folder: Path, tensors: dict[str, Array | Blocks]) -> Path:
    path = folder / "weights"
    path.write_bytes(b"".join(write_weights(tensors)))
    return path


def without(name: str) -> dict[str, Array | Blocks]:
    return {other: tensor for other, tensor in tiny_tensors().items() if other != name}


GATE_SHAPE = (SIZES.hidden_width, SIZES.width)
ZEROS = np.zeros(GATE_SHAPE, np.float32)


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        (without(GATE), f"weights lack {GATE}"),
        (without("output_norm"), "weights lack output_norm"),
        (tiny_tensors() | {"more": ZEROS}, r"no use for: \['more'\]"),
        (tiny_tensors() | {GATE: ZEROS[1:]}, rf"{GATE} is torch.float32 \[95, 64\], and the program needs"),
        (tiny_tensors() | {GATE: quantise(ZEROS[:, :32], 8)}, rf"{GATE}.scale is torch.float16 \[96, 1\]"),
        (without(GATE) | {f"{GATE}.scale": ZEROS}, rf"{GATE}.scale is torch.float32"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_by_the_tensors_name(
    tmp_path: Path, tensors: dict[str, Array | Blocks], message: str
) -> None:
    with pytest.raises(WeightsInvalid, match=message):
        read_weights(written(tmp_path, tensors), SIZES)


@pytest.mark.parametrize("content", [b"", b"\xff" * 64, b"\x08" + bytes(7) + b"{}      tail"])
def test_a_file_of_another_kind_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "weights"
    path.write_bytes(content)
    with pytest.raises(WeightsInvalid, match=f"{path} is no safetensors file|weights lack"):
        read_weights(path, SIZES)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_file_cut_anywhere_is_refused(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    path = written(tmp_path_factory.getbasetemp(), tiny_tensors())
    content = path.read_bytes()
    path.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    with pytest.raises(WeightsInvalid):
        read_weights(path, SIZES)


def test_tensors_survive_the_file_to_the_bit(tmp_path: Path) -> None:
    tensors = tiny_tensors()
    read = read_weights(written(tmp_path, tensors), SIZES)
    assert read.keys() == tensors.keys()
    for name, tensor in tensors.items():
        values = tensor.values() if isinstance(tensor, Blocks) else tensor
        np.testing.assert_array_equal(read[name].numpy(), values)


def test_nibbles_are_read_as_they_are_valued(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    blocks = Blocks(
        codes=random.integers(0, 256, (96, 2, 16), np.uint8),
        scale=random.normal(size=(96, 2)).astype(np.float16),
        minimum=random.normal(size=(96, 2)).astype(np.float16),
    )
    read = read_weights(written(tmp_path, tiny_tensors() | {GATE: blocks}), SIZES)
    np.testing.assert_array_equal(read[GATE].numpy(), blocks.values())


def test_the_order_in_which_tensors_come_does_not_matter() -> None:
    tensors = tiny_tensors()
    backwards = dict(reversed(tensors.items()))
    assert b"".join(write_weights(tensors)) == b"".join(write_weights(backwards))
