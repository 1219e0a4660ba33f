"""Nodes on bad days: whatever they do, nothing wrong is told, and all is well again when they are."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from indexer import service
from indexer.node import Node
from indexer.scope import Scope
from tests.chain import World
from tests.indexer.anything import Anything
from tests.indexer.faults import Asked, FaultyNode, HttpFault, Spoil, faulty_node, refusal
from tests.indexer.indexed import Indexed, indexing

Good = Callable[[Asked], Any]
TIMEOUT = 0.3
SOME_BLOCKS = 60


@pytest.fixture
def node(world: World) -> Iterator[FaultyNode]:
    with faulty_node(world.url) as faulty:
        yield faulty


@pytest.fixture
def asking(world: World) -> Iterator[Callable[..., Node]]:
    """A way to ask nodes at some URLs, without much patience."""
    genesis = Scope.of(world.deployment).genesis
    return lambda *urls: Node(urls, TIMEOUT, genesis=genesis)


@pytest.fixture
def indexed(world: World, node: FaultyNode, asking: Callable[..., Node], database_url: str) -> Iterator[Indexed]:
    with indexing(world, database_url, asking(node.url), ready_seconds=0.2, retry_seconds=0.01) as indexer:
        yield indexer


def turn_until(indexed: Indexed, condition: Callable[[], bool], seconds: float = 20) -> None:
    """The follower's own loop, without the thread."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, indexed.progress()
        time.sleep(min(indexed.follower.turn(), 0.02))


def is_at_head(world: World, indexed: Indexed) -> bool:
    return indexed.ask("/ready").status_code == 200 and indexed.progress().applied_hash == world.chain.block().hash


def every(fault: Callable[[Asked], Any]) -> Spoil:
    return lambda call, _: fault(call)


def raising(status: int) -> Spoil:
    def spoil(call: Asked, good: Good) -> Any:
        raise HttpFault(status)

    return spoil


def sleeping(call: Asked, good: Good) -> Any:
    time.sleep(2 * TIMEOUT)
    return good(call)


BAD_DAYS: dict[str, Spoil] = {
    "hangs up": raising(0),
    "is asked too often": raising(429),
    "is behind a bad gateway": raising(502),
    "never answers": sleeping,
    "refuses everything": every(lambda call: refusal(call, "header not found", -32_000)),
    "answers nonsense": every(lambda call: {"jsonrpc": "2.0", "id": call["id"], "result": "nonsense"}),
    "answers something else": every(lambda _: {"hello": "world"}),
    "knows no block": every(lambda call: {"jsonrpc": "2.0", "id": call["id"], "result": None}),
}


@pytest.mark.parametrize("day", BAD_DAYS)
def test_whatever_a_node_does_it_is_told_and_forgotten_when_the_node_is_well(
    world: World, node: FaultyNode, indexed: Indexed, day: str
) -> None:
    indexed.follow()
    before = indexed.checksum()
    node.spoil = BAD_DAYS[day]
    job = world.submit()
    turn_until(indexed, lambda: indexed.progress().trouble is not None)
    unready = indexed.ask("/ready")
    assert (unready.status_code, unready.json()["type"]) == (503, "/problems/not-ready")
    assert "node" in unready.json()["detail"]
    assert indexed.checksum() == before
    assert indexed.ask("/jobs").status_code == 200

    node.spoil = None
    turn_until(indexed, lambda: is_at_head(world, indexed))
    assert indexed.data(f"/jobs/0x{job.hex()}")["status"] == "open"


def test_another_endpoint_is_asked_when_one_fails(
    world: World, node: FaultyNode, asking: Callable[..., Node], database_url: str
) -> None:
    node.spoil = raising(502)
    with indexing(world, database_url, asking("http://127.0.0.1:1", node.url, world.url)) as indexed:
        turn_until(indexed, lambda: is_at_head(world, indexed))
        metrics = indexed.ask("/metrics").text
        assert 'indexer_failures_total{error="NodeError"}' in metrics


