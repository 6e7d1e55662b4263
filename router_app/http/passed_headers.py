"""Which headers cross the router between a client and a version app's own HTTP triggers; pure.

What belongs to one connection stays behind too, and both keys: provisioning/app_http.py.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from router_app.http.hiding import Hidden, hide_in_text

TOKEN_HEADER = "x-ms-continuation-token"  # nosec B105 # a header's name

PLACES = frozenset({"location", "content-location"})

KEPT_FROM_APP = (
    "x-version",
    # Azure's front end and host add these; some repeat the URL with its key, some say who signed in to the router.
    "x-arr-",
    "x-ms-",
    # The session of who signed in to the router, which opens it again.
    "x-zumo-",
    "x-waws-",
    "x-original-url",
    "x-appservice-",
    "x-site-deployment-id",
    "disguised-host",
    "was-default-hostname",
    "client-ip",
    "max-forwards",
    # Said anew, as the router sees it.
    "forwarded",
    "x-forwarded-",
    # Applications share the router's origin: the cookies of one, or of a sign-in, are not for another.
    "cookie",
)
"""Beginnings of request headers that the app is not given."""

KEPT_FROM_CLIENT = (
    "server",
    "date",
    "x-powered-by",
    "x-aspnet",
    "request-context",
    "x-ms-",
    "x-azure-",
    "x-functions-",
    "x-arr-",
    "x-durable-router-",
    "set-cookie",
    # It is said of the app's own name and certificate.
    "strict-transport-security",
    "public-key-pins",
    "alt-svc",
)
"""Beginnings of an answer's headers that the client is not given."""


def to_app(headers: Mapping[str, str], origin: str) -> dict[str, str]:
    """Choose the headers of the request to the app; `origin` is the router's, for the app to make links with."""
    passed = {name: value for name, value in headers.items() if _passes(name, KEPT_FROM_APP)}
    url = urlsplit(origin)
    said = {"X-Forwarded-Host": url.netloc, "X-Forwarded-Proto": url.scheme}
    client = headers.get("x-forwarded-for")
    return {**passed, **said, **({"X-Forwarded-For": client} if client else {})}


def to_client(headers: Mapping[str, str], hidden: Hidden) -> dict[str, str]:
    """Choose the headers of the answer, without the app's host and keys."""
    passed = {name: value for name, value in headers.items() if _passes(name, KEPT_FROM_CLIENT)}
    return {name: hide_in_text(_located(name, value, hidden), hidden) for name, value in passed.items()}


def _located(name: str, value: str, hidden: Hidden) -> str:
    """Complete a place that the app names from its root: at the router the same path is another one."""
    is_path = value.startswith("/") and not value.startswith("//")
    return f"https://{hidden.host}{value}" if is_path and name.lower() in PLACES else value


def _passes(name: str, kept: tuple[str, ...]) -> bool:
    lowered = name.lower()
    return lowered == TOKEN_HEADER or not lowered.startswith(kept)
