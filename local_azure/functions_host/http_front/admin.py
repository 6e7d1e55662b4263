"""The admin API: state of the host, its functions and its keys. All of it but the ping needs the master key."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
from aiohttp import web

from local_azure.functions_host.app_model import LoadedApp
from local_azure.functions_host.http_front.access import guarded
from local_azure.functions_host.http_front.origin import request_origin
from local_azure.functions_host.http_front.problems import json_answer, problem
from local_azure.functions_host.http_front.route_table import RouteTable
from local_azure.functions_host.keys import HostKeys
from local_azure.functions_host.ports import FunctionInfo, FunctionKind

VERSION = "4.0.0"
RunNow = Callable[[FunctionInfo], None]


@dataclass(frozen=True, slots=True)
class AdminApi:
    """Answers `/admin/…`."""

    host_id: str
    app: LoadedApp
    table: RouteTable
    keys: HostKeys
    run_now: RunNow
    started_monotonic: float

    def routes(self) -> list[web.RouteDef]:
        """Return the routes, each behind its key check."""
        calls = [
            ("GET", "/admin/host/status", self.status),
            ("GET", "/admin/functions", self.list_functions),
            ("GET", "/admin/functions/{name}", self.get_function),
            ("POST", "/admin/functions/{name}", self.run_function),
            ("GET", "/admin/functions/{name}/keys", self.function_keys),
            ("GET", "/admin/host/keys", self.function_keys),
            ("GET", "/admin/host/functionkeys", self.function_keys),
            ("GET", "/admin/host/systemkeys", self.system_keys),
        ]
        open_calls = [web.get("/admin/host/ping", self.ping), web.post("/admin/host/ping", self.ping)]
        return [
            *open_calls,
            *(web.route(method, path, guarded(answer, self.keys.opens_admin)) for method, path, answer in calls),
        ]

    async def ping(self, _request: web.Request) -> web.Response:
        """Say that the process answers."""
        return web.Response(status=200)

    async def status(self, _request: web.Request) -> web.Response:
        """Say whether the app runs, and why not."""
        error = self.app.model.error
        return json_answer(
            {
                "id": self.host_id,
                "state": "Error" if error else "Running",
                "version": VERSION,
                "processUptime": int((time.monotonic() - self.started_monotonic) * 1000),
                "errors": ["\n".join(filter(None, (error.message, error.traceback)))] if error else [],
                "functionsNotRunning": dict(self.app.not_running),
            }
        )

    async def list_functions(self, request: web.Request) -> web.Response:
        """List all functions, those that do not run included."""
        return json_answer([self._describe(function, request) for function in self.app.model.functions])

    async def get_function(self, request: web.Request) -> web.Response:
        """Show one function."""
        function = self._find(request)
        return json_answer(self._describe(function, request)) if function else web.Response(status=404)

    async def run_function(self, request: web.Request) -> web.Response:
        """Run a timer function now; the answer does not wait for it."""
        function = self._find(request)
        if function is None:
            return web.Response(status=404)
        if function.kind is not FunctionKind.TIMER:
            return problem(400, "Not run", f"{function.name} is not a timer function that runs here")
        try:
            document = orjson.loads(await request.read())
        except orjson.JSONDecodeError:
            document = None
        if not isinstance(document, dict):
            return problem(400, "Not run", 'the body must be a JSON object such as {"input": ""}')
        self.run_now(function)
        return web.Response(status=202)

    async def function_keys(self, request: web.Request) -> web.Response:
        """List the keys that open functions; they are the same for all of them."""
        if "name" in request.match_info and self._find(request) is None:
            return web.Response(status=404)
        return json_answer(key_listing(self.keys.function_keys))

    async def system_keys(self, _request: web.Request) -> web.Response:
        """List the keys of the extensions."""
        return json_answer(key_listing(self.keys.system_keys))

    def _find(self, request: web.Request) -> FunctionInfo | None:
        wanted = request.match_info["name"].lower()
        return next((f for f in self.app.model.functions if f.name.lower() == wanted), None)

    def _describe(self, function: FunctionInfo, request: web.Request) -> dict[str, Any]:
        route = self.table.of(function.name)
        return {
            "name": function.name,
            "isDisabled": "AzureWebJobs" in self.app.not_running.get(function.name, ""),
            "language": "python",
            "config": {"bindings": [dict(binding) for binding in function.bindings]},
            "invoke_url_template": f"{request_origin(request)}{route.path.lower()}" if route else None,
        }


def key_listing(keys: Any) -> dict[str, Any]:
    """Write keys as the admin API lists them."""
    return {"keys": [{"name": name, "value": value} for name, value in keys.items()], "links": []}
