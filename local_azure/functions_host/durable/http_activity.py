"""`call_http`: the host itself makes the request, as a built-in activity."""

import asyncio
import functools
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any

from local_azure.functions_host.durable import clock, codec, history
from local_azure.functions_host.durable.daemon_thread import on_daemon_thread
from local_azure.functions_host.durable.history import Event
from local_azure.functions_host.durable.http_request import HttpAnswer, HttpCall, send
from local_azure.functions_host.durable.identity_token import NoTokenError, fetch_token
from local_azure.functions_host.durable.records import ActivityWork

TOTAL_TIMEOUT_S = 100.0
"""The default of .NET's HttpClient, which Azure's host uses."""


async def call_http(work: ActivityWork) -> Event:
    """Make the request and return what the orchestration sees; any answer is a success, no answer a failure.

    A 202 is handed over as it is: the 1.x SDK counts no polls.
    """
    request = codec.loads(work.input or "{}")
    try:
        async with asyncio.timeout(TOTAL_TIMEOUT_S):
            answer = await on_daemon_thread(functools.partial(make_request, request), "call-http")
    except TimeoutError:
        return _failure(work, f"TimeoutError: no answer within {TOTAL_TIMEOUT_S:g} seconds")
    except NoTokenError as error:
        return _failure(work, str(error))
    except (OSError, HTTPException, ValueError) as error:
        return _failure(work, f"{type(error).__name__}: {error}")
    result = {"statusCode": answer.status, "headers": dict(answer.headers), "content": answer.text}
    return history.task_completed(work.task_id, codec.dumps(result), clock.utc_now())


def make_request(request: Mapping[str, Any]) -> HttpAnswer:
    """Make the request that an action describes; blocks."""
    headers = {str(name): str(value) for name, value in (request.get("headers") or {}).items()}
    if source := request.get("tokenSource"):
        headers["Authorization"] = f"Bearer {fetch_token(str(source['resource']))}"
    content = request.get("content")
    if content is not None and not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = "application/json"
    body = None if content is None else str(content).encode()
    call = HttpCall(str(request["method"]).upper(), str(request["uri"]), headers, body)
    return send(call, timeout_s=TOTAL_TIMEOUT_S)


def _failure(work: ActivityWork, text: str) -> Event:
    return history.task_failed(work.task_id, f"Activity function '{work.name}' failed: {text}", "", clock.utc_now())
