"""The torch network against the plain reference, and against itself taken in other steps."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle.inference.network import Network
from oracle.models import Model, read_weights
from protocol.manifest import Sizes
from tests.oracle.inference import reference
from tests.oracle.tiny import SIZES, tiny_program, tiny_tensors

ids_of_tiny = st.lists(st.integers(0, SIZES.vocabulary - 1), min_size=1, max_size=24)
CLOSE = {"rtol": 1e-4, "atol": 1e-4}
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def network(tiny_model: Model) -> Network:
    return Network(tiny_model.program, read_weights(tiny_model.weights, SIZES), CPU)


def whole(network: Network, ids: list[int]) -> torch.Tensor:
    """Logits [T, V] of one call."""
    return network.forward(ids, network.cache(len(ids)), rows=len(ids))[0]


@settings(max_examples=15, deadline=None)
@given(ids=ids_of_tiny)
def test_the_network_computes_what_the_plain_reference_does(network: Network, ids: list[int]) -> None:
    expected = reference.logits(tiny_program(), tiny_tensors(), ids)
    np.testing.assert_allclose(whole(network, ids).numpy(), expected, **CLOSE)


@pytest.mark.parametrize(("heads", "key_value_heads"), [(4, 4), (4, 1), (6, 2)])
def test_any_grouping_of_heads_is_what_the_reference_computes(heads: int, key_value_heads: int) -> None:
    sizes = Sizes(
        layers=1,
        width=64,
        heads=heads,
        key_value_heads=key_value_heads,
        head_width=32,
        hidden_width=32,
        vocabulary=SIZES.vocabulary,
    )
    program, tensors = tiny_program(sizes), tiny_tensors(7, sizes)
    plain = {name: torch.tensor(reference.plain(tensor), dtype=torch.float32) for name, tensor in tensors.items()}
    ids = [5, 3, 200, 5, 5, 90]
    expected = reference.logits(program, tensors, ids)
    np.testing.assert_allclose(whole(Network(program, plain, CPU), ids).numpy(), expected, **CLOSE)


@settings(max_examples=25, deadline=None)
@given(ids=ids_of_tiny, data=st.data())
def test_pieces_of_any_length_give_what_the_whole_gives(network: Network, ids: list[int], data: st.DataObject) -> None:
    cache, rest, rows = network.cache(len(ids)), list(ids), []
    while rest:
        size = data.draw(st.integers(1, len(rest)))
        logits, cache = network.forward(rest[:size], cache, rows=size)
        rows.append(logits)
        rest = rest[size:]
    torch.testing.assert_close(torch.cat(rows), whole(network, ids), **CLOSE)


@settings(max_examples=10, deadline=None)
@given(ids=ids_of_tiny, later=ids_of_tiny)
def test_what_comes_later_changes_nothing_before_it(network: Network, ids: list[int], later: list[int]) -> None:
    torch.testing.assert_close(whole(network, ids + later)[: len(ids)], whole(network, ids), **CLOSE)


def test_the_order_of_tokens_matters(network: Network) -> None:
    assert not torch.allclose(whole(network, [10, 20, 30])[-1], whole(network, [20, 10, 30])[-1], **CLOSE)
