"""What each event of the referee does."""

from __future__ import annotations

from indexer.disputes.models import Commitment, Demand, DemandKind, Verdict, VerdictKind
from indexer.positions import position_of
from indexer.rows import Rows
from protocol import events
from protocol.demands import Shown, Wanted, key_of, key_shown
from protocol.disputes import Fault, commitment_key


def demanded(event: events.Demanded, rows: Rows) -> None:
    rows.add(
        Demand(
            job=event.id,
            key=event.key,
            position=position_of(event),
            challenger=event.challenger,
            bond=event.bond,
            deadline=event.deadline,
            demanded_at=rows.block.timestamp,
        )
    )


def trace_demanded(event: events.TraceDemanded, rows: Rows) -> None:
    _told(event, rows, DemandKind.TRACE)


def rows_demanded(event: events.RowsDemanded, rows: Rows) -> None:
    demand = _told(event, rows, DemandKind.ROWS)
    demand.place, demand.level, demand.node = event.place, event.node.level, event.node.index
    demand.amount = event.amount


def parts_demanded(event: events.PartsDemanded, rows: Rows) -> None:
    demand = _told(event, rows, DemandKind.PARTS)
    demand.list, demand.row = event.list, event.position


def elements_demanded(event: events.ElementsDemanded, rows: Rows) -> None:
    demand = _told(event, rows, DemandKind.ELEMENTS)
    demand.list, demand.part, demand.row = event.list, event.part, event.position
    demand.level, demand.node, demand.amount = event.node.level, event.node.index, event.amount


def _told(event: Wanted, rows: Rows, kind: DemandKind) -> Demand:
    demand = rows.edit(Demand, event.id, key_of(event))
    demand.kind = kind
    return demand


def shown(event: Shown, rows: Rows) -> None:
    rows.edit(Demand, event.id, key_shown(event)).shown_at = rows.block.timestamp


def committed(event: events.Committed, rows: Rows) -> None:
    rows.add(
        Commitment(
            job=event.id,
            key=commitment_key(event.commitment, event.by),
            account=event.by,
            position=position_of(event),
            bond=event.bond,
            deadline=event.deadline,
            committed_at=rows.block.timestamp,
        )
    )


def step_convicted(event: events.StepConvicted, rows: Rows) -> None:
    step = event.step
    verdict = _verdict(event.id, rows, VerdictKind.STEP)
    verdict.list, verdict.part, verdict.row, verdict.element = step.list, step.part, step.position, step.element
    verdict.committed, verdict.expected = str(event.committed), str(event.expected)


def answer_convicted(event: events.AnswerConvicted, rows: Rows) -> None:
    verdict = _verdict(event.id, rows, VerdictKind.ANSWER)
    claim, verdict.fault = event.claim, event.claim.fault
    if claim.fault is Fault.FORBIDDEN:
        verdict.rule, verdict.token, verdict.text = *divmod(claim.index % (1 << 64), 1 << 32), claim.other
    elif claim.fault is not Fault.REFUSAL:
        verdict.token = claim.index


def silence_convicted(event: events.SilenceConvicted, rows: Rows) -> None:
    _verdict(event.id, rows, VerdictKind.SILENCE).key = event.key


def _verdict(job: bytes, rows: Rows, kind: VerdictKind) -> Verdict:
    return rows.add(Verdict(job=job, kind=kind, spoken_at=rows.block.timestamp))


def bond_paid(event: events.BondPaid, rows: Rows) -> None:
    if rows.find(Demand, event.id, event.key) is not None:
        rows.edit(Demand, event.id, event.key).paid_at = rows.block.timestamp
    else:
        rows.edit(Commitment, event.id, event.key).paid_at = rows.block.timestamp
