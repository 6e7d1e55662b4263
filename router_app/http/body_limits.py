"""How big a request's body may be: what is read as JSON is bounded, as reading it takes many times its size."""

import azure.functions as func

from router_app.http.call import Answerer, Call
from router_app.http.operations import JSON, Operation
from router_app.parts import Parts
from router_app.problems import Problem


def bounded(operation: Operation) -> Answerer:
    """Return the operation's answerer, behind a look at the body's size if the router reads it as JSON."""
    answerer = operation.answerer
    if any(body.media != JSON for body in operation.bodies):
        # A package has a limit of its own; what is passed through has the app's.
        return answerer

    async def answer_bounded(parts: Parts, call: Call) -> func.HttpResponse:
        require_small(parts, call)
        return await answerer(parts, call)

    return answer_bounded


def require_small(parts: Parts, call: Call) -> None:
    """Raise Problem if the body is larger than JSON may be."""
    most = parts.settings.limits.json_bytes
    if len(call.body) > most:
        raise Problem(
            "body-too-large",
            f"The body has {len(call.body):,} bytes, and the router takes {most:,}. Put what is large into a store,"
            " and send where it is.",
        )
