"""Finds the first thing in a result that does not follow from what is before it, and what has to be shown to prove it.

Pure: from what was posted and shown, and one's own computation, to the next move. The order of search is that in which
things follow from each other: the tokens; each column of the trace, whose rows rest on columns before it; the peaks;
the tokens that were chosen; the end; the embedding.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from oracle.dispute.claims import NO_RECORD, Files, judge_claim
from oracle.dispute.elements import Place
from oracle.dispute.held import HeldTrace
from oracle.dispute.known import Differs, Leaf, Shown
from oracle.dispute.moves import (
    AskElements,
    AskParts,
    AskRows,
    AskTrace,
    Exact,
    Leave,
    Move,
    ProveAnswer,
    ProveStep,
)
from oracle.dispute.rows import Row, Weights
from oracle.dispute.rulings import Ruled, judge_ruled
from oracle.dispute.showing import FIXED, NUMBER_BYTES, Committed, Showing, WeightsBook, judge, row_leaves
from oracle.inference import sampling as drawing
from protocol import merkle
from protocol.computation import Asked, Computation, Evidence, ProgramBook, Step
from protocol.disputes import Claim, Fault
from protocol.parts import CHOSEN, LEAF, ONE, Kind, PartList, list_head, part_record, per_leaf
from protocol.payload import EMBEDDING, NO_RULE, WIDTH, Witness, decode_witness, encode_elements, encode_tokens
from protocol.rules import Scope
from protocol.trace import BEFORE_COLUMNS, PEAKS, TOKENS
from protocol.types import Outcome, Sampling

WITNESSED = {Kind.PEAK, Kind.PEAKS}


@dataclass(frozen=True)
class ModelBook:
    """A model's trees. `weights_root`: as registered."""

    book: ProgramBook
    weights: WeightsBook
    rows: Weights
    weights_root: bytes


@dataclass(frozen=True)
class Posted:
    """A result, and what it was to answer. `tokens`: the output's, none where it holds none; `policy`: token ids that
    the rules put before the prompt."""

    outcome: Outcome
    output: bytes
    input: bytes
    prompt: tuple[int, ...]
    tokens: tuple[int, ...]
    sampling: Sampling
    most_output: int = 0
    policy: tuple[int, ...] = ()

    @property
    def is_computed(self) -> bool:
        return _is_computed(self.outcome, self.output)


@dataclass(frozen=True)
class TheirTrace:
    """Implements `TraceBook`: as one's own, below roots that may differ, and with one leaf of numbers that does."""

    held: HeldTrace
    roots: Sequence[bytes]
    which: int = -1
    leaf: Leaf | None = None
    content: bytes = b""

    def number_leaf(self, which: int, leaf: int) -> tuple[bytes, Sequence[bytes]]:
        if self.leaf is not None and (which, leaf) == (self.which, self.leaf.index):
            return self.content, self.leaf.path
        return self.held.number_leaf(which, leaf)

    def row_roots(self, column: int) -> Sequence[bytes]:
        return self.held.row_roots(column)

    def row(self, column: int, position: int) -> Row:
        return self.held.row(column, position)


def solve(model: ModelBook, posted: Posted, shown: Shown, held: HeldTrace | None) -> Move:
    """`held`: the result computed again from its own tokens; None where the program cannot read them."""
    if not posted.is_computed:
        return _of_nothing(model, posted)
    if not shown.hashes:
        return AskTrace()
    search = _Search(model, posted, shown, held)
    try:
        return next(search.moves(), None) or Exact()
    except _Asking as asking:
        return asking.move


def withheld_tokens(model: ModelBook, posted: Posted, shown: Shown) -> Posted | Move:
    """The same result with the tokens of an output that was refused, and so not posted, as the operator committed to
    them; or what has to be shown to know them."""
    if not shown.hashes:
        return AskTrace()
    search = _Search(model, posted, shown, None)
    wrong = search.wrong_size()
    if wrong is not None:
        return wrong
    try:
        numbers = search.committed_tokens()
    except _Asking as asking:
        return asking.move
    return replace(posted, tokens=tuple(number % (1 << 32) for number in numbers[len(posted.prompt) :]))


