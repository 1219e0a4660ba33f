"""An operator that does not compute: it posts what another answered, with one word changed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from oracle.models.tokenizer import Tokenizer
from oracle.store import Store
from protocol.cast import CAST
from protocol.chain import Chain
from protocol.cid import Cid
from protocol.clients.contracts import Contracts
from protocol.deployment import Deployment
from protocol.facts import JobRecord
from protocol.payload import decode_tokens, encode_tokens
from protocol.recovery import recover_job
from protocol.trace import NO_TRACE
from protocol.transactions import Sender
from protocol.types import JobId, Outcome

NAME = "operator2"
TRUE, FALSE = " Paris", " London"
"""Words of one token each."""


@dataclass(frozen=True, slots=True)
class Cheat:
    """Knows what everybody can read on the chain, and where models are kept."""

    chain: Chain
    deployment: Deployment
    home: Path

    def answers(self, job: JobId, honest: JobRecord) -> JobRecord:
        """Accepts the job and posts the other job's output with one token changed."""
        contracts = Contracts.of(self.chain, self.deployment)
        facts = contracts.models.model_of(honest.sheet.model)
        tokenizer = Tokenizer.read(Store(self.home / "store").get(Cid(facts.tokenizer)))
        (true,), (false,) = tokenizer.encode(TRUE), tokenizer.encode(FALSE)
        forged = [false if token == true else token for token in decode_tokens(honest.output or b"")]
        with Sender.at(self.home, self.chain, CAST[NAME].account) as sender:
            sender.send(f"accept {job.hex()}", contracts.escrow.accept_job(job, self._read(job).offer))
            work = self._read(job).work
            assert work is not None
            result = (Outcome.ANSWERED, honest.trace or NO_TRACE, encode_tokens(forged))
            sender.send(f"post {job.hex()}", contracts.escrow.post_result(job, work, *result))
        return self._read(job)

    def _read(self, job: JobId) -> JobRecord:
        return recover_job(self.chain, self.deployment, job)
