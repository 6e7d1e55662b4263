"""The Durable HTTP API for entities."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from aiohttp import web

from local_azure.functions_host.durable import clock, codec, queries
from local_azure.functions_host.durable.engine import DurableEngine
from local_azure.functions_host.durable.entity_ids import entity_instance_id, split_entity_id
from local_azure.functions_host.durable.entity_state import read_entity_state
from local_azure.functions_host.durable.http_answers import empty, json_answer, json_text
from local_azure.functions_host.durable.http_parsing import (
    CONTINUATION_HEADER,
    BadRequestError,
    body_text,
    flag,
    json_body,
    moment,
    page_size,
)
from local_azure.functions_host.durable.records import InstanceState

EMPTY_KEY = "$"


class EntityApi:
    """One method for each call."""

    def __init__(self, engine: DurableEngine) -> None:
        self._engine = engine

    async def state(self, request: web.Request) -> web.Response:
        """Return the state of an entity."""
        name, key = _name_and_key(request)
        found = await self._engine.instance(entity_instance_id(name, key))
        entity = read_entity_state(None if found is None else found.input)
        return json_text(entity.state or "null") if entity.exists else empty(404)

    async def signal(self, request: web.Request) -> web.Response:
        """Send an operation that nobody waits for."""
        name, key = _name_and_key(request)
        if request.content_type == "application/json":
            data = await json_body(request)
        else:
            text = await body_text(request)
            data = None if text is None else codec.dumps(text)
        await self._engine.signal_entity(name, key, request.query.get("op", ""), data)
        return empty(202)

    async def delete(self, request: web.Request) -> web.Response:
        """Send the operation `delete`."""
        name, key = _name_and_key(request)
        await self._engine.signal_entity(name, key, "delete", None)
        return empty(202)

    async def page(self, request: web.Request) -> web.Response:
        """List entities."""
        top = page_size(request.query)
        found = await self._engine.store.read(
            queries.entity_page(
                name=request.match_info.get("name"),
                changed_from=moment(request.query, "lastOperationTimeFrom"),
                changed_to=moment(request.query, "lastOperationTimeTo"),
                after=_after(request),
                top=top,
            )
        )
        with_state = flag(request.query, "fetchState", default=False)
        token = urlsafe_b64encode(found[top - 1].id.encode()).decode() if len(found) > top else ""
        shown = [_entity_object(state, with_state=with_state) for state in found[:top]]
        return json_answer(shown, headers={CONTINUATION_HEADER: token})


def _name_and_key(request: web.Request) -> tuple[str, str]:
    key = request.match_info["key"]
    return request.match_info["name"], "" if key == EMPTY_KEY else key


def _after(request: web.Request) -> str:
    try:
        return urlsafe_b64decode(request.headers.get(CONTINUATION_HEADER, "")).decode()
    except ValueError:
        raise BadRequestError(f"the {CONTINUATION_HEADER} header does not hold a token of this host") from None


def _entity_object(state: InstanceState, *, with_state: bool) -> dict[str, Any]:
    name, key = split_entity_id(state.id)
    shown = {"entityId": {"name": name, "key": key}, "lastOperationTime": clock.to_seconds(state.updated_at)}
    return {**shown, "state": codec.fragment(read_entity_state(state.input).state)} if with_state else shown
