"""`make dispute-report`: one wrong bit in every kind of part of the real models' results, and every other way to lie,
found, proved on a chain, and paid for; with the gas of it all.

A row for each kind: where the bit was, how often the operator had to show something, and gas: the challenger's
(demands, commitment and conviction), the operator's (what it showed), and that of the one transaction that convicts.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, replace
from itertools import chain
from pathlib import Path

import numpy as np

from oracle.dispute.defence import Defence
from oracle.dispute.watcher import Watcher
from oracle.engine import Engine
from oracle.models import load_model
from oracle.models.prepared import take_over
from oracle.store import Store
from protocol import deployment as deployments
from protocol.cast import CAST
from protocol.clients import disputes as verbs
from protocol.disputes import Fault
from protocol.events import AnswerConvicted, BondPaid, StepConvicted, topic_of
from protocol.parts import CHOSEN, ONE, Kind
from protocol.payload import Witness, encode_tokens, encode_witness
from protocol.plan import local_plan
from protocol.rules import Deny, Limit, Prefix, Rule, RuleSet, Scope, encode
from protocol.solidity import Function
from protocol.types import JobId, ModelFacts, Sampling
from tests.chain import World, deploy_world, make_submission, start_anvil
from tests.oracle.dispute.games import Flip, Table, cheat
from tests.oracle.node.disputing import BOND, STAKE, Cheat, Purse, dispute_events, docket_of, play, repaid, watching
from tests.oracle.node.telling import telling
from tests.oracle.real import real_model

BOND_PAID = topic_of(BondPaid)
VERBS = {function.selector.hex(): function.name for function in vars(verbs).values() if isinstance(function, Function)}
QUESTION = "What is the capital of France?"
OF_BERLIN = "What is the capital of Germany?"
"""What is answered to it breaks a rule."""
OF_BOMBS = "How do I build a BOMB?"
POLICY = "Be helpful and brief."
TOKENS = 8
LIMIT = Limit(max_input=2_048, max_output=64)
DENIED = (Deny(Scope.INPUT, b"build a bomb"), Deny(Scope.OUTPUT, b"berlin"))


@dataclass(frozen=True)
class Game:
    """One that was played to its end. `operation`: which of its list, and its type."""

    kind: str
    where: str
    operation: str
    shown: int
    challenger: int
    operator: int
    conviction: int


@dataclass
class Bench:
    """A chain on which a real model holds the slot, an operator that cheats, and a watcher."""

    world: World
    store: Store
    engine: Engine
    rules: RuleSet

    @classmethod
    @contextmanager
    def of(cls, model: str, folder: Path, *, rules: RuleSet | None = None) -> Iterator[Bench]:
        """`rules`: by default a limit, a policy, and two that deny."""
        store = Store(folder / "store")
        identity = take_over(real_model(model), "feedback", store)
        engine = Engine(load_model(store, identity.manifest, identity))
        facts = ModelFacts(**asdict(identity), curator=CAST["curator"].address, curator_bps=500)
        tokenizer = engine.model.tokenizer
        policy = Prefix(identity.tokenizer, tuple(tokenizer.encode(POLICY)), POLICY)
        rules = rules or RuleSet((LIMIT, policy, *DENIED))
        node = start_anvil(folder)
        world = deploy_world(node.chain, folder / "home", node.url, local_plan(facts, encode(rules)))
        try:
            deployments.save(world.home, world.deployment)
            world.send("watcher", world.contracts.asset.mint(CAST["watcher"].address, STAKE))
            world.close()
            yield cls(world, store, engine, rules)
        finally:
            world.close()
            node.stop()

    def games(self, seed: int = 0) -> Iterator[Game]:
        """One for each kind of part that the model has, at random places."""
        table, operator = Table.of(self.engine), self._operator()
        random, seen = np.random.default_rng(seed), set[Kind]()
        lists = table.model.book.lists
        places = [(i, j) for i, parts in enumerate(lists) for j in range(len(parts.parts))]
        with watching(self.world, self.store) as watcher:
            for number in random.permutation(len(places)):
                list_, part = places[number]
                kind = lists[list_].parts[part].kind
                if kind in seen:
                    continue
                seen.add(kind)
                before = Purse.of(self.world)
                job = self._submit()
                flips = Flips(table, random, list_, part)
                operator.serve(job, operator.right(job), flips.applied)
                play(watcher, operator, job)
                verdict = docket_of(self.world, job).verdict
                assert isinstance(verdict, StepConvicted), kind
                assert (verdict.step.list, verdict.step.part, verdict.step.position) == (list_, part, flips.position)
                self._settle(watcher, job)
                self._check(before, job)
                operation = self.engine.model.program.steps.lists[list_][lists[list_].parts[part].operation]
                where = f"list {list_}, position {verdict.step.position}, element {verdict.step.element}"
                yield self._game(job, kind.name.lower(), where, type(operation).__name__.lower())

    def lies(self) -> Iterator[Game]:
        """One for each other way in which a result can be wrong."""
        with watching(self.world, self.store) as watcher:
            for name, fault, question, tell in self._lies():
                before, job = Purse.of(self.world), self._submit(self.engine.model.tokenizer.encode(question))
                operator = tell(job)
                play(watcher, operator, job)
                verdict = docket_of(self.world, job).verdict
                if fault is None:
                    assert isinstance(verdict, StepConvicted), name
                    where = f"list {verdict.step.list}, position {verdict.step.position}"
                else:
                    assert isinstance(verdict, AnswerConvicted), name
                    assert verdict.claim.fault is fault, name
                    where = "the witness" if fault >= Fault.REFUSAL else f"token {verdict.claim.index}"
                self._settle(watcher, job)
                self._check(before, job)
                yield self._game(job, name, where, "" if fault is None else fault.name.lower())

    def _lies(self) -> Iterator[tuple[str, Fault | None, str, Callable[[JobId], Cheat]]]:
        """What each is called, what it is convicted of, what it is an answer to, and who tells it."""
        operator, refused = self._operator(), encode_witness(Witness(2, 0))
        lax = self._operator(LIMIT, self.rules.rules[1])
        tensors = self.engine.model.tensors
        name = next(name for name in self.engine.model.program.matrices if "0." in name)
        other = Engine(replace(self.engine.model, tensors={**tensors, name: tensors[name].roll(1, 0)}))

        def serves(
            teller: Cheat, change: Callable[[tuple[int, ...]], tuple[int, ...]] = tuple
        ) -> Callable[[JobId], Cheat]:
            def tell(job: JobId) -> Cheat:
                teller.serve(job, change(teller.right(job)))
                return teller

            return tell

        def refuses(job: JobId) -> Cheat:
            operator.refuse_input(job, refused)
            return operator

        yield "other weights", None, QUESTION, serves(self._operator(engine=other))
        yield "an input refused", Fault.REFUSAL, QUESTION, refuses
        yield "a forbidden input", Fault.FORBIDDEN, OF_BOMBS, serves(lax)
        if self.engine.model.program.embeds:
            return

        def withholds(job: JobId) -> Cheat:
            operator.refuse_output(job, operator.right(job), encode_witness(Witness(3, 0)))
            return operator

        yield "a wrong token", Fault.CHOICE, QUESTION, serves(operator, lambda ids: (*ids[:3], ids[3] + 1, *ids[4:]))
        yield "a wrong last token", Fault.CHOICE, QUESTION, serves(operator, lambda ids: (*ids[:-1], ids[-1] + 1))
        yield "an early end", Fault.END, QUESTION, serves(operator, lambda ids: ids[:-1])
        yield "no answer", Fault.END, QUESTION, serves(operator, lambda _: ())
        yield "no policy", Fault.PROMPT, QUESTION, serves(self._operator(LIMIT, *DENIED))
        yield "an output refused", Fault.REFUSAL, QUESTION, withholds
        yield "a forbidden output", Fault.FORBIDDEN, OF_BERLIN, serves(lax)

    def _operator(self, *rules: Rule, engine: Engine | None = None) -> Cheat:
        """One that follows these rules; as it says, all."""
        return Cheat(self.world, engine or self.engine, document=encode(RuleSet(rules) if rules else self.rules))

    def game(self, list_: int, part: int, question: Sequence[int], *, told: bool = False) -> list[tuple[str, int]]:
        """One about a part at the last position: each transaction's verb and its gas, in order. `told`: the operator
        tells over HTTP what it is asked for."""
        table, operator = Table.of(self.engine), self._operator()
        with watching(self.world, self.store) as watcher:
            job = self._submit(question)
            flips = Flips(table, np.random.default_rng(0), list_, part, last=True)
            operator.serve(job, operator.right(job), flips.applied)
            with telling(operator, job) if told else nullcontext():
                play(watcher, operator, job)
        return list(self._moves(job))

    def _moves(self, job: JobId) -> Iterator[tuple[str, int]]:
        events = {event.log.transaction_hash: event for event in dispute_events(self.world, job)}
        for found in events:
            sent = self.world.chain.request("eth_getTransactionByHash", ["0x" + found.hex()])
            receipt = self.world.chain.request("eth_getTransactionReceipt", ["0x" + found.hex()])
            yield VERBS[sent["input"][2:10]], int(receipt["gasUsed"], 16)

    def _submit(self, question: Sequence[int] = ()) -> JobId:
        ids = list(question) or self.engine.model.tokenizer.encode(QUESTION)
        submission = make_submission(payload=encode_tokens(ids), sampling=Sampling(TOKENS).pack())
        return self.world.submit(submission=submission)

    def _settle(self, watcher: Watcher, job: JobId) -> None:
        """Until every bond is back."""
        for _ in range(20):
            watcher.round()
            if docket_of(self.world, job).is_settled:
                return
        raise AssertionError("a bond was left behind")

    def _check(self, before: Purse, job: JobId) -> None:
        """The client has its money, the operator lost its bond, and half of it at least is the treasury's."""
        after = Purse.of(self.world)
        assert after.client == before.client
        assert before.operator - after.operator == BOND
        assert after.watcher - before.watcher == BOND // 4 + repaid(self.world, job)
        assert after.treasury - before.treasury >= BOND // 2

    def _game(self, job: JobId, kind: str, where: str, operation: str) -> Game:
        hashes = list(dict.fromkeys(event.log.transaction_hash for event in dispute_events(self.world, job)))
        gas = {"watcher": 0, "operator2": 0}
        conviction = 0
        for found in hashes:
            receipt = self.world.chain.request("eth_getTransactionReceipt", ["0x" + found.hex()])
            name = next(name for name in gas if CAST[name].address.lower() == receipt["from"].lower())
            used = int(receipt["gasUsed"], 16)
            verdict = docket_of(self.world, job).verdict
            assert verdict is not None
            if found == verdict.log.transaction_hash:
                conviction = used
            settles = len(receipt["logs"]) == 1 and receipt["logs"][0]["topics"][0] == BOND_PAID
            gas[name] += 0 if settles else used
        shown = sum(demand.shown for demand in docket_of(self.world, job).demands.values())
        return Game(kind, where, operation, shown, gas["watcher"], gas["operator2"], conviction)


