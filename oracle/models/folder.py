"""A folder in Hugging Face's layout: `config.json`, `model.safetensors`, `tokenizer.json` and what goes with them."""

from __future__ import annotations

import json
import re
from functools import cached_property
from pathlib import Path
from typing import Any

import tokenizers
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from oracle.models.byte_level import byte_level_document
from oracle.models.chat_ml import CHAT_ML, chat_template
from oracle.models.published import (
    PublishedDecoder,
    PublishedEncoder,
    SourceUnsupported,
    Weights,
    finite,
    reading,
)
from oracle.models.shapes import Sizes, decoder_shapes, encoder_shapes
from oracle.models.tokenizer import Tokenizer
from oracle.models.word_piece import word_piece_document
from oracle.quantising.rounding import Array
from oracle.quantising.shape import EncoderShape, Shape
from protocol.program import CONTEXT_LENGTHS, Template, Turn

SAFETENSORS = ".safetensors"
WEIGHTS = f"model{SAFETENSORS}"
SENTENCE_MODULES = ["Transformer", "Pooling", "Normalize"]
"""What sentence-transformers' `modules.json` must list: the mean over positions, divided by its length."""
CLASSIFY, SEPARATE = "[CLS]", "[SEP]"

DEFAULTS = {
    "attention_bias": False,
    "mlp_bias": False,
    "position_embedding_type": "absolute",
    "byte_fallback": False,
}
"""What a file means that leaves a field out."""
EMBEDDINGS = {"word": "embedding", "position": "positions", "token_type": "segments"}
DECODER_NAMES = {
    "attention_norm": "input_layernorm",
    "query": "self_attn.q_proj",
    "key": "self_attn.k_proj",
    "value": "self_attn.v_proj",
    "attention_output": "self_attn.o_proj",
    "feed_norm": "post_attention_layernorm",
    "gate": "mlp.gate_proj",
    "up": "mlp.up_proj",
    "down": "mlp.down_proj",
}
ENCODER_NAMES = {
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "attention_output": "attention.output.dense",
    "attention_norm": "attention.output.LayerNorm",
    "up": "intermediate.dense",
    "down": "output.dense",
    "feed_norm": "output.LayerNorm",
}
NOT_USED = re.compile(r"embeddings\.position_ids|pooler\.dense\.(weight|bias)")
"""Tensors of a BERT that a mean over positions has no use for."""


def read_folder(path: Path, weights: str = WEIGHTS) -> PublishedDecoder | PublishedEncoder:
    """The model whose tensors are in the file `weights`. Raises `SourceUnsupported`, naming what does not fit."""
    with reading(path, "model folder"):
        folder = _Folder(path, weights)
        kind = folder.config.get("model_type")
        if kind == "llama":
            return folder.decoder()
        if kind == "bert":
            return folder.encoder()
        raise SourceUnsupported(f"{path}: model_type is {kind!r}; known are llama and bert")


