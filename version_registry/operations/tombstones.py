"""Tombstones on their way to the archive and back, for housekeeping and for whoever needs an old line."""

from version_registry.changes import Decision, Request, grant, refuse
from version_registry.codec import decode
from version_registry.model import Line
from version_registry.tombstones import fingerprint, is_at_rest, make_tombstone, with_archived, without


def archive_lines(request: Request) -> Decision:
    """Leave of these lines their tombstones; those that have changed since they were copied stay."""
    table, copied = request.table, request.args["lines"]
    known = tuple(table.lines[name] for name in copied if name in table.lines)
    unchanged = tuple(line for line in known if is_at_rest(table, line) and fingerprint(line) == copied[line.name])
    names = [line.name for line in unchanged]
    return grant(without(table, unchanged), f"in the archive from now on: {', '.join(names)}", archived=names)


def restore_line(request: Request) -> Decision:
    """Put a line back that was read from the archive."""
    table, line = request.table, decode(Line, request.args["line"])
    tombstone = table.archived.get(line.name)
    if tombstone is None:
        # Somebody else has restored it.
        return grant(table, "")
    if make_tombstone(line) != tombstone:
        return refuse(request, "stale", f"line {line.name} was read from the archive as it was at another time")
    return grant(with_archived(table, line), f"line {line.name} is back from the archive", line=line.name)
