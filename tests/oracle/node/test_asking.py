"""What an operator tells over HTTP has not to be demanded on the chain; and nothing of it is taken on trust."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from typing import Any

import httpx
import pytest
from eth_account.messages import encode_defunct

from oracle.dispute import asking
from oracle.dispute import exhibits as exhibiting
from oracle.dispute.asking import HALF_ORDER, MOST_BYTES, Asker, Silent, Told
from oracle.dispute.defence import Defence
from oracle.dispute.defender import defence_of
from oracle.dispute.exhibits import REST, Exhibits
from oracle.dispute.fetching import fetch, is_public
from oracle.dispute.matter import Matter
from oracle.dispute.moves import Ask, AskRows, AskTrace
from oracle.dispute.watcher import Watcher
from oracle.serving import Loaded
from oracle.store import Store
from protocol import merkle
from protocol.cast import CAST
from protocol.computation import Evidence
from protocol.disputes import Node, SignedParts, parts_key, parts_word
from protocol.events import PartsPresented, SilenceConvicted, StepConvicted
from protocol.parts import Kind, list_head
from protocol.reverts import Reverted
from protocol.types import JobId, JobStatus
from tests.chain import World
from tests.oracle.dispute.games import Flip, Table, cheat
from tests.oracle.node.disputing import (
    BOND,
    STAKE,
    Cheat,
    Purse,
    dispute_events,
    docket_of,
    play,
    submitted,
)
from tests.oracle.node.operators import Operators, ask, turn_until, until_status
from tests.oracle.node.telling import Alter, telling

LIST, POSITION = 1, 5


def flawed(operator: Cheat, kind: Kind = Kind.SCORES) -> JobId:
    """A right answer, with one wrong bit in a part of the first layer."""
    job, table = submitted(operator.world), Table.of(operator.engine)
    parts = table.model.book.lists[LIST].parts
    part = next(i for i, each in enumerate(parts) if each.kind is kind)
    flip = Flip(LIST, POSITION, part, 0, 8 * parts[part].shape.size - 2)
    operator.serve(job, operator.right(job), lambda defence: cheat(table, defence.held, flip))
    return job


@pytest.mark.parametrize("kind", [Kind.SCORES, Kind.NORM])
def test_what_an_operator_tells_is_not_demanded(
    served_world: World, watcher: Watcher, operator: Cheat, kind: Kind
) -> None:
    world, before = served_world, Purse.of(served_world)
    job = flawed(operator, kind)
    with telling(operator, job) as exhibits:
        play(watcher, operator, job)
    docket = docket_of(world, job)
    assert isinstance(docket.verdict, StepConvicted)
    assert docket.demands == {}
    assert {path.split("/")[1] for path in exhibits.paths if "/" in path} == {"rows", "parts", "elements"}
    assert [event.list for event in dispute_events(world, job) if isinstance(event, PartsPresented)] == [LIST]
    for _ in range(9):
        watcher.round()
    after = Purse.of(world)
    assert (after.client, before.operator - after.operator) == (before.client, BOND)
    assert after.watcher - before.watcher == BOND // 4


def swapped(name: str) -> Alter:
    """Two hashes of an answer change places."""

    def alter(_path: str, body: dict[str, Any]) -> dict[str, Any]:
        found = body.get(name, [])
        return {**body, name: [*found[1::-1], *found[2:]]} if len(found) > 1 else body

    return alter


ORDER = 2 * HALF_ORDER + 1


def malleated(body: dict[str, Any]) -> dict[str, Any]:
    """The same signer can be recovered from it; the chain takes it for none."""
    if "signature" not in body:
        return body
    signature = bytes.fromhex(body["signature"][2:])
    other = ORDER - int.from_bytes(signature[32:64], "big")
    return {
        **body,
        "signature": "0x" + (signature[:32] + other.to_bytes(32, "big")).hex() + f"{55 - signature[64]:02x}",
    }


LIES: dict[str, Alter] = {
    "another trace": swapped("hashes"),
    "other sizes": lambda _path, body: {**body, "outputs": body["outputs"] + 1} if "outputs" in body else body,
    "sizes beyond measure": lambda _path, body: {**body, "positions": 1 << 70} if "outputs" in body else body,
    "other parts": swapped("roots"),
    "another's signature": lambda _path, body: {**body, "signature": "0x" + "11" * 65} if "signature" in body else body,
    "another way up": swapped("path"),
    "another leaf": lambda _path, body: {"content": body["content"][:-2] + "07"} if "content" in body else body,
    "no hashes": lambda _path, body: {**body, "hashes": ["0x00", None]} if "hashes" in body else body,
    "a signature in its other form": lambda _path, body: malleated(body),
    "nothing": lambda _path, _body: {},
    "no object": lambda _path, _body: [],  # type: ignore[dict-item, return-value]
}


@pytest.mark.parametrize("lie", LIES)
def test_whoever_tells_lies_is_asked_on_the_chain_and_convicted(
    served_world: World, watcher: Watcher, operator: Cheat, lie: str
) -> None:
    job = flawed(operator)
    with telling(operator, job, LIES[lie]) as exhibits:
        play(watcher, operator, job)
        assert exhibits.paths
    assert isinstance(docket_of(served_world, job).verdict, StepConvicted)
    assert docket_of(served_world, job).demands


def test_an_operator_that_answers_no_more_amid_the_game_is_asked_on_the_chain(
    served_world: World, watcher: Watcher, operator: Cheat
) -> None:
    job, told = flawed(operator), 0

    def alter(_path: str, body: dict[str, Any]) -> dict[str, Any]:
        nonlocal told
        told += 1
        return body if told < 3 else {}

    with telling(operator, job, alter):
        play(watcher, operator, job)
    docket = docket_of(served_world, job)
    assert isinstance(docket.verdict, StepConvicted)
    assert docket.demands
    assert not any(demand.wanted is None for demand in docket.demands.values())


def test_parts_that_the_chain_does_not_take_are_demanded(
    served_world: World, watcher: Watcher, operator: Cheat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "_is_canonical", lambda _signature: True)
    job = flawed(operator)
    with telling(operator, job, lambda _path, body: malleated(body)):
        play(watcher, operator, job)
    assert isinstance(docket_of(served_world, job).verdict, StepConvicted)
    assert parts_key(LIST, POSITION) in docket_of(served_world, job).demands


def test_nonsense_that_was_told_stops_no_conviction(
    served_world: World, watcher: Watcher, operator: Cheat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Should something get through that cannot be true: then the chain alone is asked."""
    learn = Asker.learn

    def credulous(found: Asker, uri: str, matter: Matter, ask_: Ask, told: Told) -> bool:
        if isinstance(ask_, AskRows) and ask_.node.level == 0:
            told.shown.known.contents[ask_.node.hash] = b"odd"
            return True
        return learn(found, uri, matter, ask_, told)

    monkeypatch.setattr(Asker, "learn", credulous)
    job = submitted(served_world)
    right = operator.right(job)
    operator.serve(job, (*right[:2], right[2] + 1, *right[3:]))
    defence = operator.defences[job]
    defence.held.peaks[2] ^= 1
    defence.held.__dict__.pop("roots", None)
    with telling(operator, job):
        for _ in range(60):
            watcher.round()
            if docket_of(served_world, job).announced or docket_of(served_world, job).demands:
                return
    pytest.fail("nothing was done about it")