@dataclass
class Flips:
    """A bit of a part at a random place, such that the list's value is another."""

    table: Table
    random: np.random.Generator
    list: int
    part: int
    last: bool = False
    position: int = 0

    def applied(self, defence: Defence) -> Defence:
        held, parts = defence.held, self.table.model.book.lists[self.list]
        part = parts.parts[self.part]
        first = held.positions - held.outputs if parts.rows == CHOSEN else 0
        self.position = 0 if parts.rows == ONE else int(self.random.integers(first, held.positions))
        if self.last:
            self.position = held.positions - 1
        length = part.shape.length(self.position, held.positions)
        for _ in range(40):
            element = int(self.random.integers(min(length, part.shape.width)))
            for bit in reversed(range(3 if part.kind is Kind.EXPONENT else 8 * part.shape.size - 1)):
                try:
                    changed = cheat(self.table, held, Flip(self.list, self.position, self.part, element, bit))
                except (IndexError, OverflowError, ValueError):  # a place that is none
                    continue
                if changed.held.roots != held.roots:
                    return changed
        raise AssertionError(f"no bit of {part.kind.name} changes anything")


def main() -> None:
    for model in sys.argv[1:] or ("smollm2", "minilm"):
        with tempfile.TemporaryDirectory() as folder, Bench.of(model, Path(folder)) as bench:
            print(f"\n{model}\n{'flipped':20}{'of':10}{'found and convicted at':42}{'shown':>6}", end="")
            print(f"{'challenger':>12}{'operator':>12}{'conviction':>12}")
            for game in chain(bench.games(), bench.lies()):
                print(f"{game.kind:20}{game.operation:10}{game.where:42}{game.shown:>6}", end="")
                print(f"{game.challenger:>12,}{game.operator:>12,}{game.conviction:>12,}", flush=True)


if __name__ == "__main__":
    main()
