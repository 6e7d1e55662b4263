"""The routing table as a durable entity: one operation after another, each applied by the production code."""

import json
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from simulation.nature import Nature
from simulation.shortcuts import TableInHand
from version_registry.codec import decode_table, encode_table
from version_registry.model import RoutingTable
from version_registry.sagas import Json
from version_registry.transitions import apply

APPLICATION = "orders"
REPEATED_WITHIN = 20.0

Watcher = Callable[[RoutingTable | None, str, Json, Json], None]
"""Is told of each operation: the table before, the operation, its arguments and outcome."""


class TableEntity:
    """Holds the table and all its former states, for those who read late."""

    __slots__ = ("_arrived", "_nature", "_sent", "_states", "_times", "table", "watchers")

    def __init__(self, nature: Nature, table: RoutingTable | None) -> None:
        self._nature = nature
        self.table = table
        self._sent = self._arrived = 0
        self._times = [-1e9]
        self._states: list[RoutingTable | None] = [table]
        self.watchers: list[Watcher] = []

    def ask(self, operation: str, args: Mapping[str, Any], reply: Callable[[Any], None]) -> None:
        """Send an operation; its outcome comes back some time later."""
        self._sent += 1
        self._nature.after(self._nature.message_time(), self._arrive, self._sent, operation, args, reply)

    def as_of(self, time: float) -> RoutingTable | None:
        """Give the table as it was."""
        return self._states[bisect_right(self._times, time) - 1]

    def encoded(self, table: RoutingTable) -> Json:
        """Encode a table as observed; in most runs only in name."""
        return encode_table(replace(table, log=())) if self._nature.by_json else TableInHand(table)

    def _arrive(self, number: int, operation: str, args: Mapping[str, Any], reply: Callable[[Any], None]) -> None:
        if number < self._arrived:
            self._nature.reached["an operation is overtaken"] += 1
        self._arrived = max(self._arrived, number)
        outcome = self.change(operation, args)
        nature = self._nature
        nature.after(nature.message_time(), reply, outcome)
        if nature.befalls("operation_repeated"):
            nature.after(REPEATED_WITHIN * nature.draw.random(), self.change, operation, args)

    def change(self, operation: str, args: Mapping[str, Any]) -> Json:
        """Apply an operation now, as the entity does."""
        before = self.table
        change = apply(before, operation, {**args, "application": APPLICATION}, self._nature.moment)
        outcome = dict(change.outcome)
        if change.table is not before:
            self._keep(change.table)
        if self._nature.trace.on:
            self._tell(operation, args, outcome)
        for watcher in self.watchers:
            watcher(before, operation, args, outcome)
        return outcome

    def _keep(self, table: RoutingTable | None) -> None:
        if self._nature.by_json and table is not None:
            stored = decode_table(json.loads(json.dumps(encode_table(table))))
            assert stored == table, "the codec gives back another table than it was given"
            table = stored
        self.table = table
        self._times.append(self._nature.now)
        self._states.append(table)

    def _tell(self, operation: str, args: Mapping[str, Any], outcome: Json) -> None:
        shown = ", ".join(f"{name}={args[name]}" for name in ("line", "version", "operation") if name in args)
        verdict = "granted" if outcome["granted"] else f"refused: {outcome['code']}"
        more = f" -> {outcome['action']}" if "action" in outcome else ""
        counts = f" {_short_counts(args['counts'])}" if operation == "record_counts" else ""
        self._nature.trace.tell(
            "table", f"{operation}({shown}){counts} {verdict}{more}  [generation {outcome['generation']}]"
        )


def _short_counts(counts: Mapping[str, Any]) -> dict[str, Any]:
    return {line: count["unfinished"] for line, count in counts.items()}
