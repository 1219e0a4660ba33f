"""Accuracy as it is measured: nothing between a model and itself, much between a model and a broken one, by hand."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from math import exp, log
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from oracle.accuracy.decoder import DecoderAccuracy, measure_decoder
from oracle.accuracy.encoder import EncoderAccuracy
from oracle.accuracy.measuring import measure
from oracle.accuracy.original_decoder import OriginalDecoder
from oracle.accuracy.ranks import rank_correlation
from oracle.accuracy.text import TextUnreadable, read_text
from oracle.cli import main
from oracle.inference.devices import CPU, kernels_for
from oracle.inference.machine import Machine
from oracle.models import Model, load_model, quantise
from oracle.models.importing import read_published
from oracle.models.published import PublishedDecoder
from oracle.store import Store
from tests.oracle.models.folders import write_encoder
from tests.oracle.models.gguf_files import write_gguf

LINES = "bees make honey in the hive\n\nthe hive is warm, and bees are busy. honey is sweet! who eats it?\n"


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("text") / "bees.txt"
    path.write_text(LINES)
    return path


@pytest.fixture(scope="module")
def decoder_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_gguf(tmp_path_factory.mktemp("decoder") / "model.gguf")


@pytest.fixture(scope="module")
def decoder(decoder_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Model:
    store = Store(tmp_path_factory.mktemp("store"))
    return load_model(store, quantise(decoder_file, store).manifest)


def test_ranks_agree_by_order_alone() -> None:
    one = np.array([0.1, 5.0, 2.0, 9.0])
    assert rank_correlation(one, one**3) == pytest.approx(1)
    assert rank_correlation(one, -one) == pytest.approx(-1)
    # Ranks 1, 2.5, 2.5, 4 beside 1, 2, 3, 4: the covariance 4.5 by the roots of 4.5 and 5.
    assert rank_correlation(np.array([1.0, 2.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0, 4.0])) == pytest.approx(
        (4.5 / 5) ** 0.5
    )


def test_a_text_is_its_lines_under_its_digest(text: Path) -> None:
    found = read_text(text)
    assert (found.name, found.sha256) == ("bees.txt", hashlib.sha256(LINES.encode()).hexdigest())
    assert len(found.passages) == 2
    assert found.sentences[1:] == ["the hive is warm, and bees are busy.", "honey is sweet!", "who eats it?"]


@pytest.mark.parametrize(("content", "said"), [(b"", "no text"), (b" \n\n", "no text"), (b"caf\xe9", "not UTF-8")])
def test_what_is_no_text_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "text").write_bytes(content)
    with pytest.raises(TextUnreadable, match=said):
        read_text(tmp_path / "text")


def test_a_decoders_figures_are_those_of_its_definitions(decoder: Model, decoder_file: Path, text: Path) -> None:
    found = measure(decoder, decoder_file, read_text(text))
    assert isinstance(found, DecoderAccuracy)
    published = read_published(decoder_file)
    assert isinstance(published, PublishedDecoder)
    original = OriginalDecoder(published.shape, published.weights, CPU)
    losses, tokens = [0.0, 0.0], 0
    for line in LINES.split("\n\n"):
        ids = decoder.tokenizer.encode(line.strip())
        theirs, _ = original.forward(ids, original.cache(len(ids)), rows=len(ids))
        for place, following in enumerate(ids[1:]):
            losses[0] -= log(torch.softmax(theirs[place].double(), 0)[following])
            tokens += 1
    assert found.tokens == tokens
    assert found.original_perplexity == pytest.approx(exp(losses[0] / tokens), rel=1e-5)
    assert found.perplexity == pytest.approx(found.original_perplexity * (1 + found.perplexity_change))
    assert abs(found.perplexity_change) < 0.02
    assert found.top1 > 0.9
    assert 0 < found.divergence < 0.01


def test_a_broken_program_is_seen(decoder: Model, decoder_file: Path, text: Path) -> None:
    sound = measure(decoder, decoder_file, read_text(text))
    tensors = dict(decoder.tensors)
    tensors["layers.0.down"] = -tensors["layers.0.down"]
    broken = measure(replace(decoder, tensors=tensors), decoder_file, read_text(text))
    assert isinstance(sound, DecoderAccuracy)
    assert isinstance(broken, DecoderAccuracy)
    assert broken.divergence > 10 * sound.divergence
    assert broken.top1 < sound.top1


def test_a_text_of_one_line_has_no_standard_error(decoder: Model, decoder_file: Path, tmp_path: Path) -> None:
    (tmp_path / "line").write_text("bees")
    published = read_published(decoder_file)
    assert isinstance(published, PublishedDecoder)
    machine = Machine(decoder.program.steps, decoder.tensors, kernels_for(CPU))
    original = OriginalDecoder(published.shape, published.weights, CPU)
    with pytest.raises(TextUnreadable, match="needs two lines"):
        measure_decoder(machine, original, decoder.tokenizer.encode, read_text(tmp_path / "line"))


def test_an_encoder_is_beside_its_original(tmp_path: Path, text: Path) -> None:
    source, store = write_encoder(tmp_path / "encoder"), Store(tmp_path / "store")
    found = measure(load_model(store, quantise(source, store).manifest), source, read_text(text))
    assert isinstance(found, EncoderAccuracy)
    assert found.sentences == 4
    assert 0.99 < found.cosine_least <= found.cosine_mean <= 1
    assert found.below == 0 or found.cosine_least < 0.999
    assert found.rank_correlation > 0.9


def test_quantize_prints_and_keeps_what_it_measured(
    decoder: Model, decoder_file: Path, text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMMONHOLD_HOME", str(tmp_path))
    ran = CliRunner(mix_stderr=False).invoke(main, ["quantize", str(decoder_file), "--text", str(text)])
    assert ran.exit_code == 0, ran.output
    manifest = decoder.identity.manifest.hex()
    assert json.loads(ran.stdout)["manifest"] == f"0x{manifest}"
    assert "perplexity of the original in float32: " in ran.stderr
    (kept,) = json.loads((tmp_path / "accuracy" / f"{manifest}.json").read_text())
    assert kept["sha256"] == hashlib.sha256(LINES.encode()).hexdigest()
    assert kept["perplexity_change_error"] > 0
