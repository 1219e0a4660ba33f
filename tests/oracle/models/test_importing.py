"""GGUF files that cannot be served are refused by what does not fit; nothing is left half imported."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle.engine import Engine
from oracle.models import MethodUnknown, SourceUnsupported, importing, load_model, quantise
from oracle.quantising.calibration import calibration_rows
from oracle.store import Store
from protocol.errors import CommonholdError
from protocol.types import Sampling
from tests.oracle.models.gguf_files import SIZES, write_gguf


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"architecture": "qwen2"}, "general.architecture is 'qwen2'; known is 'llama'"),
        ({"pre": "llama-bpe"}, "tokenizer.ggml.pre is 'llama-bpe'"),
        ({"template": "{{ messages }}"}, "tokenizer.chat_template is"),
        ({"fields": {"rope.dimension_count": 8}}, "llama.rope.dimension_count is 8"),
        ({"fields": {"rope.scaling.original_context_length": 8}}, "rotary scaling is not known"),
        ({"fields": {"block_count": 2}}, "lacks the tensors"),
        ({"fields": {"block_count": 1 << 31}}, "lacks the tensors of most of its 2147483648 layers"),
        ({"fields": {"context_length": 1 << 24}}, "llama.context_length is 16777216; known are 2 to 131072"),
        ({"drop": "layers.0.up"}, r"lacks the tensors \['layers.0.up'\]"),
        ({"add": "output.weight"}, "output.weight .* has no place in the model"),
        ({"add": "blk.0.attn_q.bias"}, "attn_q.bias .* has no place in the model"),
        ({"fields": {"feed_forward_length": 64}}, "has no place in the model"),
    ],
)
def test_a_model_of_another_kind_is_refused_by_what_does_not_fit(
    tmp_path: Path, fault: dict[str, Any], message: str
) -> None:
    path = write_gguf(tmp_path / "model.gguf", **fault)
    with pytest.raises(SourceUnsupported, match=message) as refused:
        quantise(path, Store(tmp_path / "store"))
    assert str(path) in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"GGUF", b"not a model" * 10, b"GGUF\x03\0\0\0" + b"\xff" * 40])
def test_a_file_that_is_no_gguf_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(content)
    with pytest.raises(SourceUnsupported, match=f"{path} is no readable GGUF file"):
        quantise(path, Store(tmp_path / "store"))


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_file_cut_anywhere_is_refused(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("cut")
    whole = write_gguf(folder / "whole.gguf").read_bytes()
    path = folder / "cut.gguf"
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    with pytest.raises(SourceUnsupported, match=str(path)):
        quantise(path, Store(folder / "store"))


@contextmanager
def little_calibration() -> Iterator[None]:
    """Two rows of text instead of all, where what comes out does not matter."""

    def rows(encode: Callable[[str], list[int]], context: int) -> list[list[int]]:
        return calibration_rows(encode, context)[:2]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(importing, "calibration_rows", rows)
        yield


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_header_with_any_byte_changed_is_refused_in_our_words_or_is_another_model(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("changed")
    content = bytearray(write_gguf(folder / "whole.gguf").read_bytes())
    content[data.draw(st.integers(0, 8_000))] ^= data.draw(st.integers(1, 255))
    path = folder / "changed.gguf"
    path.write_bytes(content)
    store = Store(folder / "store")
    with suppress(CommonholdError), little_calibration():
        load_model(store, quantise(path, store).manifest)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceUnsupported, match=r"none\.gguf"):
        quantise(tmp_path / "none.gguf", Store(tmp_path / "store"))


def test_a_method_that_is_not_offered_is_refused_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(MethodUnknown, match="'q3_k': known are feedback, nearest"):
        quantise(write_gguf(tmp_path / "model.gguf"), Store(tmp_path / "store"), method="q3_k")  # type: ignore[arg-type]


def test_a_sound_file_becomes_a_model_that_runs(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    model = load_model(store, quantise(write_gguf(tmp_path / "model.gguf"), store, name="Tiny").manifest)
    assert (model.manifest.name, model.manifest.licence, len(model.program.steps.layers)) == (
        "Tiny",
        "mit",
        SIZES.layers,
    )
    assert len(Engine(model).run([5, 6], Sampling(4)).output) in range(1, 5)
