"""Whatever is asked, the answer is one that the OpenAPI document promises."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from tests.chain import World, undone
from tests.indexer import acting
from tests.indexer.indexed import Indexed, indexing

EXAMPLES = 6


@pytest.fixture(scope="module")
def busy(shared_world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Indexed]:
    """An indexer of a protocol on which everything has happened once."""
    folder = tmp_path_factory.mktemp("openapi")
    with undone(shared_world.chain):
        world = replace(shared_world, home=folder / "home", _senders={})
        acting.pass_vote(world, "As before", world.contracts.pool.set_emission(4_000, 10_000))
        world.send("operator", world.contracts.operators.register(acting.PROFILE))
        acting.serve(world, world.submit())
        acting.split(world)
        world.close()
        with indexing(shared_world, f"sqlite:///{folder / 'indexer.sqlite'}") as indexer:
            indexer.follow()
            yield indexer


@pytest.fixture(scope="module")
def document(busy: Indexed) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_url(f"{busy.rest.base_url}/openapi.json")


promises = schemathesis.pytest.from_fixture("document")


@promises.parametrize()
@settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
def test_every_answer_is_one_that_the_document_promises(case: schemathesis.Case) -> None:
    case.call_and_validate()
