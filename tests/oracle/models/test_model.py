"""Loading a model: every file verified, every contradiction named."""

from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs

from oracle.models import ModelIdentity, ModelInconsistent, WeightsInvalid, load_model, put_model
from oracle.models.byte_level import byte_level_document
from oracle.store import ContentDamaged, ContentMissing, FolderSource, Store
from protocol.cid import Cid
from protocol.documents import DocumentInvalid, encode
from protocol.manifest import decode_manifest
from protocol.program import Program
from tests.oracle.tiny import CONTROL, MERGES, TOKENS, put_tiny_model, tiny_program, tiny_tensors

FILES = ("manifest", "program", "weights", "tokenizer")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def file_of(store: Store, identity: ModelIdentity, name: str) -> Path:
    manifest = Cid(identity.manifest)
    return store.root / str(manifest if name == "manifest" else getattr(decode_manifest(store.read(manifest)), name))


@pytest.mark.parametrize("name", FILES)
def test_one_byte_changed_in_any_file_is_refused_with_file_and_digests(store: Store, name: str) -> None:
    identity = put_tiny_model(store)
    path = file_of(store, identity, name)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)

    with pytest.raises(ContentDamaged) as refused:
        load_model(Store(store.root), identity.manifest)

    for part in (str(path), Cid.parse(path.name).digest.hex(), Cid.of(bytes(content)).digest.hex()):
        assert part in str(refused.value)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(store: Store, name: str) -> None:
    identity = put_tiny_model(store)
    path = file_of(store, identity, name)
    path.unlink()
    with pytest.raises(ContentMissing, match=path.name):
        load_model(Store(store.root), identity.manifest)


def test_a_model_is_fetched_whole_from_where_it_is(store: Store, tmp_path: Path) -> None:
    identity = put_tiny_model(store)
    model = load_model(Store(tmp_path / "mine", [FolderSource(store.root)]), identity.manifest, identity)
    assert model.identity == identity
    assert (tmp_path / "mine" / model.manifest.weights).exists()


@pytest.mark.parametrize("name", [*FILES, "arithmetic"])
def test_facts_of_the_registry_that_the_manifest_contradicts_are_named(store: Store, name: str) -> None:
    identity = put_tiny_model(store)
    other = 9 if name == "arithmetic" else bytes(32)
    with pytest.raises(ModelInconsistent, match=f"{name}: the manifest says .*, the registry"):
        load_model(store, identity.manifest, replace(identity, **{name: other}))


def put(store: Store, program: Program, tokens: tuple[str, ...] = TOKENS, control: int = len(CONTROL)) -> bytes:
    return put_model(
        store,
        name="odd",
        licence="MIT",
        quantisation="int8, nearest",
        program=program,
        tensors=tiny_tensors(),
        tokenizer=byte_level_document(tokens, MERGES, range(control)),
    ).manifest


def test_a_tokenizer_of_another_size_is_refused(store: Store) -> None:
    manifest = put(store, tiny_program(), (*TOKENS, "zz"))
    with pytest.raises(ModelInconsistent, match=f"tokenizer has {len(TOKENS) + 1} ids, program {len(TOKENS)}"):
        load_model(store, manifest)


def test_a_tokenizer_with_other_control_tokens_is_refused(store: Store) -> None:
    with pytest.raises(ModelInconsistent, match="other control tokens"):
        load_model(store, put(store, tiny_program(), control=2))


def test_a_program_that_cannot_be_served_is_not_put(store: Store) -> None:
    with pytest.raises(DocumentInvalid, match="every token id"):
        put(store, structs.replace(tiny_program(), vocabulary=100))


def test_weights_of_another_program_are_refused(store: Store) -> None:
    program = tiny_program()
    more = structs.replace(program.steps.after[-1], weights="more")
    steps = structs.replace(program.steps, after=(*program.steps.after[:-1], more))
    identity = put_tiny_model(store)
    manifest = decode_manifest(store.read(Cid(identity.manifest)))
    other = structs.replace(manifest, program=str(store.put(encode(structs.replace(program, steps=steps)))))
    with pytest.raises(WeightsInvalid, match=r"weights lack more"):
        load_model(store, store.put(encode(other)).digest)


def test_the_same_model_has_the_same_identity_anywhere(store: Store, tmp_path: Path) -> None:
    assert put_tiny_model(store) == put_tiny_model(Store(tmp_path / "other"))


def test_another_seed_is_another_model_with_the_same_tokenizer(store: Store) -> None:
    one, two = put_tiny_model(store, seed=1), put_tiny_model(store, seed=2)
    assert one.tokenizer == two.tokenizer
    assert all(getattr(one, name) != getattr(two, name) for name in ("manifest", "program", "weights"))
