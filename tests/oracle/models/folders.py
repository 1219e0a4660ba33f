"""Tiny models in Hugging Face's layout, with random weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file

from oracle.models.byte_level import byte_level_document
from oracle.models.chat_ml import CHAT_ML
from oracle.models.folder import DECODER_NAMES
from oracle.models.shapes import Sizes, decoder_shapes
from oracle.models.word_piece import word_piece_document

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
WORDS = ("be", "##es", "##e", "make", "honey", "secret", "a", "the", ".", ",", "!", "'", "日", "本")
VOCABULARY = {word: i for i, word in enumerate((*SPECIAL, *WORDS))}
ENCODER_CONFIG: dict[str, Any] = {
    "model_type": "bert",
    "hidden_act": "gelu",
    "hidden_size": 32,
    "intermediate_size": 48,
    "layer_norm_eps": 1e-12,
    "max_position_embeddings": 40,
    "num_attention_heads": 4,
    "num_hidden_layers": 2,
    "type_vocab_size": 2,
    "vocab_size": len(VOCABULARY),
}


def write_encoder(path: Path, **faults: Any) -> Path:
    """A sentence encoder. `faults`: fields of a file by its name without ending; `drop`, `add`, `spoil`: a tensor."""
    config = ENCODER_CONFIG | faults.get("config", {})
    path.mkdir(parents=True)
    (path / "1_Pooling").mkdir()
    tokenizer = json.loads(word_piece_document(VOCABULARY, SPECIAL, lower=True, strip_accents=None, chinese=True))
    tokenizer["post_processor"] = {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]}
    tokenizer["truncation"] = {"direction": "Right", "max_length": 8, "strategy": "LongestFirst", "stride": 0}
    tokenizer["model"] |= faults.get("tokenizer_model", {})
    kinds = faults.get("modules", ("Transformer", "Pooling", "Normalize"))
    pooling = {"word_embedding_dimension": 32, "pooling_mode_mean_tokens": True, "pooling_mode_cls_token": False}
    files = {
        "config": config,
        "tokenizer": tokenizer | faults.get("tokenizer", {}),
        "sentence_bert_config": {"max_seq_length": 24} | faults.get("sentence_bert_config", {}),
        "modules": [
            {"type": f"sentence_transformers.models.{kind}", "path": f"{i}_{kind}"} for i, kind in enumerate(kinds)
        ],
        "1_Pooling/config": pooling | faults.get("pooling", {}),
    }
    for name, content in files.items():
        (path / f"{name}.json").write_text(json.dumps(content))
    (path / "README.md").write_text("---\nlanguage: en\nlicense: apache-2.0\n---\nA tiny model.\n")
    _save(path, _encoder_tensors(), **faults)
    return path


def _encoder_tensors() -> dict[str, torch.Tensor]:
    random, width, hidden = np.random.default_rng(5), 32, 48
    tensors: dict[str, torch.Tensor] = {"embeddings.position_ids": torch.arange(40)[None]}

    def put(name: str, *shape: int, size: float = 1.0, around: float = 0.0) -> None:
        tensors[name] = torch.from_numpy(random.normal(around, size, shape)).float()

    def norm(name: str) -> None:
        put(f"{name}.LayerNorm.weight", width, size=0.2, around=1)
        put(f"{name}.LayerNorm.bias", width, size=0.2)

    def linear(name: str, outputs: int, inputs: int) -> None:
        put(f"{name}.weight", outputs, inputs, size=inputs**-0.5)
        put(f"{name}.bias", outputs, size=0.2)

    for name, rows in {"word": len(VOCABULARY), "position": 40, "token_type": 2}.items():
        put(f"embeddings.{name}_embeddings.weight", rows, width)
    norm("embeddings")
    for i in range(2):
        layer = f"encoder.layer.{i}"
        for name in ("query", "key", "value"):
            linear(f"{layer}.attention.self.{name}", width, width)
        linear(f"{layer}.attention.output.dense", width, width)
        norm(f"{layer}.attention.output")
        linear(f"{layer}.intermediate.dense", hidden, width)
        linear(f"{layer}.output.dense", width, hidden)
        norm(f"{layer}.output")
    linear("pooler.dense", width, width)
    return tensors


def write_decoder(
    path: Path, weights: dict[str, Any], sizes: Sizes, tokens: list[str], merges: list[str], **faults: Any
) -> Path:
    """A chat model with these weights by our names, and the first three tokens for control."""
    path.mkdir(parents=True)
    tokenizer = json.loads(byte_level_document(tokens, merges, range(3)))
    config = {
        "model_type": "llama",
        "hidden_act": "silu",
        "hidden_size": sizes.width,
        "intermediate_size": sizes.hidden_width,
        "max_position_embeddings": 128,
        "num_attention_heads": sizes.heads,
        "num_key_value_heads": sizes.key_value_heads,
        "num_hidden_layers": sizes.layers,
        "rms_norm_eps": 1e-5,
        "rope_theta": 10_000,
        "tie_word_embeddings": True,
        "vocab_size": sizes.vocabulary,
        "eos_token_id": 1,
    }
    files = {
        "config": config | faults.get("config", {}),
        "tokenizer": tokenizer | faults.get("tokenizer", {}),
        "tokenizer_config": {"chat_template": CHAT_ML} | faults.get("tokenizer_config", {}),
    }
    for name, content in files.items():
        (path / f"{name}.json").write_text(json.dumps(content))
    names = {"embedding": "model.embed_tokens.weight", "output_norm": "model.norm.weight"}
    for i in range(sizes.layers):
        names |= {f"layers.{i}.{ours}": f"model.layers.{i}.{theirs}.weight" for ours, theirs in DECODER_NAMES.items()}
    assert names.keys() == decoder_shapes(sizes).keys()
    _save(
        path,
        {names[name]: torch.from_numpy(np.asarray(w)).float().contiguous() for name, w in weights.items()},
        **faults,
    )
    return path


def _save(
    path: Path, tensors: dict[str, torch.Tensor], drop: str = "", add: str = "", spoil: str = "", **_: Any
) -> None:
    if add:
        tensors[add] = torch.zeros(3)
    if spoil:
        tensors[spoil].view(-1)[1] = torch.nan
    save_file({name: tensor for name, tensor in tensors.items() if name != drop}, path / "model.safetensors")
