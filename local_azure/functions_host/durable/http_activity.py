"""`call_http`: the host itself makes the request, as a built-in activity."""

import asyncio
from typing import Any

import aiohttp

from local_azure.functions_host.durable import clock, codec, history
from local_azure.functions_host.durable.history import Event
from local_azure.functions_host.durable.records import ActivityWork

TOTAL_TIMEOUT_S = 100.0
"""The default of .NET's HttpClient, which Azure's host uses."""


class HttpActivity:
    """Makes HTTP requests for orchestrations. A 202 answer is handed over as it is: the 1.x SDK counts no polls."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def call(self, work: ActivityWork) -> Event:
        """Make the request and return what the orchestration sees; any answer is a success, no answer a failure."""
        request = codec.loads(work.input or "{}")
        if request.get("tokenSource"):
            text = "a managed identity token was asked for, but this host has no identity to get one with"
            return _failure(work, text)
        try:
            result = await self._send(request)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            return _failure(work, f"{type(error).__name__}: {error}")
        return history.task_completed(work.task_id, codec.dumps(result), clock.utc_now())

    async def _send(self, request: dict[str, Any]) -> dict[str, Any]:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TOTAL_TIMEOUT_S))
        headers = {str(name): str(value) for name, value in (request.get("headers") or {}).items()}
        content = request.get("content")
        if content is not None and not any(name.lower() == "content-type" for name in headers):
            headers["Content-Type"] = "application/json"
        async with self._session.request(
            str(request["method"]).upper(),
            str(request["uri"]),
            data=None if content is None else str(content).encode(),
            headers=headers,
        ) as response:
            text = await response.text(errors="replace")
            found = {name: ", ".join(response.headers.getall(name)) for name in response.headers}
            return {"statusCode": response.status, "headers": found, "content": text}

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            await asyncio.sleep(0)


def _failure(work: ActivityWork, text: str) -> Event:
    return history.task_failed(work.task_id, f"Activity function '{work.name}' failed: {text}", "", clock.utc_now())
