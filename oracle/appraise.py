"""What a job would take: tokens to read and to write, or why it cannot be served at all."""

from __future__ import annotations

from collections.abc import Mapping

from oracle.decide import Reason, Unservable, Workload
from oracle.models import Model
from oracle.safety import Allowed, RulesDoNotCover, Safety, check_spelling
from protocol.facts import JobRecord
from protocol.payload import ELEMENT, EMBEDDING, WIDTH, PayloadMalformed, decode_tokens
from protocol.rules import RuleSet, RulesId
from protocol.types import Sampling, SamplingMalformed


def appraise(record: JobRecord, model: Model, known_rules: Mapping[RulesId, RuleSet]) -> Workload | Unservable:
    """A job that a rule refuses is work too, of no tokens: its refusal is its result."""
    rules = known_rules.get(record.sheet.rules)
    if rules is None:
        return Unservable(Reason.RULES_UNKNOWN, f"0x{record.sheet.rules.hex()}")
    try:
        check_spelling(rules, model)
        return _appraise(record, Safety(rules, model), model)
    except SamplingMalformed as error:
        return Unservable(Reason.SAMPLING_MALFORMED, str(error))
    except PayloadMalformed as error:
        return Unservable(Reason.INPUT_MALFORMED, str(error))
    except RulesDoNotCover as error:
        return Unservable(Reason.RULES_DO_NOT_COVER, str(error))


def _appraise(record: JobRecord, safety: Safety, model: Model) -> Workload | Unservable:
    sampling = Sampling.unpack(record.submission.sampling)
    payload = record.submission.input
    decode_tokens(payload)
    judged = safety.judge_input(payload)
    if not isinstance(judged, Allowed):
        return Workload(0, 0)
    prompt, most = len(judged.prompt_ids), record.sheet.terms.max_payload
    if model.program.embeds:
        size = len(EMBEDDING) + model.width * ELEMENT
        too_long = Unservable(Reason.OUTPUT_TOO_LONG, f"{size} bytes of an embedding, {most} allowed")
        return too_long if size > most else Workload(prompt, 0)
    output = min(safety.max_output(sampling.max_tokens), model.program.context_length - prompt)
    if output * WIDTH > most:
        return Unservable(Reason.OUTPUT_TOO_LONG, f"{output} tokens, {most} bytes")
    return Workload(prompt, output)