# ---------------------------------------------------------------- the operator's word


def presented(operator: Cheat, job: JobId, roots: list[bytes], account: str | None = None) -> Any:
    """The call that tells the chain of parts, signed by somebody."""
    world, matter, defence = operator.world, operator.matter(job), operator.defences[job]
    docket, book = docket_of(world, job), operator.book.book
    record = list_head(LIST, book.lists[LIST])
    place, trace = (LIST, POSITION), defence.held.trace.root
    word = parts_word(world.chain.id, world.contracts.disputes.address, job, place, trace=trace, roots=roots)
    signer = CAST[account or operator.name].account
    path = tuple(defence.column_paths(book.lists[LIST], POSITION))
    signed = SignedParts(tuple(roots), path, bytes(signer.sign_message(encode_defunct(primitive=word)).signature))
    assert docket.case is not None
    evidence = Evidence(record, *book.prove(record), b"", ())
    return world.contracts.disputes.present_parts(
        job, docket.case, matter.answer, POSITION, signed=signed, record=evidence
    )


def opened(operator: Cheat, job: JobId) -> list[bytes]:
    """Gathers the job's facts; the parts that the operator committed to."""
    world, held = operator.world, operator.defences[job].held
    told = Told()
    told.shown.positions, told.shown.outputs, told.shown.hashes = held.positions, held.outputs, tuple(held.roots)
    world.send("holder2", world.contracts.disputes.open(job, operator.matter(job).facts(told.shown)))
    return operator.defences[job].parts(LIST, POSITION)


