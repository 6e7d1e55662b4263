"""Who may call what: the key of a request against the level of a function."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from local_azure.functions_host.keys import HostKeys

KEY_HEADER = "x-functions-key"
KEY_PARAMETER = "code"
Answerer = Callable[[web.Request], Awaitable[web.StreamResponse]]


def key_of(request: web.Request) -> str | None:
    """Return the key that the request carries."""
    return request.headers.get(KEY_HEADER) or request.query.get(KEY_PARAMETER)


def may_call(keys: HostKeys, auth_level: str, key: str | None) -> bool:
    """Tell whether a key is enough for an authorization level; a level nobody knows needs the master key."""
    match auth_level:
        case "anonymous":
            return True
        case "function":
            return keys.opens_functions(key)
        case _:
            return keys.opens_admin(key)


def guarded(answerer: Answerer, is_allowed: Callable[[str | None], bool]) -> Answerer:
    """Put a key check before a request handler."""

    async def check(request: web.Request) -> web.StreamResponse:
        if not is_allowed(key_of(request)):
            return web.Response(status=401)
        return await answerer(request)

    return check
