"""Tiny models in GGUF, with random weights."""

from pathlib import Path
from typing import Any

import gguf
import numpy as np

from oracle.models.chat_ml import CHAT_ML
from oracle.models.shapes import Sizes, decoder_shapes
from tests.oracle.tiny import MERGES, TOKENS

SPOKEN = ("<|im_start|>", "<|im_end|>", *TOKENS[2:])
FIELDS: dict[str, Any] = {
    "block_count": 1,
    "embedding_length": 64,
    "attention.head_count": 4,
    "attention.head_count_kv": 2,
    "feed_forward_length": 96,
    "context_length": 128,
    "rope.dimension_count": 16,
}
SIZES = Sizes(
    layers=1,
    width=64,
    heads=4,
    key_value_heads=2,
    head_width=16,
    hidden_width=96,
    vocabulary=len(SPOKEN),
)
GGUF_NAMES = {
    "embedding": "token_embd",
    "output_norm": "output_norm",
    "layers.0.attention_norm": "blk.0.attn_norm",
    "layers.0.query": "blk.0.attn_q",
    "layers.0.key": "blk.0.attn_k",
    "layers.0.value": "blk.0.attn_v",
    "layers.0.attention_output": "blk.0.attn_output",
    "layers.0.feed_norm": "blk.0.ffn_norm",
    "layers.0.gate": "blk.0.ffn_gate",
    "layers.0.up": "blk.0.ffn_up",
    "layers.0.down": "blk.0.ffn_down",
}


def write_gguf(
    path: Path,
    *,
    architecture: str = "llama",
    pre: str = "smollm",
    template: str = CHAT_ML,
    fields: dict[str, Any] | None = None,
    drop: str = "",
    add: str = "",
) -> Path:
    """A tiny GGUF file with random weights, sound unless told otherwise."""
    writer = gguf.GGUFWriter(path, architecture)
    for name, number in (FIELDS | (fields or {})).items():
        writer.add_uint32(f"llama.{name}", number)
    writer.add_float32("llama.attention.layer_norm_rms_epsilon", 1e-5)
    writer.add_float32("llama.rope.freq_base", 10_000.0)
    writer.add_string("general.license", "mit")
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    writer.add_token_list(list(SPOKEN))
    writer.add_token_types([3] * 3 + [1] * (len(SPOKEN) - 3))
    writer.add_token_merges(list(MERGES))
    writer.add_eos_token_id(1)
    writer.add_chat_template(template)
    random = np.random.default_rng(5)
    for name, shape in decoder_shapes(SIZES).items():
        if name != drop:
            writer.add_tensor(f"{GGUF_NAMES[name]}.weight", random.normal(0, 0.3, shape).astype(np.float32))
    if add:
        writer.add_tensor(add, np.zeros((4, 4), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
