"""Trees: the shape of RFC 6962, a proof for every leaf, and none for anything else."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.merkle import EMPTY, leaf, path, proves, root

CONTENTS = st.lists(st.binary(max_size=8), min_size=1, max_size=40)


def by_definition(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word: split at the largest power of two below the number of leaves."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\1" + by_definition(leaves[:split]) + by_definition(leaves[split:])).digest()


@given(CONTENTS)
def test_the_root_is_that_of_the_definition(contents: list[bytes]) -> None:
    leaves = [leaf(content) for content in contents]
    assert root(leaves) == by_definition(leaves)


def test_roots_that_certificate_transparency_publishes() -> None:
    assert EMPTY.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert root([leaf(b"")]).hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"


@given(CONTENTS, st.data())
def test_every_leaf_is_proved_in_its_place_and_no_other(contents: list[bytes], data: st.DataObject) -> None:
    leaves = [leaf(content) for content in contents]
    index = data.draw(st.integers(0, len(leaves) - 1))
    siblings, top = path(leaves, index), root(leaves)
    assert proves(top, leaves[index], index, len(leaves), siblings)
    other = data.draw(st.integers(-1, len(leaves)))
    if other != index and (not 0 <= other < len(leaves) or leaves[other] != leaves[index]):
        assert not proves(top, leaves[index], other, len(leaves), siblings)
    assert not proves(top, leaf(b"another leaf"), index, len(leaves), siblings)
    assert not proves(top, leaves[index], index, len(leaves), [*siblings, bytes(32)])


@pytest.mark.parametrize("missing", [0, -1])
def test_a_proof_that_lacks_a_step_proves_nothing(missing: int) -> None:
    leaves = [leaf(bytes([i])) for i in range(9)]
    siblings = path(leaves, 3)
    del siblings[missing]
    assert not proves(root(leaves), leaves[3], 3, len(leaves), siblings)
