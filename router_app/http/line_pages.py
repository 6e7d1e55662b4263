"""One page of instances of one line: from its app, or from the archive."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from provisioning import AppAnswer, PermanentError, VersionAppError
from provisioning.archive import ArchivePage
from router_app.http.app_answers import app_problem, passed_on, read_json
from router_app.http.app_hiding import hidden_of
from router_app.http.call import Call, problem_of
from router_app.http.instance_filters import InstanceFilter
from router_app.http.instance_status import asks
from router_app.parts import Parts
from router_app.problems import Problem
from version_registry.model import Line, LineStatus, VersionApp

TOKEN_HEADER = "x-ms-continuation-token"  # nosec B105 # a header's name
LOOKS_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a page is to hold."""

    filter: InstanceFilter
    top: int


@dataclass(frozen=True, slots=True)
class LinePage:
    """Status objects, and the token of what follows; None at the end."""

    entries: tuple[dict[str, Any], ...]
    token: str | None


async def read_app_page(parts: Parts, call: Call, line: Line, wanted: Wanted, token: str | None) -> LinePage:
    """Ask the line's app; Problem, naming the line, if it does not answer."""
    if line.app is None:
        return LinePage((), None)
    try:
        answer = await _ask(parts, call, line.app, wanted, token)
    except VersionAppError as error:
        raise _of_line(problem_of(error), line) from error
    hidden = await hidden_of(parts, call, line.name, line.app)
    entries = read_json(answer, hidden) if answer.status == 200 else None
    if not isinstance(entries, list):
        raise _of_line(app_problem(answer, hidden), line)
    # Entities are told by their id: `@name@key`.
    shown = [passed_on(entry) for entry in entries if not str(entry.get("instanceId", "")).startswith("@")]
    return LinePage(tuple(shown), following_token(answer.headers))


async def read_archive_page(parts: Parts, call: Call, line: Line, wanted: Wanted, token: str | None) -> LinePage:
    """Read the archive of the line: what its app does not know any more."""
    # Ids that the app gave itself are there under its line too.
    prefix = wanted.filter.prefix if "~" in wanted.filter.prefix else f"{line.name}~"
    page = await _list_archive(parts, call, prefix, token, wanted.top)
    found = [passed_on(status) for status in page.statuses if wanted.filter.matches(status)]
    if line.app is not None and line.status is not LineStatus.RETIRING:
        found = await _without_known(parts, line.app, found)
    if not asks(call, "showInput", usually=False):
        found = [{**status, "input": None} for status in found]
    return LinePage(tuple(found), page.cursor)


def following_token(headers: Mapping[str, str]) -> str | None:
    """Read the token of the next page. Apps say "no more" by an absent or empty header, or by the text null."""
    token = next((value for name, value in headers.items() if name.lower() == TOKEN_HEADER), "")
    return None if token in ("", "null") else token


async def _list_archive(parts: Parts, call: Call, prefix: str, token: str | None, top: int) -> ArchivePage:
    try:
        return await asyncio.to_thread(parts.archive.list_page, call.application, prefix, cursor=token, limit=top)
    except PermanentError as error:
        if token is None:
            raise
        # The store reads it, and refuses what it did not make.
        detail = "The continuation token is none that the archive knows. Begin the query anew."
        raise Problem("invalid-parameter", detail) from error


async def _ask(parts: Parts, call: Call, app: VersionApp, wanted: Wanted, token: str | None) -> AppAnswer:
    show_input = json.dumps(asks(call, "showInput", usually=False))
    query = {**wanted.filter.as_query(), "showInput": show_input, "top": str(wanted.top)}
    headers = {TOKEN_HEADER: token} if token else {}
    return await parts.apps.ask(
        app, lambda client: client.manage("GET", "instances", query=query, headers=headers, body=b"")
    )


async def _without_known(parts: Parts, app: VersionApp, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out what the line's present app lists itself: after a cancelled drain both have it."""
    gate = asyncio.Semaphore(LOOKS_AT_ONCE)

    async def is_known(status: Mapping[str, Any]) -> bool:
        async with gate:
            query = {"showInput": "false"}
            answer = await parts.apps.ask(app, lambda client: client.get_status(str(status["instanceId"]), query))
            return answer.status != 404

    known = await asyncio.gather(*(is_known(status) for status in found))
    return [status for status, is_listed in zip(found, known, strict=True) if not is_listed]


def _of_line(problem: Problem, line: Line) -> Problem:
    problem.members["line"] = line.name
    return problem
