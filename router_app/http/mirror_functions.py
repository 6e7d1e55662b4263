"""HTTP functions for clients of Durable's own API: its paths, below a version. Logic: mirror.py."""

from router_app.access import Right
from router_app.http import mirror
from router_app.http.client_functions import ENTITY_METHODS
from router_app.http.common_answers import ACCEPTED, BY_APP, FAILED, OUTPUT, PAGE, PURGED
from router_app.http.instance_functions import INSTANCE_CALLS, InstanceCall
from router_app.http.operations import Body, Operation
from router_app.http.pass_through import pass_to_entity
from router_app.http.problem_groups import APP, PASSED_THROUGH, STARTS

DURABLE = "{application}/v/{version}/runtime/webhooks/durabletask"
INSTANCES = f"{DURABLE}/instances"
INSTANCE = f"{INSTANCES}/{{instanceId}}"
VERSION = ("invalid-version", "unknown-version", "no-current-version")
"""Why the path's version means no line."""


def _instance(call: InstanceCall) -> Operation:
    return Operation(
        f"{call.name}_like_durable",
        call.method,
        INSTANCE + call.below,
        Right.CALL,
        mirror.by_line(call.answerer),
        f"{call.summary}, under Durable's own path.",
        problems=(*VERSION, *call.problems),
        path="paths.LikeDurable",
        **call.details,
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
        answers={200: PAGE},
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
    *(_instance(call) for call in INSTANCE_CALLS),
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
