"""The REST application: one router a noun, and what all of them share."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from prometheus_client import CollectorRegistry
from sqlalchemy import Engine
from starlette.routing import Route

from indexer import problems
from indexer.accounts.endpoints import router as accounts
from indexer.disputes.endpoints import router as disputes
from indexer.jobs.endpoints import router as jobs
from indexer.metrics import RestMetrics
from indexer.models.endpoints import router as models
from indexer.operators.endpoints import router as operators
from indexer.proposals.endpoints import router as proposals
from indexer.rewards.endpoints import router as rewards
from indexer.safety_rules.endpoints import router as safety_rules
from indexer.scope import Scope
from indexer.settings import IndexerSettings
from indexer.slots.endpoints import router as slots
from indexer.status.endpoints import router as status
from indexer.votes.endpoints import router as votes

ROUTERS = (jobs, disputes, operators, models, slots, safety_rules, rewards, proposals, votes, accounts, status)

DESCRIPTION = """
The state of one Commonhold deployment, as its events tell it. Every answer names the block that it is as of and whether
that is final; `?block=` asks for an earlier one. Amounts are decimal text in units of their token, times Unix seconds.
Errors are `application/problem+json` (RFC 9457). Read-only.
"""


def create_app(engine: Engine, scope: Scope, settings: IndexerSettings, registry: CollectorRegistry) -> FastAPI:
    """`engine`: from `database.reader`."""
    app = FastAPI(title="Commonhold indexer", description=DESCRIPTION, version="1", responses=problems.RESPONSES)
    app.state.engine, app.state.scope = engine, scope
    app.state.settings, app.state.registry = settings, registry
    for router in ROUTERS:
        app.include_router(router)
    problems.install(app)
    _measure(app, RestMetrics(registry))
    if settings.cors_origins:
        origins = settings.cors_origins
        app.add_middleware(CORSMiddleware, allow_origins=origins, allow_methods=["GET"], expose_headers=["ETag"])
    return app


def _measure(app: FastAPI, metrics: RestMetrics) -> None:
    @app.middleware("http")
    async def measured(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        begun = time.perf_counter()
        response = await call_next(request)
        route = request.scope.get("route")
        name = route.path if isinstance(route, Route) else "none"
        metrics.answered(name, response.status_code, time.perf_counter() - begun)
        return response
