"""HTTP functions for clients: start, follow up, query."""

import azure.functions as func

from router_app.access import Right
from router_app.http import instances
from router_app.http.awaiting_end import start_and_wait
from router_app.http.call import Answerer, Call
from router_app.http.listing import list_instances
from router_app.http.operations import Answer, Body, Operation
from router_app.http.pass_through import pass_to_entity, pass_to_trigger
from router_app.http.problem_groups import APP, COMMANDS, FOLLOW_UPS, PASSED_THROUGH, STARTS
from router_app.http.purging import purge_instances
from router_app.parts import Parts

INSTANCE = "{application}/instances/{instanceId}"
START = "orchestrations/{name}/{instanceId?}"

PASSED_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
ENTITY_METHODS = ("GET", "POST", "DELETE")
ACCEPTED = Answer(
    "Accepted: Durable's check-status object.",
    "answers.CheckStatus",
    headers=("Location", "Retry-After", "X-Durable-Router-Route"),
)
OUTPUT = Answer("It has ended in time: the output; of one that has not completed, the status.", "answers.Output")
FAILED = Answer("It has failed in time, and the caller wants to be told by the status.", "answers.InstanceStatus")
TOLD = Answer("The app took it.", headers=("Location",))
BY_APP = Answer("What the version app answers, without its host and keys.", media="*/*")


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


def _command(verb: str) -> Operation:
    return Operation(
        f"{verb}_instance",
        "POST",
        f"{INSTANCE}/{verb}",
        Right.CALL,
        _passing_on(verb),
        f"{verb.capitalize()} an instance.",
        answers={202: TOLD},
        problems=COMMANDS,
        query="queries.Command",
    )


def _passing_on(verb: str) -> Answerer:
    async def pass_on(parts: Parts, call: Call) -> func.HttpResponse:
        return await instances.command(parts, call, verb)

    return pass_on


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
        answers={200: Answer("One page.", "answers.Instances", headers=("x-ms-continuation-token",))},
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
        answers={200: Answer("So many are purged.", "answers.Purged")},
        problems=("unknown-application", "unknown-line", "unknown-instance", "invalid-parameter", *APP),
        query="queries.PurgeInstances",
    ),
    Operation(
        "show_instance",
        "GET",
        INSTANCE,
        Right.CALL,
        instances.show_status,
        "Show an instance's status, also after its line is retired.",
        answers={
            200: Answer("It has ended.", "answers.InstanceStatus"),
            202: Answer("It has not ended.", "answers.InstanceStatus", headers=("Location", "Retry-After")),
            500: Answer("It failed, and the caller wants to be told by the status.", "answers.InstanceStatus"),
        },
        problems=FOLLOW_UPS,
        query="queries.ShowInstance",
    ),
    Operation(
        "purge_instance",
        "DELETE",
        INSTANCE,
        Right.CALL,
        instances.purge,
        "Purge the history of an instance that has ended.",
        answers={200: Answer("It is purged.", "answers.Purged")},
        problems=COMMANDS,
    ),
    Operation(
        "raise_event",
        "POST",
        INSTANCE + "/raiseEvent/{event}",
        Right.CALL,
        instances.raise_event,
        "Raise an event for an instance.",
        answers={202: TOLD},
        problems=(*COMMANDS, "invalid-body"),
        body=Body("The event's data: any JSON value, or nothing."),
    ),
    Operation(
        "restart_instance",
        "POST",
        INSTANCE + "/restart",
        Right.CALL,
        instances.restart,
        "Start an instance's orchestration again with its first input.",
        answers={202: ACCEPTED},
        problems=COMMANDS,
        query="queries.Restart",
    ),
    *(_command(verb) for verb in instances.COMMANDS),
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