def test_nobody_can_sign_parts_for_an_operator(served_world: World, operator: Cheat) -> None:
    job = flawed(operator)
    roots = opened(operator, job)
    with pytest.raises(Reverted, match="by the job's operator alone"):
        served_world.send("holder2", presented(operator, job, roots, "watcher"))
    column = operator.book.book.lists[LIST].columns[-1]
    wrong = [*roots[:column], bytes(32), *roots[column + 1 :]]
    with pytest.raises(Reverted, match="parts"):
        served_world.send("holder2", presented(operator, job, wrong))


def test_an_operator_cannot_take_its_first_word_back(served_world: World, watcher: Watcher, operator: Cheat) -> None:
    """It has parts demanded of itself, and shows others than it signed, so that a conviction would rest on nothing."""
    world, client = served_world, served_world.contracts.disputes
    job = flawed(operator)
    roots = opened(operator, job)
    book, docket = operator.book.book, docket_of(world, job)
    record = list_head(LIST, book.lists[LIST])
    evidence = Evidence(record, *book.prove(record), b"", ())
    world.send("holder1", world.contracts.asset.mint(CAST["holder1"].address, STAKE))
    world.send("holder1", world.contracts.asset.approve(client.address, STAKE))
    world.send("holder1", client.deposit(STAKE))
    assert docket.case is not None
    answer = operator.matter(job).answer
    world.send("holder1", client.demand_parts(job, docket.case, answer, POSITION, evidence))

    world.send("holder2", presented(operator, job, roots))
    first = client.parts_of(job, LIST, POSITION)
    columns = set(book.lists[LIST].columns)
    others = [root if i in columns else bytes([i]) * 32 for i, root in enumerate(roots)]
    path = tuple(operator.defences[job].column_paths(book.lists[LIST], POSITION))
    shown = Evidence(record, *book.prove(record), b"", path)
    world.send(operator.name, client.show_parts(job, docket.case, POSITION, others, shown))
    assert client.parts_of(job, LIST, POSITION) == first
    with pytest.raises(Reverted):
        world.send("holder2", presented(operator, job, others))
    with pytest.raises(Reverted):
        world.send("holder1", client.demand_parts(job, docket.case, answer, POSITION, evidence))
    assert parts_key(LIST, POSITION) in docket_of(world, job).demands
    play(watcher, operator, job)
    assert isinstance(docket_of(world, job).verdict, StepConvicted)


# ---------------------------------------------------------------- an honest operator's answers


def test_an_operator_shows_its_results_until_they_are_settled(
    served_world: World, operators: Operators, tiny_store: Store
) -> None:
    """Each answer proves itself, or is signed: as a watcher would take it."""
    world, exhibits = served_world, Exhibits(CAST["operator"].account)
    node = operators.open(world, exhibits=exhibits)
    job = world.submit(submission=ask(max_tokens=4))
    refused = world.submit(submission=ask("secret", max_tokens=4))
    until_status(node, world, job, JobStatus.POSTED)
    until_status(node, world, refused, JobStatus.POSTED)
    turn_until(node, lambda: exhibits.answer(f"0x{job.hex()}")[0] is HTTPStatus.OK)
    assert exhibits.answer(f"0x{refused.hex()}")[0] is HTTPStatus.NOT_FOUND
    trace = exhibits.show(f"0x{job.hex()}")
    assert len(trace["hashes"]) > 2
    parts = exhibits.show(f"0x{job.hex()}/parts/1/0")
    assert len(parts["signature"]) == 2 + 2 * 65
    assert "content" in exhibits.show(f"0x{job.hex()}/rows/0/0/0")
    for path, status in {
        "0x12": HTTPStatus.NOT_FOUND,
        "nonsense": HTTPStatus.BAD_REQUEST,
        f"0x{job.hex()}/parts/1": HTTPStatus.NOT_FOUND,
        f"0x{job.hex()}/parts/1/-1": HTTPStatus.NOT_FOUND,
        f"0x{job.hex()}/parts/99/0": HTTPStatus.NOT_FOUND,
        f"0x{job.hex()}/rows/0/0/{10**30}": HTTPStatus.NOT_FOUND,
        f"0x{job.hex()}/parts/x/0": HTTPStatus.BAD_REQUEST,
    }.items():
        assert exhibits.answer(path)[0] is status, path
    world.travel(world.contracts.sheets.numbers().challenge_seconds + 1)
    until_status(node, world, job, JobStatus.SETTLED)
    turn_until(node, lambda: exhibits.answer(f"0x{job.hex()}")[0] is HTTPStatus.NOT_FOUND)


