"""Orphans: version apps with this router's tags that no routing table knows. When one may be removed, and why not yet.

An app is removed only if, for the whole grace time, no table knew it and no operation could own it; if nothing in it is
unfinished, or it never took a start; and if it was condemned some time before, so that every deploy that may come to
want an app of its name has read that by now, and waits.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from version_registry.model import Count, Line, LineStatus, RoutingTable


@dataclass(frozen=True, slots=True)
class TaggedApp:
    """A version app as its ownership tags describe it."""

    name: str
    application: str
    line: str
    generation: int


@dataclass(frozen=True, slots=True)
class Orphan:
    """What is remembered of an orphan from one look to the next."""

    app: TaggedApp
    first_seen_at: datetime
    count: Count | None = None
    condemned_at: datetime | None = None
    """Since when no deploy takes the app for its own; None while it may yet turn out to be needed."""
    reason: str = ""
    """Why it still stands."""
    emptied_at: datetime | None = None
    """Since when it is proven empty and archived. A removal that was begun has stopped the app: it answers no more."""


@dataclass(frozen=True, slots=True)
class SweepTimings:
    """How long an orphan is left alone."""

    grace: timedelta
    """From the first sight on."""
    condemned_for: timedelta
    """Between condemning it and removing it."""


@dataclass(frozen=True, slots=True)
class Spare:
    """Leave it for now; `orphan` is what to remember."""

    orphan: Orphan


@dataclass(frozen=True, slots=True)
class Remove:
    """Remove it, after a last look at the table and at the app."""

    orphan: Orphan


def is_orphan(table: RoutingTable | None, app: TaggedApp) -> bool:
    """Tell whether no line has the app, and no operation that is under way can own it. None: there is no table."""
    line = table.lines.get(app.line) if table else None
    if line is None:
        return True
    if line.app is not None and line.app.name == app.name:
        return False
    # A deploy holds its line before it makes the app, and a retirement until the app is gone.
    return not (line.holder is not None and line.generation == app.generation)


def was_never_live(table: RoutingTable | None, app: TaggedApp) -> bool:
    """Tell whether the table proves that the app never took a start: its deploy failed, and none came after it."""
    line = table.lines.get(app.line) if table else None
    if line is None or line.generation != app.generation or line.app is not None:
        return False
    return line.status is LineStatus.REGISTERED or _is_older_tombstone(line, app)


def judge_orphan(orphan: Orphan, now: datetime, timings: SweepTimings, *, never_live: bool) -> Spare | Remove:
    """Decide about an orphan whose latest count, if its grace is over, is noted."""
    if now - orphan.first_seen_at < timings.grace:
        until = orphan.first_seen_at + timings.grace
        return _spare(orphan, f"no table knows it; it is left alone until {until:%Y-%m-%d %H:%M:%S} UTC")
    if obstacle := _find_obstacle(orphan.count, may_be_silent=never_live or orphan.emptied_at is not None):
        return _spare(orphan, obstacle)
    if orphan.condemned_at is None:
        return Spare(replace(orphan, condemned_at=now, reason="nothing in it is unfinished; it is about to be removed"))
    if now - orphan.condemned_at < timings.condemned_for:
        return Spare(orphan)
    return Remove(orphan)


def is_past_grace(orphan: Orphan, now: datetime, timings: SweepTimings) -> bool:
    """Tell whether it is worth while to look into the app."""
    return now - orphan.first_seen_at >= timings.grace


def _find_obstacle(count: Count | None, *, may_be_silent: bool) -> str:
    if count is None:
        return "not counted yet"
    if count.unfinished:
        return f"{count.unfinished} unfinished instances: it is never removed with them"
    if count.unfinished is None and not may_be_silent:
        return f"the app did not answer the count: {count.reason or 'no reason given'}"
    return ""


def _spare(orphan: Orphan, reason: str) -> Spare:
    return Spare(replace(orphan, condemned_at=None, emptied_at=None, reason=reason))


def is_to_be_emptied(orphan: Orphan, *, never_live: bool) -> bool:
    """Tell whether its instances are to be archived before it is removed, and counted once more."""
    if never_live:
        return False
    is_silent = orphan.count is not None and orphan.count.unfinished is None
    return not (orphan.emptied_at is not None and is_silent)


def _is_older_tombstone(line: Line, app: TaggedApp) -> bool:
    # Its receipt is of an earlier generation: the one of this app never got so far.
    return line.status is LineStatus.RETIRED and line.receipt is not None and line.receipt.generation < app.generation
