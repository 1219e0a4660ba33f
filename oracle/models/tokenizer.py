"""Text to token ids and back, by the tokenizer file that the model's manifest names."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence, Set
from pathlib import Path
from typing import Any

import tokenizers

from protocol.errors import CommonholdError


class TokenizerInvalid(CommonholdError, ValueError):
    """A file that is no byte-level BPE tokenizer."""


class TextInvalid(CommonholdError, ValueError):
    """Text that no tokens of the vocabulary spell: without UTF-8, or with bytes that the vocabulary lacks."""


class Tokenizer:
    """Byte-level BPE. Text never becomes a control token, whatever it spells; every token has its exact bytes."""

    def __init__(self, path: Path) -> None:
        try:
            document = path.read_text(encoding="utf-8")
            self._bpe = tokenizers.Tokenizer.from_str(document)
            self.control = frozenset(token["id"] for token in json.loads(document)["added_tokens"])
            self._pieces = _pieces(self._bpe.get_vocab(), self.control)
        except Exception as error:  # the library raises bare Exception
            raise TokenizerInvalid(f"{path} is no tokenizer file: {error}") from error
        self._bpe.encode_special_tokens = True

    @property
    def vocabulary(self) -> int:
        """How many token ids there are."""
        return self._bpe.get_vocab_size()

    def encode(self, text: str) -> list[int]:
        """The ids of a text, to the byte. Raises `TextInvalid`, naming the first character that has none."""
        try:
            content = text.encode()
        except UnicodeEncodeError as error:
            raise TextInvalid(f"character {error.start} is a lone surrogate, which has no UTF-8") from error
        ids = list(self._bpe.encode(text, add_special_tokens=False).ids)
        if self.detokenise(ids) != content:
            raise TextInvalid(self._unspelt(text))
        return ids

    def _unspelt(self, text: str) -> str:
        known = {byte for piece in self._pieces if len(piece) == 1 for byte in piece}
        strange = (i for i, character in enumerate(text) if not known.issuperset(character.encode()))
        position = next(strange, None)
        if position is None:
            return "the tokenizer does not keep the text as it is"
        return f"character {position} is {text[position]!a}, for which the vocabulary has no tokens"

    def is_text(self, token: int) -> bool:
        """Whether an id is in the vocabulary and not a control token."""
        return 0 <= token < self.vocabulary and token not in self.control

    def detokenise(self, ids: Iterable[int]) -> bytes:
        """The bytes of the ids, exactly; a control token has none. Safety rules are judged on these."""
        return b"".join(self._pieces[token] for token in ids)

    def decode(self, ids: Iterable[int]) -> str:
        """The text of the ids for people: bytes that are not UTF-8 become U+FFFD."""
        return self.detokenise(ids).decode(errors="replace")


def _pieces(names: Mapping[str, int], control: Set[int]) -> list[bytes]:
    """The bytes of each id. Raises `ValueError` where ids are missing or doubled or a name stands for no bytes."""
    alphabet = {character: byte for byte, character in enumerate(byte_characters())}
    pieces: list[bytes | None] = [None] * len(names)
    for name, token in names.items():
        if token >= len(pieces) or pieces[token] is not None:
            raise ValueError(f"{name!r} has the id {token}, which is out of order")
        if token not in control and not alphabet.keys() >= set(name):
            raise ValueError(f"{name!r} holds characters that stand for no byte")
        pieces[token] = b"" if token in control else bytes(alphabet[character] for character in name)
    return [piece for piece in pieces if piece is not None]


def byte_characters() -> list[str]:
    """The character that byte-level BPE writes for each byte (Radford et al. 2019, GPT-2's `bytes_to_unicode`)."""
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = iter(range(0x100, 0x200))
    return [chr(byte if byte in printable else next(others)) for byte in range(256)]


def tokenizer_document(tokens: Sequence[str], merges: Sequence[str], control: Sequence[int]) -> bytes:
    """A tokenizer file in the `tokenizers` library's format, by the definition of SmolLM2's makers.

    Digits are split off one by one *before* the byte-level pattern is applied. Converters to GGUF replace that by one
    pattern, which cuts white space before digits differently; so the file is built from vocabulary and merges alone.
    """
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    document = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [_added(token, tokens[token]) for token in control],
        "normalizer": None,
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [{"type": "Digits", "individual_digits": True}, byte_level],
        },
        "post_processor": None,
        "decoder": byte_level,
        "model": {
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
        },
    }
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _added(token: int, content: str) -> dict[str, Any]:
    plain = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    return {"id": token, "content": content, "special": True, **plain}
