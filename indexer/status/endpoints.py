"""/stats, /status, /health, /ready and /metrics."""

from __future__ import annotations

import time
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text

from indexer import progress
from indexer.answers import AsOf, One, Uncached, one
from indexer.jobs import queries as jobs
from indexer.problems import Problem
from indexer.status import queries
from indexer.status.readiness import reason_not_ready
from indexer.status.schemas import HealthView, ReadyView, StatsView, StatusView

router = APIRouter(tags=["status"])


@router.get("/stats", response_model=One[StatsView])
def show_stats(snapshot: AsOf) -> Any:
    """The protocol in a few numbers."""
    counts = jobs.count_by_status(snapshot)
    stats = StatsView(
        jobs={status.name.lower(): count for status, count in counts.items()},
        operators=queries.count_operators(snapshot),
        models=queries.count_models(snapshot),
        proposals=queries.count_proposals(snapshot),
        earned_by_operators=queries.earned_by_operators(snapshot),
        hold_supply=queries.supply_of(snapshot, "HoldToken"),
        hold_staked=queries.supply_of(snapshot, "StakedHold"),
    )
    return one(snapshot, stats)


@router.get("/status", response_model=One[StatusView])
def show_status(snapshot: Uncached, request: Request) -> Any:
    """How far the indexer is, and what it follows. Without an ETag: it changes while the block does not."""
    now, scope = snapshot.progress, snapshot.scope
    status = StatusView(
        version=installed_version(),
        chain_id=now.chain_id,
        contracts=dict(scope.contracts),
        start=now.start,
        applied=now.applied_number,
        head=now.head_number,
        final=now.final_number,
        lag_blocks=max(0, now.head_number - now.applied_number),
        history_from=max(now.start, now.history_from),
        reorgs=now.reorgs,
        trouble=now.trouble,
        ready=reason_not_ready(now, request.app.state.settings, time.time()) is None,
    )
    return one(snapshot, status)


@router.get("/health", response_model=HealthView)
def show_health(request: Request) -> Any:
    """200 while the process and its database answer."""
    with request.app.state.engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    return {"status": "well"}


@router.get("/ready", response_model=ReadyView)
def show_ready(request: Request) -> Any:
    """200 while the answers can be relied on; else 503, with the reason."""
    with request.app.state.engine.connect() as connection:
        now = progress.read(connection)
    reason = reason_not_ready(now, request.app.state.settings, time.time())
    if reason is not None or now is None:
        raise Problem(503, "not-ready", "Not ready", reason or "nothing is indexed yet")
    return {"status": "ready", "block": now.applied_number}


@router.get("/metrics", response_class=Response, include_in_schema=False)
def show_metrics(request: Request) -> Response:
    """Prometheus metrics."""
    return Response(generate_latest(request.app.state.registry), media_type=CONTENT_TYPE_LATEST)


def installed_version() -> str:
    try:
        return version("commonhold")
    except PackageNotFoundError:
        return "unreleased"
