"""HTTP functions for clients of Durable's own API: its paths, below a version. Logic: mirror.py."""

from typing import Any

from router_app.access import Right
from router_app.http import mirror
from router_app.http.call import Answerer
from router_app.http.client_functions import ACCEPTED, BY_APP, ENTITY_METHODS, FAILED, OUTPUT, TOLD
from router_app.http.instance_commands import COMMANDS as VERBS
from router_app.http.instance_commands import passing_on, raise_event, restart
from router_app.http.instance_status import show_instance
from router_app.http.operations import Answer, Body, Operation
from router_app.http.pass_through import pass_to_entity
from router_app.http.problem_groups import APP, COMMANDS, FOLLOW_UPS, PASSED_THROUGH, STARTS
from router_app.http.purging import purge

DURABLE = "{application}/v/{version}/runtime/webhooks/durabletask"
INSTANCES = f"{DURABLE}/instances"
INSTANCE = f"{INSTANCES}/{{instanceId}}"
VERSION = ("invalid-version", "unknown-version", "no-current-version")
"""Why the path's version means no line."""
PURGED = Answer("So many are purged.", "answers.Purged")


def _instance(name: str, place: str, answerer: Answerer, summary: str, **details: Any) -> Operation:
    """Describe a call to one instance; `details` are further members of Operation."""
    method, _, route = place.partition(" ")
    details["problems"] = (*VERSION, *details.get("problems", COMMANDS))
    return Operation(
        f"{name}_like_durable",
        method,
        route,
        Right.CALL,
        answerer,
        f"{summary}, under Durable's own path.",
        path="paths.LikeDurable",
        **details,
    )


MIRROR_OPERATIONS = (
    Operation(
        "start_instance_like_durable",
        "POST",
        f"{DURABLE}/orchestrators/{{name}}/{{instanceId?}}",
        Right.CALL,
        mirror.start,
        "Start an orchestration, under Durable's own path.",
        answers={200: OUTPUT, 202: ACCEPTED, 500: FAILED},
        problems=(*STARTS, *APP),
        query="queries.StartLikeDurable",
        headers="headers.Start",
        path="paths.LikeDurable",
        body=Body("The orchestration's input: any JSON value, or nothing. JSON in a JSON string is taken out of it."),
    ),
    Operation(
        "list_instances_like_durable",
        "GET",
        INSTANCES,
        Right.CALL,
        mirror.list_instances,
        "List the line's instances, under Durable's own path.",
        answers={200: Answer("One page.", "answers.Instances", headers=("x-ms-continuation-token",))},
        problems=(*VERSION, "unknown-application", "invalid-parameter", *APP),
        query="queries.ListLikeDurable",
        headers="headers.Paging",
    ),
    Operation(
        "purge_instances_like_durable",
        "DELETE",
        INSTANCES,
        Right.CALL,
        mirror.purge_instances,
        "Purge the histories of the line's instances that have ended and match, under Durable's own path.",
        answers={200: PURGED},
        problems=(*VERSION, "unknown-application", "unknown-instance", "invalid-parameter", *APP),
        query="queries.PurgeLikeDurable",
    ),
    _instance(
        "show_instance",
        f"GET {INSTANCE}",
        mirror.by_line(show_instance),
        "Show an instance's status",
        answers={
            200: Answer("It has ended.", "answers.InstanceStatus"),
            202: Answer("It has not ended.", "answers.InstanceStatus", headers=("Location", "Retry-After")),
            500: FAILED,
        },
        problems=FOLLOW_UPS,
        query="queries.ShowInstance",
    ),
    _instance(
        "purge_instance",
        f"DELETE {INSTANCE}",
        mirror.by_line(purge),
        "Purge the history of an instance that has ended",
        answers={200: PURGED},
    ),
    _instance(
        "raise_event",
        f"POST {INSTANCE}/raiseEvent/{{event}}",
        mirror.by_line(raise_event),
        "Raise an event for an instance",
        answers={202: TOLD},
        problems=(*COMMANDS, "invalid-body"),
        body=Body("The event's data: any JSON value, or nothing."),
    ),
    _instance(
        "restart_instance",
        f"POST {INSTANCE}/restart",
        mirror.by_line(restart),
        "Start an instance's orchestration again with its first input",
        answers={202: ACCEPTED},
        query="queries.Restart",
    ),
    *(
        _instance(
            f"{verb}_instance",
            f"POST {INSTANCE}/{verb}",
            mirror.by_line(passing_on(verb)),
            f"{verb.capitalize()} an instance",
            answers={202: TOLD},
            query="queries.Command",
        )
        for verb in VERBS
    ),
    Operation(
        "pass_to_entity_like_durable",
        ENTITY_METHODS,
        f"{DURABLE}/entities/{{*path}}",
        Right.CALL,
        mirror.like_durable(pass_to_entity),
        "Read, signal or delete an entity, under Durable's own path.",
        answers={"default": BY_APP},
        problems=PASSED_THROUGH,
        query="queries.Entities",
        headers="headers.Paging",
        body=Body("The signal's input.", media="*/*"),
    ),
)
