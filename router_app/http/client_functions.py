"""HTTP functions for clients: start, follow up, query."""

from router_app.access import Right
from router_app.http.awaiting_end import start_and_wait
from router_app.http.common_answers import ACCEPTED, BY_APP, FAILED, OUTPUT, PAGE, PURGED
from router_app.http.instance_functions import INSTANCE_CALLS, InstanceCall
from router_app.http.instances import by_id
from router_app.http.listing import list_instances
from router_app.http.operations import Body, Operation
from router_app.http.pass_through import pass_to_entity, pass_to_trigger
from router_app.http.problem_groups import APP, PASSED_THROUGH, STARTS
from router_app.http.purging import purge_instances

INSTANCE = "{application}/instances/{instanceId}"
START = "orchestrations/{name}/{instanceId?}"

PASSED_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
ENTITY_METHODS = ("GET", "POST", "DELETE")


def _start(name: str, route: str, summary: str, *, query: str = "queries.Start") -> Operation:
    return Operation(
        name,
        "POST",
        route,
        Right.CALL,
        start_and_wait,
        summary,
        answers={200: OUTPUT, 202: ACCEPTED, 500: FAILED},
        problems=(*STARTS, *APP),
        query=query,
        headers="headers.Start",
        path="paths.Start",
        body=Body("The orchestration's input: any JSON value, or nothing."),
    )


def _instance(call: InstanceCall) -> Operation:
    return Operation(
        call.name,
        call.method,
        INSTANCE + call.below,
        Right.CALL,
        by_id(call.answerer),
        f"{call.summary}.",
        problems=call.problems,
        **call.details,
    )


CLIENT_OPERATIONS = (
    _start("start_instance", "{application}/" + START, "Start an orchestration."),
    _start("start_instance_of_version", "{application}/v/{version}/" + START, "Start an orchestration on a version."),
    Operation(
        "list_instances",
        "GET",
        "{application}/instances",
        Right.CALL,
        list_instances,
        "List instances of all lines, newest line first.",
        answers={200: PAGE},
        problems=("unknown-application", "unknown-line", "invalid-parameter", *APP),
        query="queries.ListInstances",
        headers="headers.Paging",
    ),
    Operation(
        "purge_instances",
        "DELETE",
        "{application}/instances",
        Right.CALL,
        purge_instances,
        "Purge the histories of all instances that have ended and match, in all lines.",
        answers={200: PURGED},
        problems=("unknown-application", "unknown-line", "unknown-instance", "invalid-parameter", *APP),
        query="queries.PurgeInstances",
    ),
    *(_instance(call) for call in INSTANCE_CALLS),
    Operation(
        "pass_to_trigger",
        PASSED_METHODS,
        "{application}/v/{version}/http/{*path}",
        Right.CALL,
        pass_to_trigger,
        "Call an HTTP trigger of a version app.",
        answers={"default": BY_APP},
        problems=PASSED_THROUGH,
        body=Body("Whatever the app's trigger takes.", media="*/*"),
    ),
    Operation(
        "pass_to_entity",
        ENTITY_METHODS,
        "{application}/v/{version}/entities/{*path}",
        Right.CALL,
        pass_to_entity,
        "Read, signal or delete an entity of a version app.",
        answers={"default": BY_APP},
        problems=PASSED_THROUGH,
        query="queries.Entities",
        headers="headers.Paging",
        body=Body("The signal's input.", media="*/*"),
    ),
)