def rule_move(model: ModelBook, ruled: Ruled, claim: Claim, shown: Shown, tokens: Sequence[int] = ()) -> Move:
    """Proves what is wrong by the rules; `tokens`: all that the operator committed to, where the output is judged."""
    computed = _is_computed(ruled.outcome, ruled.output)
    if computed and not shown.hashes:
        return AskTrace()
    root = merkle.root(shown.hashes) if computed else bytes(32)
    computation = model.book.computation(model.weights_root, root, shown.positions, shown.outputs)
    trace = TheirTrace(HeldTrace([], tokens, shown.outputs, ()), shown.hashes)
    judged = judge_ruled(Files(model.book, model.weights, trace, computation), claim, ruled)
    assert judged.wrong, claim
    return ProveAnswer(claim, judged.evidence, judged.ruling.payload, _told(claim))


def _told(claim: Claim) -> str:
    if claim.fault is Fault.REFUSAL:
        return "it was refused by a rule that is not broken there"
    witness: Witness = decode_witness(claim.index.to_bytes(8, "big"))
    text = "input" if claim.other == Scope.INPUT else "output"
    told = f"token {witness.position} of the {text}"
    if witness.rule == NO_RULE:
        return f"{told} is one that no rules allow, and it was not refused for that"
    return f"{told} breaks rule {witness.rule}, and it was not refused for that"


def _is_computed(outcome: Outcome, output: bytes) -> bool:
    return outcome is Outcome.OUTPUT_REFUSED or (outcome is Outcome.ANSWERED and output != b"")


def _of_nothing(model: ModelBook, posted: Posted) -> Move:
    """An answer of no tokens."""
    computation = model.book.computation(model.weights_root, bytes(32), 0, 0)
    claim = Claim(Fault.END, 0)
    nothing = TheirTrace(HeldTrace([], (), 0, ()), ())
    files = Files(model.book, model.weights, nothing, computation)
    judged = judge_claim(files, claim, Asked(posted.sampling.pack(), posted.most_output))
    return ProveAnswer(claim, judged.evidence, b"", "the answer is empty") if judged.wrong else Exact()


class _Asking(Exception):
    def __init__(self, move: Move) -> None:
        self.move = move


