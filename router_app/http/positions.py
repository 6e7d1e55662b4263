"""Where a page of the query over all lines begins, and the token that says so to a client; pure."""

import base64
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from enum import StrEnum

from router_app.problems import Problem
from version_registry.model import Line, LineStatus
from version_registry.versions import line_order


class Part(StrEnum):
    """Where instances of a line are."""

    APP = "app"
    ARCHIVE = "archive"


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the order of all instances: newest line first, of each line its app before its archive."""

    line: str
    part: Part = Part.APP
    generation: int = 0
    """Of the line's app that gave the token."""
    token: str | None = None
    """The app's own, or the store's, within the part; None: its beginning."""


def encode_position(position: Position) -> str:
    """Write a position as an opaque token."""
    return base64.urlsafe_b64encode(json.dumps(list(asdict(position).values())).encode()).decode()


def decode_position(text: str) -> Position:
    """Read a token; Problem if it is none of ours."""
    try:
        line, part, generation, token = json.loads(base64.urlsafe_b64decode(text.encode()))
        if not isinstance(generation, int) or not isinstance(token, str | None):
            raise TypeError
        line_order(line)
        if token is not None and not token.isprintable():
            # It becomes a header of the request to the app.
            raise ValueError
        return Position(line, Part(part), generation, token)
    except (ValueError, TypeError, RecursionError) as error:
        raise Problem("invalid-parameter", "The continuation token is not one that this query answered.") from error


def parts_of(lines: Iterable[Line]) -> list[Position]:
    """List the beginnings of all parts, in order."""
    newest_first = sorted(lines, key=lambda line: line_order(line.name), reverse=True)
    return [position for line in newest_first for position in _parts_of_line(line)]


def remaining(lines: Iterable[Line], position: Position | None) -> list[Position]:
    """List what is still to be read, beginning where the last page ended.

    Lines come and go between pages. A newer one than the token's is not begun; if the token's app is gone, the line's
    archive is read from its beginning, where its instances are by then: some come twice, none is left out.
    """
    parts = parts_of(lines)
    if position is None:
        return parts
    found = [part for part in parts if _is_reached(part, position)]
    is_same = found and (found[0].line, found[0].part) == (position.line, position.part)
    if not is_same or (position.part is Part.APP and found[0].generation != position.generation):
        return found
    return [replace(found[0], token=position.token), *found[1:]]


def _parts_of_line(line: Line) -> list[Position]:
    has_app = line.app is not None and line.status is not LineStatus.RETIRING
    with_app = [Position(line.name, Part.APP, line.generation)] if has_app else []
    # While a line is live, or before it is, its archive holds what a cancelled drain, an earlier app, or a start that
    # could not be delivered has left there.
    return [*with_app, Position(line.name, Part.ARCHIVE)]


def _is_reached(part: Position, position: Position) -> bool:
    """Tell whether a part comes at a position or after it."""
    if part.line == position.line:
        return part.part is Part.ARCHIVE or position.part is Part.APP
    return line_order(part.line) < line_order(position.line)
