"""Slugs of problems that operations have in common."""

STARTS = (
    "invalid-version",
    "invalid-instance-id",
    "invalid-body",
    "invalid-parameter",
    "unknown-application",
    "unknown-version",
    "unknown-orchestrator",
    "no-current-version",
    "release-failed",
    "instance-exists",
    "retired",
    "idempotency-key-reused",
    "body-too-large",
)
"""Why a start goes nowhere."""

APP = ("rejected-by-app", "too-many-calls", "bad-gateway", "gateway-timeout")
"""How a version app fails a call."""

FOLLOW_UPS = ("invalid-instance-id", "unknown-application", "unknown-instance", *APP)
"""Why nothing can be said of an instance."""

COMMANDS = (*FOLLOW_UPS, "body-too-large", "instance-waiting", "gone", "line-not-live", "instance-exists")
"""Why an instance takes no command."""

PASSED_THROUGH = (
    "invalid-version",
    "unknown-application",
    "unknown-version",
    "no-current-version",
    "release-failed",
    "retired",
    *APP,
)
"""Why a request is not passed on to a version app."""

CHANGES = ("unknown-application", "invalid-parameter", "invalid-body", "body-too-large", "not-allowed", "busy", "stale")
"""Why a routing table is not changed."""

LINE_CHANGES = (*CHANGES, "unknown-line")
"""Why a line is not changed."""
