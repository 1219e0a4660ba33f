"""The operator's side: whatever is demanded of a result of its own is shown, before its deadline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from oracle.answering import Question, question_of
from oracle.dispute.defence import Defence
from oracle.dispute.docket import Docket, OpenDemand
from oracle.dispute.held import hold
from oracle.dispute.known import Shown
from oracle.dispute.matter import Books, Matter, tokens_of
from oracle.dispute.outbox import Outbox
from oracle.serving import Loaded
from protocol.clients.disputes import DisputesClient
from protocol.computation import Evidence
from protocol.events import ElementsDemanded, PartsDemanded, RowsDemanded, TraceDemanded
from protocol.facts import JobRecord
from protocol.intents import Call
from protocol.parts import PartList, list_head
from protocol.rules import RuleSet
from protocol.types import Outcome, Sampling


@dataclass(frozen=True, slots=True)
class Clock:
    """The chain's time, and the block up to which it was read."""

    now: int
    block: int


@dataclass(frozen=True)
class Showing:
    """What answers a demand."""

    key: bytes
    call: Call


class Defender:
    """Answers for one operator, and keeps the last computation: several demands are about the same."""

    def __init__(self, client: DisputesClient, outbox: Outbox, books: Books) -> None:
        self._client, self._outbox, self._books = client, outbox, books
        self._held: tuple[bytes, Defence] | None = None

    def attend(self, record: JobRecord, docket: Docket, loaded: Loaded, rules: RuleSet, clock: Clock) -> bool:
        """Sends what is due for a job. Whether something was sent."""
        if not due(docket, clock.now):
            return False
        model = loaded.engine.model
        matter = Matter(record, rules, model, self._books.of(model))
        defence = self._defence(matter, loaded)
        showings = answers(self._client, matter, docket, defence, clock.now)
        sent = [self._outbox.send("show", record.id, showing.call, clock.block) for showing in showings]
        return any(sent)

    def _defence(self, matter: Matter, loaded: Loaded) -> Defence:
        if self._held is None or self._held[0] != matter.key:
            self._held = matter.key, defence_of(matter, loaded)
        return self._held[1]


def defence_of(matter: Matter, loaded: Loaded) -> Defence:
    """Computes a result of one's own again."""
    sampling = Sampling.unpack(matter.record.submission.sampling)
    question = question_of(matter.model, matter.rules, matter.record.submission.input, sampling)
    assert isinstance(question, Question)
    tokens = tokens_of(matter.record)
    if matter.record.outcome is Outcome.OUTPUT_REFUSED:
        tokens = loaded.engine.run(question.prompt_ids, question.sampling).output
    return Defence(matter.book, hold(loaded.engine, question.prompt_ids, tokens))


def due(docket: Docket, now: int) -> list[OpenDemand]:
    """What has to be shown, soonest first."""
    open_ = (demand for demand in docket.demands.values() if not demand.shown and demand.deadline >= now)
    return sorted(open_, key=lambda demand: demand.deadline)


def answers(client: DisputesClient, matter: Matter, docket: Docket, defence: Defence, now: int) -> Iterator[Showing]:
    """A call for each demand that is due."""
    for demand in due(docket, now):
        if demand.wanted is not None:
            yield Showing(demand.key, _call(client, matter, docket, defence, demand))


def _call(client: DisputesClient, matter: Matter, docket: Docket, defence: Defence, demand: OpenDemand) -> Call:
    job = matter.record.id
    match demand.wanted:
        case TraceDemanded():
            held = defence.held
            shown = Shown(held.positions, held.outputs, tuple(defence.hashes()))
            return client.show_trace(job, matter.facts(shown), shown.hashes)
        case PartsDemanded(list=list_, position=position):
            roots = defence.parts(list_, position)
            assert docket.case is not None
            evidence = _columns(matter, defence, list_, position)
            return client.show_parts(job, docket.case, position, roots, evidence)
        case RowsDemanded(place=place, node=node):
            return _node(client, matter, node.hash, defence.rows(place, node.level, node.index))
        case ElementsDemanded(list=list_, part=part, position=position, node=node):
            found = defence.elements(list_, part, position, node.level, node.index)
            return _node(client, matter, node.hash, found)
        case None:
            raise ValueError("nothing is said of what is demanded")


def _node(client: DisputesClient, matter: Matter, hash_: bytes, found: object) -> Call:
    if isinstance(found, bytes):
        return client.show_leaf(matter.record.id, hash_, found)
    assert isinstance(found, list)
    return client.show_hashes(matter.record.id, hash_, found)


def _columns(matter: Matter, defence: Defence, list_: int, position: int) -> Evidence:
    """The list's record, and the way from each of its columns' rows to the trace's root."""
    book = matter.book.book
    parts: PartList = book.lists[list_]
    record = list_head(list_, parts)
    return Evidence(record, *book.prove(record), b"", tuple(defence.column_paths(parts, position)))
