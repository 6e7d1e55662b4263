"""Builders with defaults for tables, lines and releases."""

from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from version_registry.model import (
    Count,
    Function,
    FunctionKind,
    Line,
    LineStatus,
    Policy,
    Proof,
    Receipt,
    Release,
    ReleaseStatus,
    RoutingTable,
    VersionApp,
)
from version_registry.transitions import apply

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
ORCHESTRATOR = Function("process_order", FunctionKind.ORCHESTRATOR)
WITH_APP = (LineStatus.LIVE, LineStatus.DRAINING, LineStatus.RETIRING)
HELD = (LineStatus.PROVISIONING, LineStatus.DRAINING, LineStatus.RETIRING)


def digest_of(version):
    return version.replace(".", "").ljust(64, "0")


def a_release(version, status=ReleaseStatus.ACTIVE, **more):
    return Release(version, digest_of(version), registered_at=NOW - 9 * HOUR, status=status, **more)


def an_app(line, generation=1):
    return VersionApp(f"app-{line}-g{generation}", f"app-{line}-g{generation}.test")


def a_count(unfinished=0, at=NOW, reason=""):
    return Count(at, unfinished, reason)


def a_receipt(operation="retire"):
    counts = (a_count(at=NOW - HOUR), a_count(at=NOW - HOUR / 2))
    return Receipt(operation, 1, 9, NOW - 2 * HOUR, counts, 3, ("app", "plan"), NOW)


def a_line(name, status=LineStatus.LIVE, **more):
    """A superseded line by default: promoted long ago, superseded an hour ago, not counted yet."""
    release_statuses = {
        LineStatus.REGISTERED: ReleaseStatus.REGISTERED,
        LineStatus.PROVISIONING: ReleaseStatus.DEPLOYING,
        LineStatus.RETIRED: ReleaseStatus.RETIRED,
    }
    deploy = f"holder-{name}" if status is LineStatus.PROVISIONING else None
    version = f"{name}.0" if name.count(".") == 1 else name
    holder = f"holder-{name}" if status in HELD else None
    fields = {
        "generation": 0 if status is LineStatus.REGISTERED else 1,
        "app": an_app(name) if status in WITH_APP else None,
        "releases": (a_release(version, release_statuses.get(status, ReleaseStatus.ACTIVE), operation=deploy),),
        "active": version if status in WITH_APP else None,
        "functions": (ORCHESTRATOR,) if status in WITH_APP else (),
        "holder": holder,
        "held_since": NOW - HOUR if holder else None,
        "activated_at": NOW - 5 * HOUR if status in WITH_APP else None,
        "promoted_at": NOW - 5 * HOUR if status in WITH_APP else None,
        "superseded_at": NOW - HOUR if status in WITH_APP else None,
        "drain_began_at": NOW - HOUR if status in (LineStatus.DRAINING, LineStatus.RETIRING) else None,
        "proof": Proof((), 0) if status is LineStatus.RETIRING else None,
        "receipt": a_receipt() if status is LineStatus.RETIRED else None,
    }
    return Line(name, status, **(fields | more))


def a_current_line(name, **more):
    return a_line(name, **({"superseded_at": None} | more))


def a_table(*lines, current=None, generation=7, **more):
    return RoutingTable(
        "orders",
        generation=generation,
        lines=MappingProxyType({line.name: line for line in lines}),
        current=current,
        **more,
    )


def a_policy(**more):
    return Policy(**({"trial_period": timedelta(0)} | more))


def operate(table, name, /, now=NOW, **args):
    """Apply one operation and return the table and the outcome."""
    change = apply(table, name, args, now)
    return change.table, change.outcome


def registered(*versions, table=None):
    """A table in which the versions are registered."""
    for version in versions:
        table, _ = operate(
            table, "register_release", application="orders", version=version, digest=digest_of(version), functions=[]
        )
    return table


def deployed(*versions, table=None, now=NOW):
    """A table in which the versions were registered and deployed in this order, by `deploy-<version>`."""
    for version in versions:
        table = registered(version, table=table)
        table, begun = operate(table, "begin_deploy", now, version=version, operation=f"deploy-{version}")
        assert begun["granted"], begun
        app = begun["app"] or {"name": f"app-{version}-g{begun['line_generation']}", "host": "app.test"}
        table, _ = operate(
            table,
            "activate",
            now,
            line=begun["line"],
            operation=f"deploy-{version}",
            app=app,
            functions=[{"name": "process_order", "kind": "orchestrationTrigger"}],
        )
    return table
