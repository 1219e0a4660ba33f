"""WordPiece: words of a vocabulary, or pieces of them (Schuster and Nakajima 2012; Devlin et al. 2019)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

from oracle.models.tokenizer_document import tokenizer_document

CONTINUES = "##"
UNKNOWN = "[UNK]"
LONGEST_WORD = 100
"""Characters; what is longer is unknown."""


def word_spellings(names: Mapping[str, int], control: Set[int]) -> list[bytes | None]:
    """The bytes of each id that is no control token: a word's first piece after a space, the others as they are."""
    spellings: list[bytes | None] = [None] * len(names)
    for name, token in names.items():
        if token not in control:
            spellings[token] = (name[len(CONTINUES) :] if name.startswith(CONTINUES) else f" {name}").encode()
    return spellings


def word_piece_document(
    vocabulary: Mapping[str, int], special: Sequence[str], *, lower: bool, strip_accents: bool | None, chinese: bool
) -> bytes:
    """The file of a BERT tokenizer. `special`: tokens that no text becomes, with `[UNK]`, which unknown words become;
    `strip_accents`: as `lower` where it is None; `chinese`: whether each ideograph is a word."""
    normalizer = {
        "type": "BertNormalizer",
        "clean_text": True,
        "handle_chinese_chars": chinese,
        "strip_accents": strip_accents,
        "lowercase": lower,
    }
    model = {
        "type": "WordPiece",
        "unk_token": UNKNOWN,
        "continuing_subword_prefix": CONTINUES,
        "max_input_chars_per_word": LONGEST_WORD,
        "vocab": dict(vocabulary),
    }
    return tokenizer_document(
        model,
        {vocabulary[token]: token for token in sorted(special, key=lambda token: vocabulary[token])},
        normalizer=normalizer,
        pre_tokenizer={"type": "BertPreTokenizer"},
        decoder={"type": "WordPiece", "prefix": CONTINUES, "cleanup": False},
    )
