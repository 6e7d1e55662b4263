"""Reads what clients of the Durable HTTP API send; what is wrong with it becomes a 400."""

from collections.abc import Mapping

from aiohttp import web

from local_azure.functions_host.durable import clock, codec
from local_azure.functions_host.durable.queries import InstanceFilter
from local_azure.functions_host.durable.records import Status

LONGEST_ID = 256
DEFAULT_PAGE = 100
LARGEST_PAGE = 10_000
CONTINUATION_HEADER = "x-ms-continuation-token"

_STATUS_BY_NAME = {status.lower(): status for status in Status}


class BadRequestError(Exception):
    """The request cannot be understood; the text says why."""


def flag(query: Mapping[str, str], name: str, *, default: bool) -> bool:
    """Read a boolean; the Python SDK writes them capitalised."""
    text = query.get(name)
    return default if text is None or text == "" else text.lower() == "true"


def number(query: Mapping[str, str], name: str) -> float | None:
    """Read a number that is not negative."""
    text = query.get(name)
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        raise BadRequestError(f"{name} must be a number, not {text!r}") from None
    if not value >= 0:
        raise BadRequestError(f"{name} must not be negative")
    return value


def page_size(query: Mapping[str, str]) -> int:
    """Read `top`."""
    wanted = number(query, "top")
    return DEFAULT_PAGE if not wanted else min(int(wanted) or 1, LARGEST_PAGE)


def moment(query: Mapping[str, str], name: str) -> str | None:
    """Read a time; a `+` of its offset may have become a space on the way."""
    text = query.get(name)
    if not text:
        return None
    try:
        return clock.to_text(clock.from_text(text.strip().replace(" 0", "+0").replace(" 1", "+1")))
    except ValueError:
        raise BadRequestError(f"{name} must be an ISO-8601 time, not {text!r}") from None


def instance_filter(request: web.Request) -> InstanceFilter:
    """Read the conditions of a query or purge."""
    query = request.query
    return InstanceFilter(
        created_from=moment(query, "createdTimeFrom"),
        created_to=moment(query, "createdTimeTo"),
        statuses=_statuses(request),
        id_prefix=query.get("instanceIdPrefix") or None,
    )


def _statuses(request: web.Request) -> frozenset[Status] | None:
    names = [name.strip() for text in request.query.getall("runtimeStatus", []) for name in text.split(",")]
    names = [name for name in names if name]
    if not names:
        return None
    if unknown := [name for name in names if name.lower() not in _STATUS_BY_NAME]:
        raise BadRequestError(f"runtimeStatus knows {', '.join(Status)}; not {', '.join(unknown)}")
    return frozenset(_STATUS_BY_NAME[name.lower()] for name in names)


def continuation_key(request: web.Request) -> int:
    """Read the token of the next page."""
    text = request.headers.get(CONTINUATION_HEADER, "")
    if not text:
        return 0
    if not text.isascii() or not text.isdigit():
        raise BadRequestError(f"the {CONTINUATION_HEADER} header does not hold a token of this host")
    return int(text)


async def body_text(request: web.Request) -> str | None:
    """Read the body as text; None if it is empty."""
    try:
        text = (await request.read()).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadRequestError("the body must be UTF-8") from None
    return text if text.strip() else None


async def json_body(request: web.Request) -> str | None:
    """Read the body as JSON text, kept exactly as it came; None if it is empty."""
    text = await body_text(request)
    if text is not None and not codec.is_json(text):
        raise BadRequestError("the body must be JSON")
    return text


def checked_instance_id(instance_id: str) -> str:
    """Return the id if an orchestration may have it."""
    if not instance_id or len(instance_id) > LONGEST_ID:
        raise BadRequestError(f"an instance id has 1 to {LONGEST_ID} characters")
    if instance_id.startswith("@"):
        raise BadRequestError("an instance id must not begin with '@': such ids belong to entities")
    if bad := next((c for c in instance_id if c in "/\\#?" or not c.isprintable()), None):
        raise BadRequestError(f"an instance id must not hold the character {bad!r}")
    return instance_id
