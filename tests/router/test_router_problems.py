"""Problems: RFC 9457 members, headers, and slugs that never change."""

import json
import re

from router_app.http.rejections import refused_change, rejection
from router_app.problems import KINDS, Problem, problem_response
from version_registry.routing import RejectKind


def test_a_problem_has_the_members_of_rfc_9457():
    response = problem_response(Problem("unknown-version", "No 9.9.", members={"known": ["1.0"]}), "/api/orders/x")
    assert response.mimetype == "application/problem+json"
    assert response.status_code == 404
    assert json.loads(response.get_body()) == {
        "type": "urn:durable-router:problem:unknown-version",
        "title": "No such version",
        "status": 404,
        "detail": "No 9.9.",
        "instance": "/api/orders/x",
        "known": ["1.0"],
    }


def test_a_problem_that_passes_says_when_to_come_back():
    response = problem_response(Problem("unavailable", "Soon.", retry_after=7), "/")
    assert response.headers["Retry-After"] == "7"


def test_a_missing_key_is_challenged():
    assert "WWW-Authenticate" in problem_response(Problem("unauthenticated", "A key."), "/").headers


def test_every_rejection_of_the_core_has_a_problem_with_the_cores_status():
    from version_registry.routing import Reject

    for kind in RejectKind:
        assert rejection(kind, "why").kind.status == Reject(kind, "why").status, kind


def test_every_rejection_of_the_core_says_what_to_do():
    for kind in RejectKind:
        assert re.fullmatch(r"Why\. [A-Z].+\.", rejection(kind, "why").detail), kind


def test_a_refused_change_keeps_the_cores_word():
    problem = refused_change({"granted": False, "code": "stale", "reason": "The table is at 9."})
    assert (problem.kind.status, problem.detail, problem.members) == (412, "The table is at 9.", {"code": "stale"})
    assert refused_change({"code": "no_such_word", "reason": "No."}).kind.slug == "not-allowed"


def test_slugs_are_stable():
    assert sorted(KINDS) == [
        "app-limit",
        "bad-gateway",
        "body-too-large",
        "busy",
        "corrupt-package",
        "digest-conflict",
        "digest-mismatch",
        "forbidden",
        "gateway-timeout",
        "gone",
        "idempotency-key-reused",
        "instance-exists",
        "instance-waiting",
        "internal",
        "invalid-application",
        "invalid-body",
        "invalid-instance-id",
        "invalid-parameter",
        "invalid-version",
        "line-not-live",
        "no-current-version",
        "not-allowed",
        "package-not-fetched",
        "package-too-large",
        "package-uri-refused",
        "rejected-by-app",
        "release-failed",
        "retired",
        "stale",
        "too-many-calls",
        "unauthenticated",
        "unavailable",
        "unknown-application",
        "unknown-instance",
        "unknown-line",
        "unknown-orchestrator",
        "unknown-release",
        "unknown-version",
        "unsupported-media-type",
    ]
