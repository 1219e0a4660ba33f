"""The sentence encoder that set-up brings: it reads words as the model does, and embeds as the model, nearly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import tokenizers

from oracle.accuracy.original_encoder import OriginalEncoder
from oracle.engine import Engine
from oracle.models import ModelIdentity, Tokenizer, load_model
from oracle.models.importing import read_published
from oracle.models.prepared import take_over
from oracle.models.published import PublishedEncoder
from oracle.safety import Allowed, Safety
from oracle.store import Store
from protocol.payload import decode_answer, encode_tokens
from protocol.rules import RuleSet
from protocol.types import Sampling
from tests.oracle.asking import answer
from tests.oracle.real import real_model

SOURCE = real_model("minilm") / "all-MiniLM-L6-v2"
SPELT = [
    "The cat sits on the mat.",
    "In 2026 it cost $1,000.50, i.e. 3.14% more!",
    "  two  spaces\t\ttabs\r\n\n",
    "",
    " ",
    "Naïve café, ÀÉÎÕÜ, Straße, İstanbul, ﬁnance",
    "🙂 smiles 👩‍👩‍👧 🇰🇷",
    "안녕하세요, 세계",
    "你好,世界 and 日本語のテキスト",
    "Привет, мир",
    "a\0b\x04c\u200bd\ufffde",
    "w" * 100,
    "w" * 101,
    "antidisestablishmentarianism",
    "[CLS] and [SEP] and [UNK] and [PAD] and [MASK]",
    "don't_stop-believing@example.com/path?x=1",
    "\u2028line\u2029ends\u00a0here",
]
SENTENCES = [
    "A man is playing a guitar.",
    "A person performs music on a stringed instrument.",
    "The central bank raised interest rates by a quarter of a point on Tuesday.",
    "Photosynthesis turns light, water and carbon dioxide into sugar and oxygen.",
    "Why does my program crash when I free the same pointer twice?",
    "Three dogs ran across the snowy field while the children laughed.",
    "The contract holds the money until the answer is final, and whoever shows that it is wrong is paid of the bond.",
    "quarterly revenue fell 12 % to 3.4 billion dollars, missing the forecasts of most analysts",
    "Где находится ближайшая станция метро?",
]
Array = npt.NDArray[np.float64]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store(Path(tmp_path_factory.mktemp("encoder")))


@pytest.fixture(scope="module")
def identity(store: Store) -> ModelIdentity:
    return take_over(real_model("minilm"), "feedback", store)


@pytest.fixture(scope="module")
def engine(store: Store, identity: ModelIdentity) -> Engine:
    return Engine(load_model(store, identity.manifest, identity))


@pytest.fixture(scope="module")
def tokenizer(engine: Engine) -> Tokenizer:
    return engine.model.tokenizer


@pytest.fixture(scope="module")
def own() -> tokenizers.Tokenizer:
    """The tokenizer that the model was published with; padding belongs to batches, and truncation to callers."""
    found = tokenizers.Tokenizer.from_file(str(SOURCE / "tokenizer.json"))
    found.no_padding()
    found.no_truncation()
    return found


@pytest.fixture(scope="module")
def original() -> OriginalEncoder:
    published = read_published(SOURCE)
    assert isinstance(published, PublishedEncoder)
    return OriginalEncoder(published.shape, published.weights)


def embedded(engine: Engine, text: str) -> Array:
    answered = answer(engine, RuleSet(()), encode_tokens(engine.model.tokenizer.encode(text)), Sampling(1))
    assert answered is not None
    row = np.array(decode_answer(answered.output), dtype=np.float64)
    return np.asarray(row / np.linalg.norm(row))


def test_set_up_makes_the_model_on_record(identity: ModelIdentity) -> None:
    """Whatever computes it: a new root here is a new model, to be named in the changelog."""
    assert identity == ModelIdentity(
        manifest=bytes.fromhex("0baaf542a25fff6c2279899202513ef56180843031d1b4afa44f568895edf18c"),
        program=bytes.fromhex("9833869f73bff6deda6348cfa480e0d6b5835ab718b69db208cf79c4ab3d35c7"),
        weights=bytes.fromhex("9a741da695032f3c74f7153b358cb5ead797a9b7dc17aaf68568069a8cba1195"),
        tokenizer=bytes.fromhex("6dde307a3ab6851a0b5bde32508530c03d6a0209aab359b5007d33eea151d144"),
        arithmetic=1,
    )


@pytest.mark.parametrize("spelt", SPELT)
def test_a_text_is_read_as_the_model_reads_it(
    engine: Engine, tokenizer: Tokenizer, own: tokenizers.Tokenizer, spelt: str
) -> None:
    own.encode_special_tokens = True
    expected = own.encode(spelt).ids
    ids = tokenizer.encode(spelt)
    assert Safety(RuleSet(()), engine.model).judge_input(encode_tokens(ids)) == Allowed(tuple(expected))
    assert not tokenizer.control & set(ids)


@pytest.mark.parametrize(("texts", "cosine"), [(SENTENCES, 0.999), (SPELT, 0.998)], ids=["sentences", "anything"])
def test_an_embedding_lies_beside_the_models_own(
    engine: Engine, own: tokenizers.Tokenizer, original: OriginalEncoder, texts: list[str], cosine: float
) -> None:
    cosines = [embedded(engine, text) @ original.embed(own.encode(text).ids).double().numpy() for text in texts]
    assert min(cosines) >= cosine


def test_what_means_the_same_is_near(engine: Engine) -> None:
    guitar, strings, bank = (embedded(engine, text) for text in SENTENCES[:3])
    assert guitar @ strings > 0.6
    assert abs(guitar @ bank) < 0.15
