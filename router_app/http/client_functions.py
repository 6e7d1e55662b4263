"""HTTP functions for clients: start, follow up, query."""

import azure.durable_functions as df
import azure.functions as func

from router_app.http import instances
from router_app.http.call import Answerer, Call
from router_app.http.declaring import Declarer
from router_app.http.listing import list_instances
from router_app.http.pass_through import pass_to_entity, pass_to_trigger
from router_app.http.start_requests import start_instance
from router_app.parts import Parts

INSTANCE = "{application}/instances/{instanceId}"
START = "orchestrations/{name}/{instanceId?}"
DURABLE_START = "runtime/webhooks/durabletask/orchestrators/{name}/{instanceId?}"
"""Durable's own path, for callers who only change what stands before it."""

PASSED_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
ENTITY_METHODS = ("GET", "POST", "DELETE")


def client_functions(parts: Parts) -> df.Blueprint:
    """Declare them."""
    declarer = Declarer(parts, "call")
    declarer.add("start_instance", "POST", "{application}/" + START, start_instance)
    declarer.add("start_instance_of_version", "POST", "{application}/v/{version}/" + START, start_instance)
    declarer.add("start_instance_like_durable", "POST", "{application}/v/{version}/" + DURABLE_START, start_instance)
    declarer.add("list_instances", "GET", "{application}/instances", list_instances)
    declarer.add("show_instance", "GET", INSTANCE, instances.show_status)
    declarer.add("purge_instance", "DELETE", INSTANCE, instances.purge)
    declarer.add("raise_event", "POST", INSTANCE + "/raiseEvent/{event}", instances.raise_event)
    declarer.add("restart_instance", "POST", INSTANCE + "/restart", instances.restart)
    for verb in instances.COMMANDS:
        declarer.add(f"{verb}_instance", "POST", f"{INSTANCE}/{verb}", _command(verb))
    declarer.add("pass_to_trigger", PASSED_METHODS, "{application}/v/{version}/http/{*path}", pass_to_trigger)
    declarer.add("pass_to_entity", ENTITY_METHODS, "{application}/v/{version}/entities/{*path}", pass_to_entity)
    return declarer.blueprint


def _command(verb: str) -> Answerer:
    async def pass_on(parts: Parts, call: Call) -> func.HttpResponse:
        return await instances.command(parts, call, verb)

    return pass_on
