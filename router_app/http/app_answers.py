"""What of a version app's answers reaches a client: its data, never its host, its URLs or its keys."""

import json
from collections.abc import Mapping
from typing import Any

from provisioning import AppAnswer
from router_app.http.hiding import Hidden, hide_in_body, hide_in_text
from router_app.problems import Problem

STATUS_MEMBERS = (
    "name",
    "instanceId",
    "runtimeStatus",
    "input",
    "customStatus",
    "output",
    "createdTime",
    "lastUpdatedTime",
    "historyEvents",
)
"""Members of a status object that are passed on."""

MESSAGE_LENGTH = 500


def app_problem(answer: AppAnswer, hidden: Hidden) -> Problem:
    """Turn an app's refusal or failure into a problem."""
    message = _message(answer, hidden)
    members = {"appStatus": answer.status}
    match answer.status:
        case 401 | 403:
            detail = "The version app is stopped, or refuses the router's key. Tell an admin."
            return Problem("bad-gateway", detail, members=members)
        case 429 | 503:
            return Problem(
                "unavailable",
                "The version app is busy or starting. Repeat the request.",
                retry_after=2,
                members=members,
            )
        case status if 400 <= status < 500:
            return Problem("rejected-by-app", f"The version app refused the request: {message}", members=members)
        case _:
            return Problem("bad-gateway", f"The version app failed: {message}", retry_after=5, members=members)


def status_object(answer: AppAnswer, hidden: Hidden) -> dict[str, Any]:
    """Read the status object of an answer; Problem if it is none."""
    value = read_json(answer, hidden)
    if not isinstance(value, dict) or "runtimeStatus" not in value:
        raise Problem(
            "bad-gateway", "The version app answered with something that is not an instance's status.", retry_after=5
        )
    return passed_on(value)


def read_json(answer: AppAnswer, hidden: Hidden) -> Any:
    """Read an answer's JSON without what is hidden: inputs, outputs and statuses may hold the app's URLs with its key.

    None if it is no JSON, or nests deeper than can be read.
    """
    try:
        return json.loads(hide_in_body(answer.body, "application/json", hidden))
    except (ValueError, RecursionError):
        return None


def passed_on(status: Mapping[str, Any]) -> dict[str, Any]:
    """Keep of a status object what clients are shown."""
    return {member: status[member] for member in STATUS_MEMBERS if member in status}


def _message(answer: AppAnswer, hidden: Hidden) -> str:
    try:
        body = json.loads(answer.body)
    except (ValueError, RecursionError):
        body = None
    found = (body.get("ExceptionMessage") or body.get("Message")) if isinstance(body, dict) else None
    text = found if isinstance(found, str) else f"it answered with status {answer.status}."
    return hide_in_text(text, hidden)[:MESSAGE_LENGTH]
