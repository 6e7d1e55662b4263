"""The core's refusals as problems: one table for routing decisions, one for table operations."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from router_app.problems import Problem
from version_registry.routing import RejectKind

_ROUTING: Mapping[RejectKind, str] = MappingProxyType(
    {
        RejectKind.INVALID_VERSION: "invalid-version",
        RejectKind.UNKNOWN_APPLICATION: "unknown-application",
        RejectKind.UNKNOWN_VERSION: "unknown-version",
        RejectKind.UNKNOWN_ORCHESTRATOR: "unknown-orchestrator",
        RejectKind.UNKNOWN_INSTANCE: "unknown-instance",
        RejectKind.NOT_YET: "no-current-version",
        RejectKind.RELEASE_FAILED: "release-failed",
        RejectKind.RETIRED: "retired",
    }
)

_RELEASE = "PUT /api/{application}/releases/{version}"

_REMEDIES: Mapping[RejectKind, str] = MappingProxyType(
    {
        RejectKind.INVALID_VERSION: "Name a version such as 1.4, 1.4.2, latest or ~=1.4, or none for the current one.",
        RejectKind.UNKNOWN_APPLICATION: f"Check the name, or release it first: {_RELEASE}.",
        RejectKind.UNKNOWN_VERSION: f"Name one that is known, or release it first: {_RELEASE}.",
        RejectKind.UNKNOWN_ORCHESTRATOR: "Check the name, or name a version that has it.",
        RejectKind.UNKNOWN_INSTANCE: "Use the whole id that the start answered with, such as 1.4~order-7.",
        RejectKind.NOT_YET: "An admin can make one current: POST /api/{application}/lines/{line}/promote.",
        RejectKind.RELEASE_FAILED: "Release a corrected package under a new patch number.",
        RejectKind.RETIRED: "Name a live version, or none for the current one.",
    }
)
"""What the client can do about each refusal; follows the detail."""

_OPERATIONS: Mapping[str, str] = MappingProxyType(
    {
        "digest_conflict": "digest-conflict",
        "stale": "stale",
        "unknown_application": "unknown-application",
        "unknown_line": "unknown-line",
        "unknown_version": "unknown-version",
        "unknown_release": "unknown-release",
        "busy": "busy",
        "invalid": "invalid-parameter",
    }
)


def rejection(kind: RejectKind, detail: str) -> Problem:
    """Say why a request goes nowhere."""
    return Problem(_ROUTING[kind], f"{detail[:1].upper()}{detail[1:].rstrip('.')}. {_REMEDIES[kind]}")


def refused_change(outcome: Mapping[str, Any]) -> Problem:
    """Say why the routing table refused a change; codes without a problem of their own mean: not possible now."""
    code = outcome.get("code", "")
    slug = _OPERATIONS.get(code, "not-allowed")
    retry_after = 5 if slug == "busy" else None
    return Problem(
        slug,
        outcome.get("reason") or "The change is not possible now.",
        retry_after=retry_after,
        members={"code": code},
    )
