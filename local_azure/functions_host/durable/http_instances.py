"""The Durable HTTP API for orchestrations."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from local_azure.functions_host.durable import codec, history_view, loading, queries
from local_azure.functions_host.durable.commits import Delivery
from local_azure.functions_host.durable.engine import DurableEngine, NewInstance
from local_azure.functions_host.durable.http_answers import empty, json_answer, json_text, refusal
from local_azure.functions_host.durable.http_parsing import (
    CONTINUATION_HEADER,
    BadRequestError,
    checked_instance_id,
    continuation_key,
    flag,
    instance_filter,
    json_body,
    number,
    page_size,
)
from local_azure.functions_host.durable.records import InstanceState, Status
from local_azure.functions_host.durable.status_view import status_object
from local_azure.functions_host.durable.urls import DurableUrls

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class InstanceApi:
    """One method for each call."""

    def __init__(self, engine: DurableEngine, urls: DurableUrls) -> None:
        self._engine = engine
        self._urls = urls

    def _urls_for(self, request: web.Request) -> DurableUrls:
        return self._urls.at_origin(f"{request.scheme}://{request.host}")

    # -- starting ----------------------------------------------------------------------------------------------------

    async def start(self, request: web.Request) -> web.Response:
        """Start an orchestration; with a timeout, wait for its end that long."""
        wanted_id = request.match_info.get("id")
        timeout_s = number(request.query, "timeout")
        instance_id = await self._engine.start(
            NewInstance(
                name=request.match_info["name"],
                instance_id=None if wanted_id is None else checked_instance_id(wanted_id),
                input=await json_body(request),
                version=request.query.get("version") or None,
                is_awaited=bool(timeout_s),
            )
        )
        if timeout_s is not None and (state := await self._engine.wait_finished(instance_id, timeout_s)):
            return _final_answer(request, state)
        return self._check_status(request, instance_id)

    def _check_status(self, request: web.Request, instance_id: str) -> web.Response:
        urls = self._urls_for(request)
        headers = {"Location": urls.status(instance_id), "Retry-After": "10"}
        return json_answer(urls.management(instance_id), status=202, headers=headers)

    # -- asking ------------------------------------------------------------------------------------------------------

    async def status(self, request: web.Request) -> web.Response:
        """Tell how an instance is doing."""
        state = await self._engine.instance(request.match_info["id"])
        if state is None:
            return empty(404)
        show_input = flag(request.query, "showInput", default=True)
        events = await self._history(request, state, show_input=show_input)
        shown = status_object(state, show_input=show_input, history=events)
        if state.status.finished:
            return json_answer(shown, status=_terminal_status(request, state))
        headers = {"Location": self._urls_for(request).status(state.id), "Retry-After": "5"}
        return json_answer(shown, status=202, headers=headers)

    async def _history(self, request: web.Request, state: InstanceState, *, show_input: bool) -> list[Any] | None:
        if not flag(request.query, "showHistory", default=False):
            return None
        show_output = flag(request.query, "showHistoryOutput", default=False)
        found = await self._engine.store.read(lambda connection: loading.read_history(connection, state.key))
        events = [event for _, text in found for event in codec.loads(f"[{text}]")]
        return history_view.history_events(events, show_input=show_input, show_output=show_output)

    async def page(self, request: web.Request) -> web.Response:
        """List instances."""
        show_input = flag(request.query, "showInput", default=False)
        page = await self._engine.store.read(
            queries.instance_page(
                instance_filter(request),
                after=continuation_key(request),
                top=page_size(request.query),
                with_input=show_input,
            )
        )
        token = "" if page.next_after is None else str(page.next_after)
        shown = [status_object(state, show_input=show_input) for state in page.instances]
        return json_answer(shown, headers={CONTINUATION_HEADER: token})

    # -- steering ----------------------------------------------------------------------------------------------------

    async def raise_event(self, request: web.Request) -> web.Response:
        """Send an external event."""
        if request.content_type != "application/json":
            return refusal(400, "Only application/json request content is supported")
        data = await json_body(request)
        found = request.match_info
        return _delivered(await self._engine.raise_event(found["id"], found["event"], data))

    async def terminate(self, request: web.Request) -> web.Response:
        """End an instance now."""
        return _delivered(await self._engine.terminate(request.match_info["id"], request.query.get("reason")))

    async def suspend(self, request: web.Request) -> web.Response:
        """Pause an instance."""
        return _delivered(await self._engine.suspend(request.match_info["id"], request.query.get("reason")))

    async def resume(self, request: web.Request) -> web.Response:
        """Let a paused instance go on."""
        return _delivered(await self._engine.resume(request.match_info["id"], request.query.get("reason")))

    async def rewind(self, request: web.Request) -> web.Response:
        """Take up a failed instance where it failed."""
        result = await self._engine.rewind(request.match_info["id"], request.query.get("reason"))
        if result.status is None:
            return empty(404)
        if result.rewound:
            return empty(202)
        if result.status.finished:
            return empty(410)
        return refusal(400, f"Only failed instances can be rewound; this one is {result.status}.")

    async def restart(self, request: web.Request) -> web.Response:
        """Start an orchestration again with its input."""
        state = await self._engine.instance(request.match_info["id"])
        if state is None:
            return refusal(400, f"No instance with the id '{request.match_info['id']}' was found.")
        keeps_id = not flag(request.query, "restartWithNewInstanceId", default=True)
        instance_id = await self._engine.start(
            NewInstance(state.name, state.id if keeps_id else None, state.input, state.version)
        )
        return self._check_status(request, instance_id)

    # -- purging -----------------------------------------------------------------------------------------------------

    async def purge(self, request: web.Request) -> web.Response:
        """Delete a finished instance."""
        return _purged(await self._engine.purge(request.match_info["id"]))

    async def purge_by(self, request: web.Request) -> web.Response:
        """Delete the finished instances that match."""
        wanted = instance_filter(request)
        if wanted.created_from is None:
            raise BadRequestError("createdTimeFrom is required for a purge")
        return _purged(await self._engine.purge_by(wanted))


def _delivered(delivery: Delivery) -> web.Response:
    if delivery.status is None:
        return empty(404)
    return empty(202) if delivery.accepted else empty(410)


def _purged(count: int) -> web.Response:
    return json_answer({"instancesDeleted": count}) if count else empty(404)


def _final_answer(request: web.Request, state: InstanceState) -> web.Response:
    if state.status is Status.COMPLETED:
        return json_text(state.output or "null")
    return json_answer(status_object(state, show_input=True), status=_terminal_status(request, state))


def _terminal_status(request: web.Request, state: InstanceState) -> int:
    wants_500 = flag(request.query, "returnInternalServerErrorOnFailure", default=False)
    return 500 if wants_500 and state.status is Status.FAILED else 200
