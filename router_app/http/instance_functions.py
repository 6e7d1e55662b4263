"""Calls to one instance: the same by its public id alone, and on Durable's own paths below a version."""

from dataclasses import dataclass, field
from typing import Any

from router_app.http.common_answers import ACCEPTED, PURGED, TOLD
from router_app.http.instance_commands import COMMANDS as VERBS
from router_app.http.instance_commands import InstanceAnswerer, passing_on, raise_event, restart
from router_app.http.instance_status import show_instance
from router_app.http.operations import Answer, Body
from router_app.http.problem_groups import COMMANDS, FOLLOW_UPS
from router_app.http.purging import purge


@dataclass(frozen=True, slots=True)
class InstanceCall:
    """What is called, however the instance is named."""

    name: str
    method: str
    below: str
    """What follows the instance in the path."""
    answerer: InstanceAnswerer
    summary: str
    """Without the full stop."""
    problems: tuple[str, ...] = COMMANDS
    details: dict[str, Any] = field(default_factory=dict)
    """Further members of Operation."""


INSTANCE_CALLS = (
    InstanceCall(
        "show_instance",
        "GET",
        "",
        show_instance,
        "Show an instance's status, also after its line is retired",
        FOLLOW_UPS,
        {
            "answers": {
                200: Answer("It has ended.", "answers.InstanceStatus"),
                202: Answer("It has not ended.", "answers.InstanceStatus", headers=("Location", "Retry-After")),
                500: Answer("It failed, and the caller wants to be told by the status.", "answers.InstanceStatus"),
            },
            "query": "queries.ShowInstance",
        },
    ),
    InstanceCall(
        "purge_instance",
        "DELETE",
        "",
        purge,
        "Purge the history of an instance that has ended",
        details={"answers": {200: PURGED}},
    ),
    InstanceCall(
        "raise_event",
        "POST",
        "/raiseEvent/{event}",
        raise_event,
        "Raise an event for an instance",
        (*COMMANDS, "invalid-body"),
        {"answers": {202: TOLD}, "body": Body("The event's data: any JSON value, or nothing.")},
    ),
    InstanceCall(
        "restart_instance",
        "POST",
        "/restart",
        restart,
        "Start an instance's orchestration again with its first input",
        details={"answers": {202: ACCEPTED}, "query": "queries.Restart"},
    ),
    *(
        InstanceCall(
            f"{verb}_instance",
            "POST",
            f"/{verb}",
            passing_on(verb),
            f"{verb.capitalize()} an instance",
            details={"answers": {202: TOLD}, "query": "queries.Command"},
        )
        for verb in VERBS
    ),
)