def test_strangers_cannot_keep_an_operator_computing(
    served_world: World, operator: Cheat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For each second of computing there are nine without; what was computed is told at once."""
    first, second = submitted(served_world), submitted(served_world)
    now = 0.0

    def slowly(matter: Matter, loaded: Loaded) -> Defence:
        nonlocal now
        now += 2
        return defence_of(matter, loaded)

    monkeypatch.setattr(exhibiting, "defence_of", slowly)
    exhibits = Exhibits(CAST["operator2"].account, clock=lambda: now)
    for job in (first, second):
        operator.serve(job, operator.right(job))
    loaded = Loaded(operator.engine, 1, 1)
    results = {job: (operator.matter(job), loaded) for job in (first, second)}
    exhibits.keep(results, served_world.chain.id, served_world.contracts.disputes.address)
    assert exhibits.answer(first.hex())[0] is HTTPStatus.OK
    assert exhibits.answer(second.hex())[0] is HTTPStatus.TOO_MANY_REQUESTS
    assert exhibits.answer(first.hex())[0] is HTTPStatus.OK
    now += 2 * REST - 1
    assert exhibits.answer(second.hex())[0] is HTTPStatus.TOO_MANY_REQUESTS
    now += 1
    assert exhibits.answer(second.hex())[0] is HTTPStatus.OK


def test_parts_are_made_as_rarely_and_kept(
    served_world: World, operator: Cheat, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, now, made = submitted(served_world), 0.0, Defence.made

    def slowly(defence: Defence, list_: int, position: int) -> list[Any]:
        nonlocal now
        now += 1
        return made(defence, list_, position)

    monkeypatch.setattr(Defence, "made", slowly)
    exhibits = Exhibits(CAST["operator2"].account, clock=lambda: now)
    operator.serve(job, operator.right(job))
    known = {job: (operator.matter(job), Loaded(operator.engine, 1, 1))}
    exhibits.keep(known, served_world.chain.id, served_world.contracts.disputes.address)
    assert exhibits.answer(f"{job.hex()}/parts/1/0")[0] is HTTPStatus.OK
    assert exhibits.answer(f"{job.hex()}/elements/1/0/0/0/0")[0] is HTTPStatus.OK
    assert exhibits.answer(f"{job.hex()}/parts/1/1")[0] is HTTPStatus.TOO_MANY_REQUESTS
    now += REST
    assert exhibits.answer(f"{job.hex()}/parts/1/1")[0] is HTTPStatus.OK


# ---------------------------------------------------------------- whom a watcher asks


def asker(**changes: Any) -> Asker:
    return Asker(31337, CAST["client"].address, **{"local": True, **changes})


def test_nobody_is_asked_within_ones_own_network(served_world: World, operator: Cheat) -> None:
    job = flawed(operator)
    matter = operator.matter(job)
    with telling(operator, job) as exhibits:
        uri = served_world.contracts.operators.profile_of(CAST["operator2"].address).uri
        assert asker().learn(uri, matter, AskTrace(), Told())
        asked = len(exhibits.paths)
        for address in (
            uri,
            uri.replace("127.0.0.1", "localhost"),
            "http://169.254.169.254/",
            "file:///etc/passwd",
            "x",
        ):
            assert not asker(local=False).learn(address, matter, AskTrace(), Told()), address
        assert len(exhibits.paths) == asked


def test_whoever_is_silent_is_not_asked_again_for_a_while(served_world: World, operator: Cheat) -> None:
    job, now = flawed(operator), 0.0
    found = asker(clock=lambda: now)
    address = CAST["operator2"].address
    assert not found.learn("http://127.0.0.1:9/", operator.matter(job), AskTrace(), Told())
    assert not found.may_ask(address)
    now = 601.0
    assert found.may_ask(address)


def test_an_answer_without_end_is_cut_off(served_world: World, operator: Cheat) -> None:
    job = flawed(operator)
    endless = {"hashes": ["0x" + "00" * 32] * (MOST_BYTES // 60)}
    with telling(operator, job, lambda _path, _body: endless):
        uri = served_world.contracts.operators.profile_of(CAST["operator2"].address).uri
        assert len(json.dumps(endless)) > MOST_BYTES
        assert not asker().learn(uri, operator.matter(job), AskTrace(), Told())
        assert httpx.get(f"{uri}nothing", trust_env=False).status_code == HTTPStatus.NOT_FOUND


def test_a_trace_over_nothing_keeps_no_watcher_busy(served_world: World, watcher: Watcher, operator: Cheat) -> None:
    """It hashes to what was posted, and still tells nothing; on the chain it cannot be shown."""
    world, job = served_world, submitted(served_world)

    def over_nothing(defence: Defence) -> Defence:
        defence.held.__dict__["roots"] = []
        return defence

    operator.serve(job, operator.right(job), over_nothing)
    with telling(operator, job) as exhibits:
        for _ in range(200):
            watcher.round()
            if docket_of(world, job).demands:
                break
        assert exhibits.paths == [f"0x{job.hex()}"]
    world.travel(world.contracts.disputes.move_seconds() + 1)
    for _ in range(9):
        watcher.round()
    assert isinstance(docket_of(world, job).verdict, SilenceConvicted)


def test_a_leaf_of_another_length_is_none_though_it_hashes_to_the_node() -> None:
    told, content = Told(), b"content"
    node = Node(0, 0, merkle.leaf(content))
    asking._take(told, node, len(content), {"content": "0x" + content.hex()})
    with pytest.raises(Silent):
        asking._take(told, node, len(content) - 1, {"content": "0x" + content.hex()})


@contextmanager
def dripping(piece: bytes) -> Iterator[str]:
    """An address at which somebody says the same again and again, and never ends."""
    listening, stop = socket.create_server(("127.0.0.1", 0)), threading.Event()

    def serve() -> None:
        with suppress(OSError):
            connection, _ = listening.accept()
            with connection:
                while not stop.wait(0.02):
                    connection.sendall(piece)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
    finally:
        stop.set()
        listening.close()
        thread.join()


@pytest.mark.parametrize(
    "piece", [b"HTTP/1.1 100 Continue\r\n\r\n", b"H", b"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n"]
)
def test_whoever_never_ends_is_cut_off_in_time(piece: bytes) -> None:
    with dripping(piece) as address:
        began = time.monotonic()
        with pytest.raises(Silent, match=r"within 0.3 s|Error"):
            fetch(address, public=False, patience=0.3, most_bytes=1 << 20)
        assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    ("address", "public"),
    [
        *(("8.8.8.8", True), ("2606:4700:4700::1111", True)),
        *(("127.0.0.1", False), ("10.1.2.3", False), ("169.254.169.254", False), ("224.0.0.1", False)),
        *(("::1", False), ("fe80::1", False), ("fec0::1", False), ("fd00::1", False), ("::ffff:127.0.0.1", False)),
        *(("64:ff9b::7f00:1", False), ("2002:7f00:1::", False), ("2001::1", False), ("ff02::1", False)),
    ],
)
def test_an_address_of_ones_own_network_is_not_public_by_any_way_round(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize(
    "url", ["http://a/x?y=", "http://a/#x", "http://u:p@a/", "ftp://a/", "http:///x", "http://faß.example/"]
)
def test_an_odd_address_is_not_asked(url: str) -> None:
    with pytest.raises(Silent, match="is no address to ask"):
        fetch(url, public=False, patience=1, most_bytes=1)