@pytest.mark.parametrize(
    "words",
    [
        "query returned more than 10000 results",
        "Log response size exceeded. Try this block range: [{first}, {last}]",
        "block range too large",
    ],
)
def test_ranges_shrink_to_what_a_node_bears_and_grow_again(
    world: World, node: FaultyNode, indexed: Indexed, words: str
) -> None:
    world.chain.request("anvil_mine", [hex(SOME_BLOCKS)])
    most = 16

    def limited(call: Asked, good: Good) -> Any:
        span = call["params"][0] if call["method"] == "eth_getLogs" else {}
        if "toBlock" not in span:
            return good(call)
        first, last = int(span["fromBlock"], 16), int(span["toBlock"], 16)
        said = words.format(first=hex(first), last=hex(first + most - 1))
        return good(call) if last - first < most else refusal(call, said)

    node.spoil = limited
    turn_until(indexed, lambda: is_at_head(world, indexed))
    assert indexed.data("/stats")["hold_supply"] == str(world.contracts.hold.total_supply())
    assert max(node.spans()) > most

    node.spoil = None
    node.asked.clear()
    world.chain.request("anvil_mine", [hex(3 * SOME_BLOCKS)])
    turn_until(indexed, lambda: is_at_head(world, indexed))
    assert max(node.spans()) > most


def test_a_node_of_another_chain_is_not_believed(world: World, node: FaultyNode, indexed: Indexed) -> None:
    def other(call: Asked, good: Good) -> Any:
        answer = good(call)
        if call["params"][:1] == ["0x0"]:
            answer["result"]["hash"] = "0x" + "66" * 32
        return answer

    node.spoil = other
    turn_until(indexed, lambda: indexed.progress().trouble is not None)
    assert "serves another chain" in indexed.ask("/ready").json()["detail"]
    assert indexed.progress().kept_hash == b""


def test_a_log_left_out_is_found_by_what_follows_and_reading_anew_mends_it(
    world: World, node: FaultyNode, indexed: Indexed
) -> None:
    def without_sheets(call: Asked, good: Good) -> Any:
        answer = good(call)
        if call["method"] == "eth_getLogs":
            sheets = world.contracts.sheets.address.lower()
            answer["result"] = [log for log in answer["result"] if log["address"] != sheets]
        return answer

    node.spoil = without_sheets
    world.submit()
    turn_until(indexed, lambda: indexed.progress().trouble is not None)
    assert "cannot be applied: sheets has no row" in indexed.ask("/ready").json()["detail"]
    assert indexed.data("/jobs") == []

    node.spoil = None
    service.empty(indexed.engine)
    service.bind(indexed.engine, Scope.of(world.deployment))
    turn_until(indexed, lambda: is_at_head(world, indexed))
    assert len(indexed.data("/jobs")) == 1


def test_two_answers_that_disagree_about_a_block_are_both_thrown_away(
    world: World, node: FaultyNode, indexed: Indexed
) -> None:
    indexed.follow()

    def stale(call: Asked, good: Good) -> Any:
        answer = good(call)
        if call["method"] == "eth_getLogs":
            for log in answer["result"]:
                log["blockHash"] = "0x" + "55" * 32
        return answer

    node.spoil = stale
    before = indexed.progress().applied_number
    world.submit()
    for _ in range(5):
        indexed.follower.turn()
    assert indexed.progress().applied_number == before
    node.spoil = None
    turn_until(indexed, lambda: is_at_head(world, indexed))


def test_it_is_not_ready_while_blocks_are_missing(world: World, database_url: str) -> None:
    with indexing(world, database_url, max_range=5, ready_lag=3) as indexed:
        Anything(world, 61).act(20)
        assert indexed.ask("/ready").json()["detail"] == "nothing is indexed yet"
        indexed.follower.step()
        unready = indexed.ask("/ready")
        assert (unready.status_code, "behind the head" in unready.json()["detail"]) == (503, True)
        indexed.follow()
        assert indexed.get("/ready") == {"status": "ready", "block": world.chain.block_number()}


def test_it_is_not_ready_when_nobody_follows_any_more(world: World, database_url: str) -> None:
    with indexing(world, database_url, ready_seconds=0.05) as indexed:
        indexed.follow()
        time.sleep(0.1)
        assert "no sign of life" in indexed.ask("/ready").json()["detail"]


def test_blocks_without_our_events_move_it_on_too(world: World, indexed: Indexed) -> None:
    indexed.follow()
    world.chain.request("anvil_mine", [hex(SOME_BLOCKS)])
    indexed.follow()
    assert indexed.get("/status")["data"]["lag_blocks"] == 0
    assert indexed.progress().applied_number == world.chain.block_number()
