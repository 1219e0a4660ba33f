"""What a job would take: tokens to read and to write, or why it cannot be served at all."""

from __future__ import annotations

from collections.abc import Mapping

from oracle.decide import Reason, Unservable, Workload
from oracle.models import Model
from oracle.safety import Allowed, RulesDoNotCover, Safety
from protocol.facts import JobRecord
from protocol.payload import WIDTH, PayloadMalformed, decode_tokens
from protocol.rules import RuleSet, RulesId
from protocol.types import Sampling, SamplingMalformed


def appraise(record: JobRecord, model: Model, known_rules: Mapping[RulesId, RuleSet]) -> Workload | Unservable:
    """A job that a rule refuses is work too, of no tokens: its refusal is its result."""
    rules = known_rules.get(record.sheet.rules)
    if rules is None:
        return Unservable(Reason.RULES_UNKNOWN, f"0x{record.sheet.rules.hex()}")
    try:
        return _appraise(record, Safety(rules, model), model.program.context_length)
    except SamplingMalformed as error:
        return Unservable(Reason.SAMPLING_MALFORMED, str(error))
    except PayloadMalformed as error:
        return Unservable(Reason.INPUT_MALFORMED, str(error))
    except RulesDoNotCover as error:
        return Unservable(Reason.RULES_DO_NOT_COVER, str(error))


def _appraise(record: JobRecord, safety: Safety, context: int) -> Workload | Unservable:
    sampling = Sampling.unpack(record.submission.sampling)
    payload = record.submission.input
    decode_tokens(payload)
    judged = safety.judge_input(payload)
    if not isinstance(judged, Allowed):
        return Workload(0, 0)
    prompt = len(judged.prompt_ids)
    output = min(safety.max_output(sampling.max_tokens), context - prompt)
    if output * WIDTH > record.sheet.terms.max_payload:
        return Unservable(Reason.OUTPUT_TOO_LONG, f"{output} tokens, {record.sheet.terms.max_payload} bytes")
    return Workload(prompt, output)
