"""The Durable HTTP API: its routes, and how its errors are answered."""

from aiohttp import web

from local_azure.functions_host.durable.engine import DurableEngine, InstanceExistsError, UnknownFunctionError
from local_azure.functions_host.durable.http_answers import empty, refusal
from local_azure.functions_host.durable.http_entities import EntityApi
from local_azure.functions_host.durable.http_instances import Handler, InstanceApi
from local_azure.functions_host.durable.http_parsing import BadRequestError
from local_azure.functions_host.durable.store import StoreError
from local_azure.functions_host.durable.urls import DurableUrls


def durable_routes(engine: DurableEngine, *, prefix: str, urls: DurableUrls) -> list[web.RouteDef]:
    """Return the routes under `prefix`. Whoever mounts them guards them; `urls` are what clients are handed."""
    return [
        web.route(method, f"{prefix.rstrip('/')}/{path}", _answering_errors(handler))
        for method, path, handler in _calls(InstanceApi(engine, urls), EntityApi(engine))
    ]


def _calls(instances: InstanceApi, entities: EntityApi) -> list[tuple[str, str, Handler]]:
    return [
        ("POST", "orchestrators/{name}", instances.start),
        ("POST", "orchestrators/{name}/{id}", instances.start),
        ("GET", "instances", instances.page),
        ("GET", "instances/", instances.page),
        ("DELETE", "instances", instances.purge_by),
        ("DELETE", "instances/", instances.purge_by),
        ("GET", "instances/{id}", instances.status),
        ("DELETE", "instances/{id}", instances.purge),
        ("POST", "instances/{id}/raiseEvent/{event}", instances.raise_event),
        ("POST", "instances/{id}/terminate", instances.terminate),
        ("POST", "instances/{id}/suspend", instances.suspend),
        ("POST", "instances/{id}/resume", instances.resume),
        ("POST", "instances/{id}/rewind", instances.rewind),
        ("POST", "instances/{id}/restart", instances.restart),
        ("GET", "entities", entities.page),
        ("GET", "entities/", entities.page),
        ("GET", "entities/{name}", entities.page),
        ("GET", "entities/{name}/{key}", entities.state),
        ("POST", "entities/{name}/{key}", entities.signal),
        ("DELETE", "entities/{name}/{key}", entities.delete),
        ("POST", "makeprimary", _make_primary),
    ]


async def _make_primary(_request: web.Request) -> web.Response:
    return empty(200)  # one host, one store: it is the primary already


def _answering_errors(handler: Handler) -> Handler:
    """Map what a call may raise to its answer."""

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except (BadRequestError, UnknownFunctionError) as error:
            return refusal(400, str(error))
        except InstanceExistsError as error:
            return refusal(409, str(error))
        except StoreError as error:
            return refusal(503, str(error))

    return answer