@dataclass
class _Search:
    model: ModelBook
    posted: Posted
    shown: Shown
    held: HeldTrace | None

    def wrong_size(self) -> Move | None:
        """What sizes alone prove: whoever makes them up must keep nobody looking for the rest."""
        return next(self._sizes(), None)

    def committed_tokens(self) -> list[int]:
        """All that the operator says were read and chosen; of a trace whose sizes are right."""
        known, root = self.shown.known, self.shown.hashes[TOKENS]
        try:
            leaves = known.every_leaf(root, -(-(self.shown.positions + (not self._embeds)) // LEAF))
            return [number for leaf in leaves for number in _numbers(known.content_of(leaf))]
        except Differs as differs:
            raise _Asking(self._ask_rows(TOKENS, differs)) from None

    def moves(self) -> Iterator[Move]:
        """At most the first is looked at."""
        yield from self._sizes()
        yield from self._tokens()
        if self.held is None:
            yield from self._unreadable()
            return
        yield from self._columns(self.held)
        yield from self._peaks(self.held)
        if self.held.peaks:
            yield from self._choices(self.held)
            yield from self._ends()
        elif self.posted.outcome is Outcome.ANSWERED:
            yield from self._embedding(self.held)

    # ------------------------------------------------------------ sizes and tokens

    def _sizes(self) -> Iterator[Move]:
        """The output says how many tokens came out, and the prompt how many were read."""
        output = self.posted.output
        if self.posted.outcome is Outcome.ANSWERED and len(output) != self._output_bytes():
            yield self._prove(Claim(Fault.OUTPUT, 0), "the output has another length than what was chosen")
        misshapen = self._embeds and (self.shown.outputs != self._computation.width or output[:WIDTH] != EMBEDDING)
        if self.posted.outcome is Outcome.ANSWERED and misshapen:
            yield self._prove(Claim(Fault.OUTPUT, 0), "the output is no embedding of this program")
        chosen = 0 if self._embeds else self.shown.outputs
        if self.shown.positions + (not self._embeds) != len(self.posted.prompt) + chosen:
            yield self._prove(Claim(Fault.PROMPT, 0), "another number of tokens was read than the prompt has")

        if not self._embeds and self.shown.outputs > self._most:
            yield self._prove(Claim(Fault.END, 0), "the answer is longer than it may be")

    def _tokens(self) -> Iterator[Move]:
        own = [*self.posted.prompt, *self.posted.tokens]
        leaves = [merkle.leaf(content) for content in row_leaves(own, NUMBER_BYTES)]
        found = self._number_leaf(TOKENS, leaves)
        if found is None:
            return
        leaf, content = found
        index = leaf.index * LEAF + _first_difference(_numbers(content), own[leaf.index * LEAF :])
        trace = TheirTrace(self._held_or_tokens(own), self.shown.hashes, TOKENS, leaf, content)
        prompt = len(self.posted.prompt)
        if index < prompt:
            yield self._prove(Claim(Fault.PROMPT, index), f"token {index} of the prompt is another", trace)
        else:
            yield self._prove(Claim(Fault.OUTPUT, index - prompt), f"token {index - prompt} was not chosen", trace)

    def _unreadable(self) -> Iterator[Move]:
        """The output has a token that is none."""
        vocabulary, tokens = self.model.book.program.vocabulary, self.posted.tokens
        index = next((i for i, token in enumerate(tokens) if token >= vocabulary), None)
        if index is None:
            yield Leave("the program cannot read this prompt")
        else:
            yield self._prove(Claim(Fault.CHOICE, index), f"token {index} of the output is not of the vocabulary")

    # ------------------------------------------------------------ columns

    def _columns(self, held: HeldTrace) -> Iterator[Move]:
        for column, (theirs, ours) in enumerate(
            zip(self.shown.hashes[BEFORE_COLUMNS:], held.roots[BEFORE_COLUMNS:], strict=True)
        ):
            if theirs == ours:
                continue
            number = self._list_of(column)
            try:
                leaf = self.shown.known.first_difference(theirs, held.row_roots(column))
            except Differs as differs:
                yield self._ask_rows(BEFORE_COLUMNS + column, differs)
                return
            assert leaf is not None
            yield from self._parts(held, number, leaf.index)
            return

    def _parts(self, held: HeldTrace, number: int, row: int) -> Iterator[Move]:
        parts = self.model.book.lists[number]
        first = held.positions - held.outputs if parts.rows == CHOSEN else 0
        position = first + row if parts.rows != ONE else 0
        theirs = self.shown.parts.get((number, position))
        if theirs is None:
            yield AskParts(number, position, self._record(list_head(number, parts)))
            return
        rows = held.parts(parts, position, self.model.rows)
        for index, row_ in enumerate(rows):
            leaves = row_leaves(row_, parts.parts[index].shape.size)
            step = Step(merkle.root(theirs), len(theirs), number, index, position, 0)
            found = self._part_leaf(step, theirs, parts, leaves)
            if found is not None:
                yield self._prove_step(held, parts, rows, _Fault(step, theirs, *found))
                return
        yield Leave("every part is as it must be, and the column is not")

    def _part_leaf(
        self, step: Step, roots: Sequence[bytes], parts: PartList, leaves: Sequence[bytes]
    ) -> tuple[Leaf, bytes] | None:
        record = part_record(step.list, step.part, parts.parts[step.part])
        try:
            leaf = self.shown.known.first_difference(roots[step.part], [merkle.leaf(content) for content in leaves])
            if leaf is None:
                return None
            content = self.shown.known.content_of(leaf)
        except Differs as differs:
            path = (*differs.path, *merkle.path(list(roots), step.part))
            amount = differs.hashes or len(leaves[differs.node.index])
            raise _Asking(AskElements(step, differs.node, amount, self._record(record, path))) from None
        return leaf, content

    def _prove_step(self, held: HeldTrace, parts: PartList, rows: list[Row], fault: _Fault) -> Move:
        part, leaf = parts.parts[fault.step.part], fault.leaf
        own = rows[fault.step.part]
        theirs = np.frombuffer(fault.content, FIXED[part.shape.size])
        start = leaf.index * per_leaf(part.shape.size)
        element = start + _first_difference(theirs.tolist(), own[start:].tolist())
        witness = int(own[element]) if part.kind in WITNESSED else 0
        committed = Committed(fault.step.part, leaf.index, fault.content, leaf.path, tuple(fault.roots))
        place = Place(fault.step.position, held.positions)
        trace = TheirTrace(held, self.shown.hashes)
        showing = Showing(parts, rows, place, trace, self.model.weights, committed)
        judged = judge(showing, fault.step.part, element, witness)
        step = Step(
            fault.step.parts, fault.step.count, fault.step.list, fault.step.part, place.position, element, witness
        )
        record = part_record(step.list, step.part, part)
        evidence = Evidence(record, *self.model.book.prove(record), judged.data, judged.path)
        layer = _layer(step.list, len(self.model.book.lists))
        operation = self.model.book.program.steps.lists[step.list][part.operation]
        name = f"{part.operation} ({type(operation).__name__.lower()})"
        return ProveStep(step, evidence, judged.committed, judged.expected, layer, name, part.kind.name.lower())

    # ------------------------------------------------------------ the answer

    def _peaks(self, held: HeldTrace) -> Iterator[Move]:
        if not held.peaks:
            return
        found = self._number_leaf(PEAKS, held.number_leaves(PEAKS))
        if found is not None:
            leaf, content = found
            index = leaf.index * LEAF + _first_difference(_numbers(content), held.peaks[leaf.index * LEAF :])
            trace = TheirTrace(held, self.shown.hashes, PEAKS, leaf, content)
            told = f"the peak of the logits at token {index} is another"
            yield self._prove(Claim(Fault.PEAK, index, held.peaks[index]), told, trace)

    def _choices(self, held: HeldTrace) -> Iterator[Move]:
        noise = self.model.rows.of(self._computation.noise)
        logits = held.columns[-1]
        for index, token in enumerate(held.tokens[len(self.posted.prompt) :]):
            best = drawing.choose(logits[index], self.posted.sampling, index, noise)
            if token != best:
                yield self._prove(
                    Claim(Fault.CHOICE, index, best), f"token {index} is {token}, and {best} was to be chosen"
                )

    def _ends(self) -> Iterator[Move]:
        stops, tokens = self.model.book.program.stop_tokens, self.posted.tokens
        ends = [index for index, token in enumerate(tokens) if token in stops]
        for index in sorted({*ends, len(tokens) - 1}):
            told = (
                "the answer goes on behind its end"
                if index + 1 < len(tokens)
                else "the answer ends too early or too late"
            )
            claim = Claim(Fault.END, index)
            if judge_claim(self._files(), claim, self._asked).wrong:
                yield self._prove(claim, told)

    def _embedding(self, held: HeldTrace) -> Iterator[Move]:
        own = encode_elements(held.row(len(held.columns) - 1, 0).tolist())
        if own != self.posted.output:
            differs = next(i for i in range(WIDTH, len(own)) if own[i] != self.posted.output[i])
            index = (differs - WIDTH) // 2
            yield self._prove(Claim(Fault.OUTPUT, index), f"element {index} is not what was computed")

    # ------------------------------------------------------------ what is asked and proved

    def _number_leaf(self, which: int, own: Sequence[bytes]) -> tuple[Leaf, bytes] | None:
        try:
            leaf = self.shown.known.first_difference(self.shown.hashes[which], own)
            return None if leaf is None else (leaf, self.shown.known.content_of(leaf))
        except Differs as differs:
            raise _Asking(self._ask_rows(which, differs)) from None

    def _ask_rows(self, place: int, differs: Differs) -> Move:
        path = (*differs.path, *merkle.path(list(self.shown.hashes), place))
        if place < BEFORE_COLUMNS:
            amount = differs.hashes or self._leaf_bytes(place, differs.node.index)
            return AskRows(place, differs.node, amount, Evidence(NO_RECORD, 0, (), b"", path))
        number = self._list_of(place - BEFORE_COLUMNS)
        record = list_head(number, self.model.book.lists[number])
        return AskRows(place, differs.node, differs.hashes, self._record(record, path))

    def _leaf_bytes(self, place: int, index: int) -> int:
        count = self.shown.positions + (not self._embeds) if place == TOKENS else self.shown.outputs
        return NUMBER_BYTES * min(LEAF, count - LEAF * index)

    def _prove(self, claim: Claim, told: str, trace: TheirTrace | None = None) -> Move:
        posted = self.posted
        payload, other = b"", claim.other
        if claim.fault is Fault.OUTPUT:
            payload = posted.output
        elif claim.fault is Fault.PROMPT:
            payload, other = posted.input, len(posted.policy)
        judged = judge_claim(self._files(trace), claim, self._asked, payload, posted.policy)
        assert judged.wrong, claim
        if claim.fault is Fault.PROMPT:
            payload = encode_tokens(posted.policy) + payload
        return ProveAnswer(Claim(claim.fault, claim.index, other), judged.evidence, payload, told)

    def _record(self, record: bytes, path: Sequence[bytes] = ()) -> Evidence:
        return Evidence(record, *self.model.book.prove(record), b"", tuple(path))

    def _files(self, trace: TheirTrace | None = None) -> Files:
        own = [*self.posted.prompt, *self.posted.tokens]
        trace = trace or TheirTrace(self._held_or_tokens(own), self.shown.hashes)
        return Files(self.model.book, self.model.weights, trace, self._computation)

    def _held_or_tokens(self, tokens: Sequence[int]) -> HeldTrace:
        return self.held or HeldTrace([], tokens, len(self.posted.tokens), ())

    def _list_of(self, column: int) -> int:
        lists = self.model.book.lists
        return next(
            i for i, parts in enumerate(lists) if parts.first_column <= column < parts.first_column + len(parts.columns)
        )

    def _output_bytes(self) -> int:
        return WIDTH + 2 * self.shown.outputs if self._embeds else WIDTH * self.shown.outputs

    @property
    def _most(self) -> int:
        """How many tokens the client, the rules and the context allow."""
        posted = self.posted
        room = self.model.book.program.context_length - len(posted.prompt)
        return min(posted.sampling.max_tokens, room, posted.most_output or room)

    @property
    def _embeds(self) -> bool:
        return self.model.book.program.embeds

    @property
    def _asked(self) -> Asked:
        return Asked(self.posted.sampling.pack(), self.posted.most_output)

    @cached_property
    def _computation(self) -> Computation:
        shown = self.shown
        root = merkle.root(shown.hashes)
        return self.model.book.computation(self.model.weights_root, root, shown.positions, shown.outputs)


@dataclass(frozen=True, slots=True)
class _Fault:
    """A leaf of a part that is not as it must be."""

    step: Step
    roots: Sequence[bytes]
    leaf: Leaf
    content: bytes


def _layer(number: int, lists: int) -> str:
    if number == 0:
        return "before the layers"
    return "after the layers" if number == lists - 1 else f"layer {number - 1}"


def _numbers(content: bytes) -> list[int]:
    return [int(number) for number in np.frombuffer(content, FIXED[NUMBER_BYTES])]


def _first_difference(theirs: Sequence[int], ours: Sequence[int]) -> int:
    return next(i for i, (a, b) in enumerate(zip(theirs, ours, strict=False)) if a != b)
