"""Errors as RFC 9457 problem details: the one place that maps what went wrong to what a caller reads."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import azure.functions as func

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:durable-router:problem:"


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """A class of problems: its stable slug, status and title."""

    slug: str
    status: int
    title: str


_KINDS = (
    ProblemKind("unauthenticated", 401, "A key is needed"),
    ProblemKind("forbidden", 403, "The key does not open this"),
    ProblemKind("invalid-application", 400, "Not an application name"),
    ProblemKind("invalid-version", 400, "Not a version"),
    ProblemKind("invalid-instance-id", 400, "Not an instance id"),
    ProblemKind("invalid-body", 400, "The body cannot be read"),
    ProblemKind("invalid-parameter", 400, "A parameter is wrong"),
    ProblemKind("unknown-application", 404, "No such application"),
    ProblemKind("unknown-version", 404, "No such version"),
    ProblemKind("unknown-line", 404, "No such line"),
    ProblemKind("unknown-orchestrator", 404, "No such orchestrator"),
    ProblemKind("unknown-instance", 404, "No such instance"),
    ProblemKind("unknown-release", 404, "No such release"),
    ProblemKind("no-current-version", 409, "No current version"),
    ProblemKind("release-failed", 409, "The release failed"),
    ProblemKind("instance-exists", 409, "The instance exists and is unfinished"),
    ProblemKind("instance-waiting", 409, "The instance has not started yet"),
    ProblemKind("line-not-live", 409, "The line takes no new work"),
    ProblemKind("digest-conflict", 409, "The version has another package"),
    ProblemKind("busy", 409, "Another operation holds the line"),
    ProblemKind("app-limit", 409, "No place for another version app"),
    ProblemKind("not-allowed", 409, "Not possible now"),
    ProblemKind("stale", 412, "The routing table has changed"),
    ProblemKind("gone", 410, "Gone"),
    ProblemKind("retired", 410, "The line is retired"),
    ProblemKind("body-too-large", 413, "The body is too large"),
    ProblemKind("package-too-large", 413, "The package is too large"),
    ProblemKind("unsupported-media-type", 415, "Not a kind of body that is taken"),
    ProblemKind("package-uri-refused", 400, "Packages are not fetched from there"),
    ProblemKind("package-not-fetched", 422, "The package could not be fetched"),
    ProblemKind("corrupt-package", 422, "The package cannot be used"),
    ProblemKind("digest-mismatch", 422, "The package arrived damaged"),
    ProblemKind("idempotency-key-reused", 422, "The key belongs to another request"),
    ProblemKind("too-many-calls", 429, "Too many calls are under way"),
    ProblemKind("rejected-by-app", 400, "The version app refused the request"),
    ProblemKind("bad-gateway", 502, "The version app failed"),
    ProblemKind("unavailable", 503, "Try again soon"),
    ProblemKind("gateway-timeout", 504, "The version app did not answer in time"),
    ProblemKind("internal", 500, "The router failed"),
)
KINDS: Mapping[str, ProblemKind] = MappingProxyType({kind.slug: kind for kind in _KINDS})
"""Every problem that the router answers with. The slugs are part of the API."""


class Problem(Exception):  # noqa: N818 - RFC 9457's word
    """A refusal with its reason and what to do about it; raised anywhere under a trigger, answered at its edge."""

    def __init__(
        self, slug: str, detail: str, *, retry_after: int | None = None, members: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(detail)
        self.kind = KINDS[slug]
        self.detail = detail
        self.retry_after = retry_after
        """Seconds."""
        self.members = dict(members or {})
        """Further members of the problem object."""

    def __str__(self) -> str:
        return f"{self.kind.slug}: {self.detail}"


def describe_problem(problem: Problem, path: str) -> dict[str, Any]:
    """Build the problem object; `path` is the request's, without query (a query may hold a key)."""
    kind = problem.kind
    return {
        "type": TYPE_PREFIX + kind.slug,
        "title": kind.title,
        "status": kind.status,
        "detail": problem.detail,
        "instance": path,
        **problem.members,
    }


def problem_response(problem: Problem, path: str) -> func.HttpResponse:
    """Answer with the problem."""
    headers = {"Cache-Control": "no-store"}
    if problem.retry_after is not None:
        headers["Retry-After"] = str(problem.retry_after)
    if problem.kind.slug == "unauthenticated":
        headers["WWW-Authenticate"] = 'ApiKey header="x-functions-key"'
    body = json.dumps(describe_problem(problem, path), ensure_ascii=False)
    return func.HttpResponse(body, status_code=problem.kind.status, headers=headers, mimetype=MEDIA_TYPE)
