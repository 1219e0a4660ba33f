"""Text to token ids and back, by the tokenizer file that the model's manifest names."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Self

import tokenizers

from oracle.models.byte_level import byte_spellings
from oracle.models.word_piece import word_spellings
from protocol.errors import CommonholdError
from protocol.spellings import MOST_BYTES, Spellings

SPELLINGS = {"BPE": byte_spellings, "WordPiece": word_spellings}


class TokenizerInvalid(CommonholdError, ValueError):
    """A file that is no tokenizer of a kind that is known here."""


class TextInvalid(CommonholdError, ValueError):
    """Text that no tokens of the vocabulary spell: without UTF-8, or with bytes that the vocabulary lacks."""


class Tokenizer:
    """Byte-level BPE, which keeps a text to the byte, or WordPiece, which keeps its words.

    Text never becomes a control token, whatever it spells; every token has its bytes.
    """

    @classmethod
    def read(cls, path: Path) -> Self:
        """The tokenizer in a file. Raises `TokenizerInvalid`, naming it."""
        try:
            return cls(path.read_bytes())
        except TokenizerInvalid as error:
            raise TokenizerInvalid(f"{path}: {error}") from error

    def __init__(self, content: bytes) -> None:
        """`content`: of a tokenizer's file. Raises `TokenizerInvalid`."""
        try:
            text = content.decode()
            self._tokens = tokenizers.Tokenizer.from_str(text)
            document = json.loads(text)
            kind, unknown = document["model"]["type"], document["model"]["unk_token"]
            names = _ordered(self._tokens.get_vocab())
            added = (token["id"] for token in document["added_tokens"])
            self.control = frozenset(token for token in added if token != names.get(unknown))
            self._keeps_all = kind == "BPE"
            self.spellings: Spellings = SPELLINGS[kind](names, self.control)
        except Exception as error:  # the library raises bare Exception
            raise TokenizerInvalid(f"no tokenizer of a known kind: {error}") from error
        if any(len(spelling or b"") > MOST_BYTES for spelling in self.spellings):
            raise TokenizerInvalid(f"it has a token of more than {MOST_BYTES} bytes")
        self._tokens.encode_special_tokens = True

    @property
    def vocabulary(self) -> int:
        """How many token ids there are."""
        return self._tokens.get_vocab_size()

    def encode(self, text: str) -> list[int]:
        """The ids of a text. Raises `TextInvalid` without UTF-8, or where bytes would be lost, naming the character."""
        try:
            content = text.encode()
        except UnicodeEncodeError as error:
            raise TextInvalid(f"character {error.start} is a lone surrogate, which has no UTF-8") from error
        ids = list(self._tokens.encode(text, add_special_tokens=False).ids)
        if self._keeps_all and self.detokenise(ids) != content:
            raise TextInvalid(self._unspelt(text))
        return ids

    def _unspelt(self, text: str) -> str:
        known = {spelling[0] for spelling in self.spellings if spelling is not None and len(spelling) == 1}
        strange = (i for i, character in enumerate(text) if not known.issuperset(character.encode()))
        position = next(strange, None)
        if position is None:
            return "the tokenizer does not keep the text as it is"
        return f"character {position} is {text[position]!a}, for which the vocabulary has no tokens"

    def is_text(self, token: int) -> bool:
        """Whether an id is in the vocabulary and not a control token."""
        return 0 <= token < self.vocabulary and token not in self.control

    def detokenise(self, ids: Iterable[int]) -> bytes:
        """The bytes of the ids; a control token has none. Safety rules are judged on these.

        Of words: each after a space, lower case if the vocabulary is, `[UNK]` for those that it lacks.
        """
        return b"".join(self.spellings[token] or b"" for token in ids)

    def decode(self, ids: Iterable[int]) -> str:
        """The text of the ids for people: bytes that are not UTF-8 become U+FFFD."""
        text = self.detokenise(ids).decode(errors="replace")
        return text if self._keeps_all else text.removeprefix(" ")


def _ordered(names: Mapping[str, int]) -> Mapping[str, int]:
    """Raises `ValueError` where ids are missing or doubled."""
    seen = set[int]()
    for name, token in names.items():
        if token >= len(names) or token in seen:
            raise ValueError(f"{name!r} has the id {token}, which is out of order")
        seen.add(token)
    return names
