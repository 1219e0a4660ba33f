"""Byte-level BPE: a vocabulary that spells any text to the byte (Radford et al. 2019)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

from oracle.models.tokenizer_document import tokenizer_document


def byte_spellings(names: Mapping[str, int], control: Set[int]) -> list[bytes | None]:
    """The bytes of each id that is no control token. Raises `ValueError` where a name stands for no bytes."""
    alphabet = {character: byte for byte, character in enumerate(byte_characters())}
    spellings: list[bytes | None] = [None] * len(names)
    for name, token in names.items():
        if token in control:
            continue
        if not alphabet.keys() >= set(name):
            raise ValueError(f"{name!r} holds characters that stand for no byte")
        spellings[token] = bytes(alphabet[character] for character in name)
    return spellings


def byte_characters() -> list[str]:
    """The character that byte-level BPE writes for each byte (Radford et al. 2019, GPT-2's `bytes_to_unicode`)."""
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = iter(range(0x100, 0x200))
    return [chr(byte if byte in printable else next(others)) for byte in range(256)]


def byte_level_document(tokens: Sequence[str], merges: Sequence[str], control: Sequence[int]) -> bytes:
    """The file of a tokenizer by the definition of SmolLM2's makers.

    Digits are split off one by one *before* the byte-level pattern is applied. Converters to GGUF replace that by one
    pattern, which cuts white space before digits differently; so the file is built from vocabulary and merges alone.
    """
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    digits = {"type": "Digits", "individual_digits": True}
    model = {
        "type": "BPE",
        "dropout": None,
        "unk_token": None,
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": False,
        "byte_fallback": False,
        "ignore_merges": False,
        "vocab": {token: i for i, token in enumerate(tokens)},
        "merges": [merge.split(" ") for merge in merges],
    }
    return tokenizer_document(
        model,
        {token: tokens[token] for token in control},
        pre_tokenizer={"type": "Sequence", "pretokenizers": [digits, byte_level]},
        decoder=byte_level,
    )
