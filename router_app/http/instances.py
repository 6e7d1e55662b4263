"""Calls that name an instance by its public id alone: for ever, also when its line is retired."""

import azure.functions as func

from router_app.http.call import Answerer, Call
from router_app.http.ids import existing_id
from router_app.http.instance_commands import InstanceAnswerer
from router_app.parts import Parts


def by_id(answerer: InstanceAnswerer) -> Answerer:
    """Answer calls that name the instance by its public id."""

    async def answer(parts: Parts, call: Call) -> func.HttpResponse:
        return await answerer(parts, call, existing_id(call))

    return answer
