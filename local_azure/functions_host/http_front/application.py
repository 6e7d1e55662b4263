"""Puts the HTTP surface of one host together."""

from collections.abc import Iterable

from aiohttp import web

from local_azure.functions_host.http_front.access import Answerer
from local_azure.functions_host.http_front.any_case import any_case_route
from local_azure.functions_host.http_front.problems import problem

OWN_ROOTS = ("/admin/", "/runtime/")
LANDING_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Functions host</title>
<body style="font-family:sans-serif;margin:4rem"><h1>This function app is up</h1>
<p>Its functions are listed at <code>/admin/functions</code>.</p></body></html>"""


async def landing_page(_request: web.Request) -> web.Response:
    """Answer `/` when no function does."""
    return web.Response(text=LANDING_PAGE, content_type="text/html")


async def app_failed(_request: web.Request) -> web.Response:
    """Answer for functions of an app that could not be loaded."""
    return problem(503, "The app is not running", "the app could not be loaded; /admin/host/status says why")


def build_application(
    routes: Iterable[web.RouteDef], answer_functions: Answerer, *, max_body_bytes: int, has_root_function: bool
) -> web.Application:
    """Build the application: the host's own routes first, then whatever the functions answer."""
    application = web.Application(client_max_size=max_body_bytes)
    exact = list(routes)
    application.add_routes(exact)
    application.add_routes([any_case_route(route for route in exact if route.path.startswith(OWN_ROOTS))])
    if not has_root_function:
        application.router.add_get("/", landing_page)
    application.router.add_route("*", "/{path:.*}", answer_functions)
    return application
