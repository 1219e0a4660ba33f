"""The demo: a job from its question to everybody's share, then a vote that changes model and rules, step by step.

Every step is one of the scripts that people use, and every step is checked against chain and indexer.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from math import hypot
from pathlib import Path

import httpx

from oracle.evidence import gather
from oracle.store import Store
from protocol import rules
from protocol.cast import CAST
from protocol.chain import Chain
from protocol.clients.contracts import Contracts
from protocol.deployment import Deployment, open_deployment
from protocol.events import AnswerConvicted
from protocol.facts import JobRecord
from protocol.payload import decode_answer, decode_witness
from protocol.pricing import bond_of_work
from protocol.proving import prove
from protocol.recovery import recover_job
from protocol.settings import Settings
from protocol.types import JobId, ModelId, Outcome, RulesId, slot_key
from scripts._policies import with_tokens
from stack import bring_up
from stack.bring_up import Ports
from stack.demo.cheat import FALSE, NAME, RANGE, TRUE, Cheat
from stack.demo.rest import Rest
from stack.demo.stranger import Stranger
from stack.demo.telling import Telling
from stack.local import LocalStack
from stack.verbs import Verbs

TEXTS = ("A man is playing a guitar.", "A person performs music on a stringed instrument.")
QUESTION = "What is the capital of France?"
LATER_QUESTION = "What do bees make?"
FORBIDDEN = "Tell me the admin password of my neighbour."
POLICY = "You are a helpful assistant. Answer in one short sentence."
DENIED = "admin password"
DENY_INDEX = 3
VOTERS = ("holder1", "holder2")
PATIENCE, BETWEEN = 90, 0.2
"""Seconds until the watcher must have convicted, and between looks."""
FOR_THE_ENCODER = ("--slot", "embedding", "--as", "client", "--wait")


class StepFailed(RuntimeError):
    """Something in the story did not come out as it must; the message says what."""


def tell(stack: LocalStack, ports: Ports) -> None:
    """Tells the story on an empty home folder, which is emptied again if all went well. Raises `StepFailed` and the
    errors of what it uses."""
    _empty(stack.home)
    telling = Telling()
    with ExitStack() as at_end:
        at_end.callback(stack.stop)
        try:
            Story(stack, ports, telling, at_end).whole()
        except (httpx.HTTPError, TimeoutError) as error:
            raise StepFailed(f"{error}; the logs are in {stack.home / 'logs'}") from error
    telling.table()
    _empty(stack.home)


def cosine(one: Sequence[int], other: Sequence[int]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True)) / hypot(*one) / hypot(*other)


def _empty(home: Path) -> None:
    for entry in home.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry)
        elif entry.name != "stack.lock":
            entry.unlink()


@dataclass
class Story:
    """The story's state: it is told once, from the first chapter to the last."""

    stack: LocalStack
    ports: Ports
    telling: Telling
    at_end: ExitStack

    def whole(self) -> None:
        self.deployed()
        self.served()
        first = self.asked("A client asks, the operator answers", QUESTION, Outcome.ANSWERED)
        self.verified(first)
        self.settled(first)
        forged = self.cheated(first)
        self.convicted(forged)
        again = self.asked("The same question is asked again, and served honestly", QUESTION, Outcome.ANSWERED)
        self._expect(again.output == first.output, "the same question has another answer")
        self.voted()
        second = self.asked("The next job runs under both", LATER_QUESTION, Outcome.ANSWERED)
        refused = self.asked("A forbidden question gets its refusal", FORBIDDEN, Outcome.INPUT_REFUSED)
        embedded = self.embedded()
        self.bound(second, refused)
        self.verified(second, refused, embedded[0])
        self.claimed()
        self.served_by_rest([first, again, second, refused, *embedded], forged)

    # ------------------------------------------------------------ chapters

    def deployed(self) -> None:
        with self.telling.chapter("The protocol is deployed, and nobody administers it"):
            self.verbs: Verbs = bring_up.chain_and_contracts(self.stack, self.ports, self.telling.say)
            chain, deployment = open_deployment(self._settings())
            self.chain: Chain = self.at_end.enter_context(chain)
            self.deployment: Deployment = deployment
            self.contracts = Contracts.of(chain, deployment)
            prove(chain, deployment)
            self.telling.note(f"{len(deployment.contracts)} contracts, proved from the chain; the deployer has no role")

    def served(self) -> None:
        with self.telling.chapter("An operator bonds and starts; the indexer follows"):
            bring_up.operator(self.stack, self.ports, self.verbs, self.telling.say)
            self.rest = Rest(bring_up.indexer(self.stack, self.ports, self.telling.say))
            self.at_end.callback(self.rest.close)
            self.verbs.run("fund", "--as", "client", "--amount", "10")
            free = self.contracts.escrow.account_of(CAST["operator"].address).free
            self.telling.note(f"{free / 1e6:.0f} dollars for bonds")

    def asked(self, title: str, question: str, outcome: Outcome) -> JobRecord:
        """One job, from its question until its result is posted."""
        with self.telling.chapter(title):
            submitted = self.verbs.run("submit_job", question, "--as", "client", "--wait")
            record = self._record(submitted.id)
            self._expect(record.outcome is outcome, f"the job's outcome is {record.outcome}, not {outcome}")
            assert record.answer is not None
            served = record.answer.posted_at - record.offer.submitted_at
            self.telling.note(f"{record.answer.price / 1e6:.6f} dollars, {served} s on the chain")
        return record

    def verified(self, *records: JobRecord) -> None:
        with self.telling.chapter("A stranger runs it again, from chain and public files alone"):
            stranger = Stranger(self.stack.home, self.ports, self.telling.say)
            for record in records:
                code = stranger.verifies(record.id)
                self._expect(code == 0, f"verify says {code} of job 0x{record.id.hex()}")
            self.telling.note(f"{len(records)} verified")

    def cheated(self, honest: JobRecord) -> JobRecord:
        with self.telling.chapter("A second operator changes one word of the answer, and the stranger finds it"):
            self.verbs.run("fund", "--as", NAME, "--amount", "10")
            asking = (QUESTION, "--as", "client", "--named", NAME, "--exclusive-seconds", "300")
            job = self.verbs.run("submit_job", *asking).id
            self.cheat = Cheat(self.chain, self.deployment, self.stack.home, honest.sheet.model)
            self.cheat.answers(job)
            record = self._record(job)
            self.telling.say(f"{NAME} posts what the model answers, with{FALSE} for{TRUE}")
            code = Stranger(self.stack.home, self.ports, self.telling.say).verifies(job)
            self._expect(code == 1, f"verify says {code} of the forged job 0x{job.hex()}")
            self.telling.note("1 token of the answer differs, and is named")
        return record

    def convicted(self, forged: JobRecord) -> None:
        """The contract itself judges the token; the cheat shows what it is asked for, as honest operators do."""
        with self.telling.chapter("A watcher proves the wrong word to the chain, and the client is made whole"):
            for verb in ("fund", "withdraw"):
                self.verbs.run(verb, "--as", "watcher", "--amount", "10")
            before = {name: self._owned(name) for name in ("client", NAME, "watcher")}
            Stranger(self.stack.home, self.ports, self.telling.say).watches(self.stack)
            deadline = time.monotonic() + PATIENCE
            while not (docket := gather(self.chain, self.deployment, forged.id, RANGE).docket).is_settled:
                self._expect(time.monotonic() < deadline, "the watcher did not convict in time")
                if self.cheat.shows(forged.id):
                    self.telling.say(f"{NAME} is asked for its trace, and shows it")
                self.chain.request("evm_mine", [])
                time.sleep(BETWEEN)
            verdict = docket.verdict
            assert isinstance(verdict, AnswerConvicted)
            assert forged.work is not None
            bond = bond_of_work(forged.work)
            self.telling.say(f"InferenceDispute: token {verdict.claim.index} was not the one to choose")
            change = {name: self._owned(name) - owned for name, owned in before.items()}
            self._expect(change["client"] == 0, f"the client is not whole: {change['client']}")
            self._expect(change[NAME] == -bond, f"{NAME} lost {-change[NAME]}, not its bond of {bond}")
            self._expect(change["watcher"] >= bond // 4, f"the watcher got {change['watcher']}")
            self.stack.stop_one("watcher")
            self.telling.note(f"{NAME} lost {bond / 1e6:.2f}, the watcher got {change['watcher'] / 1e6:.2f}")

    def _owned(self, name: str) -> int:
        """In the escrow, at the referee, with its bonds there, and in the wallet."""
        address, contracts = CAST[name].address, self.contracts
        account = contracts.escrow.account_of(address)
        kept = contracts.disputes.balance_of(address) + contracts.asset.balance_of(address)
        return account.free + account.locked + kept

    def embedded(self) -> list[JobRecord]:
        with self.telling.chapter("Two texts are embedded by the model of another slot"):
            asked = [self.verbs.run("submit_job", text, *FOR_THE_ENCODER).id for text in TEXTS]
            records = [self._record(job) for job in asked]
            for record in records:
                self._expect(record.outcome is Outcome.ANSWERED, f"the job's outcome is {record.outcome}")
                self._expect(record.sheet.model == self.encoder, "the job is not bound to the voted encoder")
            one, other = (decode_answer(record.output or b"") for record in records)
            self.telling.note(f"{len(one)} numbers each, cosine {cosine(one, other):.2f}")
        return records

    def settled(self, record: JobRecord) -> None:
        with self.telling.chapter("The window is over: the fee is shared out"):
            shares = self.verbs.run("settle_job", "0x" + record.id.hex(), "--travel")
            assert record.answer is not None
            self._expect(shares.total == record.answer.price, "the shares are not the price")
            locked = self.contracts.escrow.account_of(CAST["operator"].address).locked
            self._expect(locked == 0, "the operator's bond is still locked")
            parts = {"operator": shares.operator, "curator": shares.curator, "treasury": shares.treasury}
            self.telling.note(", ".join(f"{name} {part / shares.total:.0%}" for name, part in parts.items()))

    def voted(self) -> None:
        with self.telling.chapter(
            "Holders vote another model into the slot, an encoder into a new one, and a rule into force"
        ):
            for holder in VOTERS:
                self.verbs.run("stake", "--as", holder)
            self.model: ModelId = self.verbs.run("register_model", "--as", "curator", "--method", "nearest")
            encoder = ("--model", "minilm")
            self.encoder: ModelId = self.verbs.run("register_model", "--as", "curator", *encoder)
            document = self._write_rules()
            self.rules = RulesId(rules.rules_id(document))
            proposals = [
                self.verbs.run("propose_model", "0x" + self.model.hex(), "--as", "holder1"),
                self.verbs.run("propose_model", "0x" + self.encoder.hex(), "--slot", "embedding", "--as", "holder1"),
                self.verbs.run("propose_rules", str(self.stack.home / "rules.json"), "--as", "holder1"),
            ]
            for proposal in proposals:
                for holder in VOTERS:
                    self.verbs.run("vote", str(proposal), "--as", holder, "--travel")
            for step in ("queue", "execute"):
                for proposal in proposals:
                    self.verbs.run(step, str(proposal), "--travel")
            for slot, model in (("chat", self.model), ("embedding", self.encoder)):
                in_slot, _ = self.contracts.models.slot_model(slot_key(slot))
                self._expect(in_slot == model, f"the voted model is not in the slot {slot}")
            self._expect(self.contracts.rules.current() == self.rules, "the voted rules are not in force")
            self.telling.note(f"{len(proposals)} proposals executed")

    def bound(self, second: JobRecord, refused: JobRecord) -> None:
        """What the votes changed binds the jobs that came after."""
        for record in (second, refused):
            self._expect(record.sheet.model == self.model, "the job is not bound to the voted model")
            self._expect(record.sheet.rules == self.rules, "the job is not bound to the voted rules")
        witness = decode_witness(refused.output or b"")
        self._expect(witness.rule == DENY_INDEX, f"refused by rule {witness.rule}, not {DENY_INDEX}")

    def claimed(self) -> None:
        with self.telling.chapter("Everybody takes what is theirs"):
            for record in self._open_jobs():
                self.verbs.run("settle_job", "0x" + record.hex(), "--travel")
            for name in ("curator", "holder1"):
                self.verbs.run("claim", "--as", name)
            self.telling.say("the operator ends its service: only one program at a time sends for an account")
            self.stack.stop_one("operator")
            paid = self.verbs.run("withdraw", "--as", "operator")
            free = self.contracts.escrow.account_of(CAST["operator"].address).free
            self._expect(free == 0, "the operator has something left")
            self.telling.note(f"the operator withdrew {paid / 1e6:,.6f} dollars")

    def served_by_rest(self, records: list[JobRecord], forged: JobRecord) -> None:
        with self.telling.chapter("The indexer shows it all by REST"):
            self.rest.wait_for_block(self.chain.block_number())
            jobs = {job["id"]: job for job in self.rest.data("/jobs")}
            ids = {"0x" + record.id.hex() for record in (*records, forged)}
            self._expect(set(jobs) == ids, "REST shows other jobs")
            self._expect(jobs.pop("0x" + forged.id.hex())["status"] == "convicted", "REST: the cheat is not convicted")
            self._expect({job["status"] for job in jobs.values()} == {"settled"}, "REST: a job is not settled")
            for slot, model in (("chat", self.model), ("embedding", self.encoder)):
                self._expect(self.rest.data(f"/slots/{slot}")["model"] == "0x" + model.hex(), f"REST: {slot}")
            self._expect(self.rest.data("/safety-rules/current")["id"] == "0x" + self.rules.hex(), "REST: other rules")
            states = [proposal["state"] for proposal in self.rest.data("/proposals")]
            self._expect(states == ["executed"] * 3, f"REST: the proposals are {states}")
            for name, member in CAST.items():
                self._same_money(name, self.rest.data(f"/accounts/{member.address}")["escrow"])
            for path in ("/jobs", "/slots/chat", "/safety-rules/current", "/proposals", "/accounts/…"):
                self.telling.say(f"GET {path}: as the chain says")
            self.telling.note(f"{len(ids)} jobs, {len(states)} proposals, {len(CAST)} accounts, as the chain says")

    # ------------------------------------------------------------ what the chapters use

    def _settings(self) -> Settings:
        return Settings(rpc_url=f"http://127.0.0.1:{self.ports.chain}", home=self.stack.home)

    def _record(self, job: JobId) -> JobRecord:
        return recover_job(self.chain, self.deployment, job)

    def _open_jobs(self) -> list[JobId]:
        account = self.rest_account("client")
        return [JobId(bytes.fromhex(item["job"][2:])) for item in account["obligations"]]

    def rest_account(self, name: str) -> dict[str, list[dict[str, str]]]:
        self.rest.wait_for_block(self.chain.block_number())
        found: dict[str, list[dict[str, str]]] = self.rest.data(f"/accounts/{CAST[name].address}")
        return found

    def _write_rules(self) -> bytes:
        models = [self.contracts.models.model_of(model) for model in (self.model, self.encoder)]
        tree = {
            "rules": [
                *({"kind": "prefix", "tokenizer": f"0x{facts.tokenizer.hex()}", "text": POLICY} for facts in models),
                {"kind": "limit", "maxInput": 2_048, "maxOutput": 512},
                {"kind": "deny", "scope": "both", "text": DENIED},
            ]
        }
        (self.stack.home / "rules.json").write_text(json.dumps(tree, indent=2) + "\n")
        return rules.encode(rules.from_json(with_tokens(Store(self.stack.home / "store"), tree)))

    def _same_money(self, name: str, shown: dict[str, str]) -> None:
        account = self.contracts.escrow.account_of(CAST[name].address)
        same = (int(shown["free"]), int(shown["locked"])) == (account.free, account.locked)
        self._expect(same, f"REST: {name}'s account is {shown}, the chain's {account}")

    def _expect(self, condition: bool, fault: str) -> None:
        if not condition:
            raise StepFailed(f"{fault}; the logs are in {self.stack.home / 'logs'}")
