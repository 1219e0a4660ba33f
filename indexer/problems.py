"""Errors as `application/problem+json` (RFC 9457): each says what was wrong and what would be right."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from indexer.formats import safe_text

log = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"


class ProblemView(BaseModel):
    """`type` names the kind of problem; `detail` says what was wrong in this request."""

    type: str
    title: str
    status: int
    detail: str


class Problem(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, kind: str, title: str, detail: str) -> None:
        super().__init__(detail)
        self.status, self.kind, self.title, self.detail = status, kind, title, detail


class NotModified(Exception):
    """The caller has this answer already."""

    def __init__(self, etag: str) -> None:
        super().__init__(etag)
        self.etag = etag


def unknown(what: str, name: str) -> Problem:
    """404: there is no such thing as of the block."""
    return Problem(
        404, f"unknown-{what.replace(' ', '-')}", f"Unknown {what}", f"there is no {what} {name} at this block"
    )


RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"model": ProblemView, "content": {MEDIA_TYPE: {}}, "description": description}
    for status, description in {
        404: "Unknown, or a block that is not kept",
        422: "Malformed parameter",
        503: "Nothing to answer from yet",
    }.items()
}


def install(app: FastAPI) -> None:
    """Makes every error of the application a problem."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(NotModified, _not_modified)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(SQLAlchemyError, _database)
    app.add_exception_handler(Exception, _unforeseen)


def answer(status: int, kind: str, title: str, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    content = {"type": f"/problems/{kind}", "title": title, "status": status, "detail": safe_text(detail)}
    return JSONResponse(content, status, headers, media_type=MEDIA_TYPE)


def _problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return answer(error.status, error.kind, error.title, error.detail)


def _not_modified(_: Request, error: Exception) -> Response:
    assert isinstance(error, NotModified)
    return Response(status_code=304, headers={"ETag": error.etag})


def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = "; ".join(f"{fault['loc'][-1]}: {fault['msg'].removeprefix('Value error, ')}" for fault in error.errors())
    return answer(422, "malformed-parameter", "Malformed parameter", faults)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    kind = {404: "unknown-route", 405: "method-not-allowed"}.get(error.status_code, "http")
    detail = f"{request.method} {request.url.path}: {error.detail}"
    return answer(error.status_code, kind, str(error.detail), detail, dict(error.headers or {}))


def _database(_: Request, error: Exception) -> Response:
    log.error("the database failed a request", exc_info=error)
    return answer(503, "database", "Database unavailable", "the database did not answer: try again later")


def _unforeseen(_: Request, error: Exception) -> Response:
    log.error("a request failed in a way that nobody foresaw", exc_info=error)
    return answer(500, "unforeseen", "Unforeseen failure", "this is a fault of the indexer; its log says more")