class _Folder:
    def __init__(self, path: Path, weights: str) -> None:
        self._path, self._weights_name = path, weights
        self.config: dict[str, Any] = self._json("config.json")

    # ------------------------------------------------------------ Llama

    def decoder(self) -> PublishedDecoder:
        for name, known in {
            "hidden_act": "silu",
            "tie_word_embeddings": True,
            "attention_bias": False,
            "mlp_bias": False,
            "rope_scaling": None,
        }.items():
            self._require("config.json", self.config, name, known)
        sizes, document = self._sizes(self.config["num_key_value_heads"]), self._byte_level()
        self._require("tokenizer_config.json", self._json("tokenizer_config.json"), "chat_template", CHAT_ML)
        names = {"model.embed_tokens.weight": "embedding", "model.norm.weight": "output_norm"}
        for i in range(sizes.layers):
            names |= {f"model.layers.{i}.{theirs}.weight": f"layers.{i}.{n}" for n, theirs in DECODER_NAMES.items()}
        shape = Shape(
            layers=sizes.layers,
            heads=sizes.heads,
            key_value_heads=sizes.key_value_heads,
            head_width=sizes.head_width,
            epsilon=float(self.config["rms_norm_eps"]),
            base=int(self.config["rope_theta"]),
            context=self._context(self.config["max_position_embeddings"]),
        )
        return PublishedDecoder(
            licence=self._licence(),
            shape=shape,
            weights=self._weights(names, decoder_shapes(sizes)),
            tokenizer=document,
            template=chat_template(self._tokenizer["model"]["vocab"], Tokenizer(document).encode),
            stop_tokens=(int(self.config["eos_token_id"]),),
        )

    def _byte_level(self) -> bytes:
        model = self._tokenizer["model"]
        pieces = {"type": "BPE", "byte_fallback": False}
        for name, known in pieces.items():
            self._require("tokenizer.json", model, name, known)
        cut = self._tokenizer["pre_tokenizer"] or {}
        steps = [(step["type"], step.get("individual_digits"), step.get("add_prefix_space")) for step in _steps(cut)]
        if steps != [("Digits", True, None), ("ByteLevel", None, False)] or self._tokenizer["normalizer"]:
            raise SourceUnsupported(f"{self._path}/tokenizer.json cuts text otherwise than SmolLM2's")
        tokens = sorted(model["vocab"], key=lambda token: int(model["vocab"][token]))
        merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in model["merges"]]
        return byte_level_document(tokens, merges, sorted(self._special().values()))

    # ------------------------------------------------------------ BERT

    def encoder(self) -> PublishedEncoder:
        for name, known in {"hidden_act": "gelu", "position_embedding_type": "absolute"}.items():
            self._require("config.json", self.config, name, known)
        self._check_sentence()
        sizes, positions = self._sizes(self.config["num_attention_heads"]), self.config["max_position_embeddings"]
        names = {f"embeddings.{theirs}_embeddings.weight": ours for theirs, ours in EMBEDDINGS.items()}
        names |= _with_bias("embeddings.LayerNorm", "embedding_norm")
        for i in range(sizes.layers):
            for ours, theirs in ENCODER_NAMES.items():
                names |= _with_bias(f"encoder.layer.{i}.{theirs}", f"layers.{i}.{ours}")
        weights = dict(self._weights(names, encoder_shapes(sizes, positions, self.config["type_vocab_size"])))
        weights["positions"] = weights["positions"] + weights.pop("segments")[0]
        document, vocabulary = self._word_piece(), self._tokenizer["model"]["vocab"]
        around = Turn(before=(vocabulary[CLASSIFY],), after=(vocabulary[SEPARATE],))
        nobody = Turn(before=(), after=())
        longest = self._json("sentence_bert_config.json")["max_seq_length"]
        return PublishedEncoder(
            licence=self._licence(),
            shape=EncoderShape(
                layers=sizes.layers,
                heads=sizes.heads,
                head_width=sizes.head_width,
                epsilon=float(self.config["layer_norm_eps"]),
            ),
            weights=weights,
            tokenizer=document,
            template=Template(system=nobody, default_system=(), user=around, assistant=()),
            context=self._context(min(positions, longest)),
        )

    def _check_sentence(self) -> None:
        modules = self._json("modules.json")
        if [module["type"].rsplit(".", 1)[1] for module in modules] != SENTENCE_MODULES:
            raise SourceUnsupported(f"{self._path}/modules.json must list {', '.join(SENTENCE_MODULES)}")
        pooling = self._json(f"{modules[1]['path']}/config.json")
        chosen = sorted(name for name, value in pooling.items() if name.startswith("pooling_mode") and value)
        if chosen != ["pooling_mode_mean_tokens"]:
            raise SourceUnsupported(f"{self._path}: pooling is by {chosen}; known is pooling_mode_mean_tokens alone")

    def _word_piece(self) -> bytes:
        model, normalizer = self._tokenizer["model"], self._tokenizer["normalizer"]
        wanted = {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##"}
        for name, known in (wanted | {"max_input_chars_per_word": 100}).items():
            self._require("tokenizer.json", model, name, known)
        self._require("tokenizer.json", normalizer, "type", "BertNormalizer")
        self._require("tokenizer.json", normalizer, "clean_text", True)
        self._require("tokenizer.json", self._tokenizer["pre_tokenizer"], "type", "BertPreTokenizer")
        theirs = tokenizers.Tokenizer.from_file(str(self._path / "tokenizer.json"))
        theirs.no_padding()
        theirs.no_truncation()
        if theirs.encode("").tokens != [CLASSIFY, SEPARATE]:
            raise SourceUnsupported(f"{self._path}/tokenizer.json must put {CLASSIFY} and {SEPARATE} around a text")
        return word_piece_document(
            model["vocab"],
            list(self._special()),
            lower=normalizer["lowercase"],
            strip_accents=normalizer["strip_accents"],
            chinese=normalizer["handle_chinese_chars"],
        )

    # ------------------------------------------------------------ both

    def _sizes(self, key_value_heads: int) -> Sizes:
        config = self.config
        width, heads = config["hidden_size"], config["num_attention_heads"]
        self._require("config.json", {"head_dim": config.get("head_dim") or width // heads}, "head_dim", width // heads)
        return Sizes(
            layers=config["num_hidden_layers"],
            width=width,
            heads=heads,
            key_value_heads=key_value_heads,
            head_width=width // heads,
            hidden_width=config["intermediate_size"],
            vocabulary=config["vocab_size"],
        )

    def _context(self, tokens: int) -> int:
        if tokens not in CONTEXT_LENGTHS:
            known = f"{CONTEXT_LENGTHS[0]} to {CONTEXT_LENGTHS[-1]}"
            raise SourceUnsupported(f"{self._path} reads {tokens} tokens; known are {known}")
        return tokens

    def _weights(self, names: dict[str, str], missing: dict[str, tuple[int, ...]]) -> Weights:
        found: dict[str, Array] = {}
        for name, tensor in self._tensors.items():
            if NOT_USED.fullmatch(name):
                continue
            ours = names.get(name, name)
            if missing.pop(ours, None) != tuple(tensor.shape):
                raise SourceUnsupported(f"{self._path}: tensor {name} {list(tensor.shape)} has no place in the model")
            found[ours] = finite(self._path, name, tensor.to(torch.float64).numpy())
        if missing:
            raise SourceUnsupported(f"{self._path} lacks the tensors {sorted(missing)[:3]}")
        return found

    @cached_property
    def _tensors(self) -> dict[str, torch.Tensor]:
        path = self._path / self._weights_name
        if not path.exists():
            raise SourceUnsupported(f"{path} is not there; weights must be in one safetensors file")
        try:
            return load_file(path)
        except SafetensorError as error:
            raise SourceUnsupported(f"{path} is no safetensors file: {error}") from error

    @cached_property
    def _tokenizer(self) -> dict[str, Any]:
        found: dict[str, Any] = self._json("tokenizer.json")
        return found

    def _special(self) -> dict[str, int]:
        """Tokens that stand beside the vocabulary's words. Raises where one of them is spelt by text."""
        added = self._tokenizer["added_tokens"]
        if plain := [token["content"] for token in added if not token["special"]]:
            raise SourceUnsupported(f"{self._path}/tokenizer.json adds tokens that are not special: {plain[:3]}")
        return {token["content"]: token["id"] for token in added}

    def _licence(self) -> str:
        """As the first lines of README.md have it."""
        readme = self._path / "README.md"
        stated = re.search(r"^license: *(\S+)$", readme.read_text(), re.MULTILINE) if readme.exists() else None
        return stated.group(1) if stated else "not stated"

    def _json(self, name: str) -> Any:
        path = self._path / name
        if not path.exists():
            raise SourceUnsupported(f"{path} is not there")
        return json.loads(path.read_text())

    def _require(self, file: str, values: dict[str, Any], name: str, known: object) -> None:
        found = values.get(name, DEFAULTS.get(name))
        if found != known:
            raise SourceUnsupported(f"{self._path}/{file}: {name} is {found!r}; known is {known!r}")


def _with_bias(theirs: str, ours: str) -> dict[str, str]:
    return {f"{theirs}.weight": ours, f"{theirs}.bias": f"{ours}.bias"}


def _steps(pre_tokenizer: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pre_tokenizer.get("pretokenizers", [pre_tokenizer])
    return found
