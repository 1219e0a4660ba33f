"""Folders in Hugging Face's layout: a sound one becomes a model that runs; another is refused by what does not fit."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from oracle.accuracy.original_encoder import OriginalEncoder
from oracle.engine import Engine
from oracle.models import SourceUnsupported, Tokenizer, load_model, quantise
from oracle.models.gguf_file import read_gguf
from oracle.models.importing import read_published
from oracle.models.published import PublishedEncoder
from oracle.store import Store
from protocol.types import Sampling
from tests.oracle.models.folders import VOCABULARY, write_decoder, write_encoder
from tests.oracle.models.gguf_files import SIZES, SPOKEN, write_gguf
from tests.oracle.tiny import MERGES


def test_a_sentence_encoder_becomes_a_model_that_says_what_the_original_says(tmp_path: Path) -> None:
    path, store = write_encoder(tmp_path / "a-model"), Store(tmp_path / "store")
    model = load_model(store, quantise(path, store).manifest)
    assert (model.manifest.kind, model.manifest.name, model.manifest.licence) == ("embedding", "a-model", "apache-2.0")
    assert model.program.context_length == 24
    around = model.program.template.user
    ids = [*around.before, *model.tokenizer.encode("Bees make honey, the secret!"), *around.after]
    assert (ids[0], ids[-1]) == (VOCABULARY["[CLS]"], VOCABULARY["[SEP]"])
    found = np.array(Engine(model).run(ids, Sampling(1)).output) / 2**15
    published = read_published(path)
    assert isinstance(published, PublishedEncoder)
    wanted = OriginalEncoder(published.shape, published.weights, torch.float64).embed(ids).numpy()
    assert found @ wanted > 0.999


def test_the_file_of_weights_names_its_folder(tmp_path: Path) -> None:
    path, store = write_encoder(tmp_path / "a-model"), Store(tmp_path / "store")
    (path / "model.safetensors").rename(path / "other.safetensors")
    assert load_model(store, quantise(path / "other.safetensors", store).manifest).program.embeds
    with pytest.raises(SourceUnsupported, match="weights must be in one safetensors file"):
        quantise(path, store)


def test_a_chat_model_has_the_same_roots_from_a_folder_as_from_gguf(tmp_path: Path) -> None:
    store, file = Store(tmp_path / "store"), write_gguf(tmp_path / "model.gguf")
    path = write_decoder(tmp_path / "folder", dict(read_gguf(file).weights), SIZES, list(SPOKEN), list(MERGES))
    from_file, from_folder = quantise(file, store), quantise(path, store)
    assert replace(from_folder, manifest=from_file.manifest) == from_file


@pytest.mark.parametrize(
    ("faults", "message"),
    [
        ({"config": {"model_type": "t5"}}, "model_type is 't5'; known are llama and bert"),
        ({"config": {"hidden_act": "relu"}}, "config.json: hidden_act is 'relu'; known is 'gelu'"),
        ({"config": {"position_embedding_type": "relative_key"}}, "position_embedding_type is 'relative_key'"),
        ({"config": {"num_hidden_layers": 3}}, "lacks the tensors"),
        ({"config": {"num_hidden_layers": 1}}, "encoder.layer.1.* has no place in the model"),
        ({"config": {"hidden_size": "wide"}}, "is no readable model folder"),
        ({"config": {"num_attention_heads": 0}}, "is no readable model folder"),
        ({"modules": ("Transformer", "Pooling")}, "modules.json must list Transformer, Pooling, Normalize"),
        ({"modules": ("Transformer", "Pooling", "Dense")}, "modules.json must list"),
        ({"pooling": {"pooling_mode_cls_token": True}}, "known is pooling_mode_mean_tokens alone"),
        ({"sentence_bert_config": {"max_seq_length": 1}}, "reads 1 tokens; known are 2 to 131072"),
        ({"tokenizer_model": {"unk_token": "[MASK]"}}, r"unk_token is '\[MASK\]'"),
        ({"tokenizer": {"normalizer": {"type": "Lowercase"}}}, "type is 'Lowercase'; known is 'BertNormalizer'"),
        ({"tokenizer": {"post_processor": None}}, r"must put \[CLS\] and \[SEP\] around a text"),
        ({"drop": "encoder.layer.1.output.dense.bias"}, "lacks the tensors"),
        ({"add": "encoder.layer.1.adapter.weight"}, r"encoder.layer.1.adapter.weight \[3\] has no place"),
        ({"spoil": "embeddings.LayerNorm.weight"}, "embeddings.LayerNorm.weight holds numbers that are not finite"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_an_encoder_of_another_kind_is_refused_by_what_does_not_fit(
    tmp_path: Path, faults: dict[str, Any], message: str
) -> None:
    store = Store(tmp_path / "store")
    with pytest.raises(SourceUnsupported, match=message):
        quantise(write_encoder(tmp_path / "a-model", **faults), store)
    assert not list(store.root.glob("*"))


@pytest.mark.parametrize(
    ("faults", "message"),
    [
        ({"config": {"tie_word_embeddings": False}}, "tie_word_embeddings is False; known is True"),
        ({"config": {"rope_scaling": {"type": "yarn"}}}, "rope_scaling is"),
        ({"config": {"head_dim": 8}}, "head_dim is 8; known is 16"),
        ({"config": {"max_position_embeddings": 1 << 24}}, "reads 16777216 tokens; known are 2 to 131072"),
        ({"tokenizer_config": {"chat_template": "{{ messages }}"}}, "chat_template is"),
        ({"tokenizer": {"pre_tokenizer": {"type": "Whitespace"}}}, "cuts text otherwise than SmolLM2's"),
        ({"drop": "model.layers.0.mlp.up_proj.weight"}, r"lacks the tensors \['layers.0.up'\]"),
        ({"add": "lm_head.weight"}, "lm_head.weight .* has no place"),
    ],
)
def test_a_chat_model_of_another_kind_is_refused_by_what_does_not_fit(
    tmp_path: Path, faults: dict[str, Any], message: str
) -> None:
    weights = dict(read_gguf(write_gguf(tmp_path / "model.gguf")).weights)
    path = write_decoder(tmp_path / "folder", weights, SIZES, list(SPOKEN), list(MERGES), **faults)
    with pytest.raises(SourceUnsupported, match=message):
        quantise(path, Store(tmp_path / "store"))


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "modules.json", "1_Pooling/config.json"])
@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b"\xff", b"null"])
def test_a_damaged_folder_is_refused_in_our_words(tmp_path: Path, name: str, content: bytes | None) -> None:
    path = write_encoder(tmp_path / "a-model")
    (path / name).unlink()
    if content is not None:
        (path / name).write_bytes(content)
    with pytest.raises(SourceUnsupported, match=str(path)):
        quantise(path, Store(tmp_path / "store"))


def test_weights_cut_anywhere_are_refused(tmp_path: Path) -> None:
    path = write_encoder(tmp_path / "a-model")
    whole = (path / "model.safetensors").read_bytes()
    for length in range(0, len(whole), len(whole) // 40):
        (path / "model.safetensors").write_bytes(whole[:length])
        with pytest.raises(SourceUnsupported, match="is no safetensors file"):
            quantise(path, Store(tmp_path / "store"))


def words(tmp_path: Path) -> Tokenizer:
    return Tokenizer(read_published(write_encoder(tmp_path / "a-model")).tokenizer)


def test_words_keep_their_meaning_and_never_become_a_control_token(tmp_path: Path) -> None:
    tokenizer = words(tmp_path)
    assert tokenizer.decode(tokenizer.encode("Bees make  HONEY.")) == "bees make honey ."
    assert tokenizer.decode(tokenizer.encode("bées, 日本")) == "bees , 日 本"
    assert tokenizer.decode(tokenizer.encode("strange honey")) == "[UNK] honey"
    assert tokenizer.encode("") == []
    ids = tokenizer.encode("[CLS] [SEP] [MASK] [PAD]")
    assert not tokenizer.control & set(ids)
    assert all(tokenizer.is_text(token) for token in ids)
    assert tokenizer.control == {0, 2, 3, 4}


def test_the_same_encoder_gives_the_same_tokenizer(tmp_path: Path) -> None:
    path = write_encoder(tmp_path / "a-model")
    first = read_published(path).tokenizer
    shuffled = json.loads((path / "tokenizer.json").read_text())
    shuffled["model"]["vocab"] = dict(reversed(shuffled["model"]["vocab"].items()))
    shuffled["added_tokens"].reverse()
    (path / "tokenizer.json").write_text(json.dumps(shuffled, indent=3))
    assert read_published(path).tokenizer == first
