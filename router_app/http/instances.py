"""Calls that name an instance by its public id alone: for ever, also when its line is retired."""

import azure.functions as func

from router_app.http.call import Answerer, Call
from router_app.http.ids import existing_id
from router_app.http.instance_commands import COMMANDS, InstanceAnswerer, passing_on
from router_app.http.instance_commands import raise_event as raise_event_for
from router_app.http.instance_commands import restart as restart_one
from router_app.http.instance_status import show_instance
from router_app.http.purging import purge as purge_one
from router_app.parts import Parts

__all__ = ["COMMANDS", "by_id", "command", "purge", "raise_event", "restart", "show_status"]


def by_id(answerer: InstanceAnswerer) -> Answerer:
    """Answer calls that name the instance by its public id."""

    async def answer(parts: Parts, call: Call) -> func.HttpResponse:
        return await answerer(parts, call, existing_id(call))

    return answer


show_status = by_id(show_instance)
raise_event = by_id(raise_event_for)
restart = by_id(restart_one)
purge = by_id(purge_one)
_COMMANDS = {verb: by_id(passing_on(verb)) for verb in COMMANDS}


async def command(parts: Parts, call: Call, verb: str) -> func.HttpResponse:
    """Pass terminate, suspend, resume or rewind on to the instance."""
    return await _COMMANDS[verb](parts, call)
