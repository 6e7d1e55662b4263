"""The entities, undecorated: decode the state, let the pure core change it, encode it again."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from azure.durable_functions import DurableEntityContext

from version_registry.codec import decode_table, encode_table
from version_registry.transitions import apply


def change_routing_table(context: DurableEntityContext, now: Callable[[], datetime]) -> None:
    """Apply the operation to the application's routing table and answer its outcome."""
    stored = context.get_state()
    table = None if stored is None else decode_table(stored)
    # The first operation of an application makes its table, and so must know its name.
    args = {**context.get_input(), "application": context.entity_key}
    change = apply(table, context.operation_name, args, now())
    if change.table is not None and change.table != table:
        context.set_state(dict(encode_table(change.table)))
    context.set_result(_plain(change.outcome))


def change_catalogue(context: DurableEntityContext) -> None:
    """Keep the set of applications."""
    names: list[str] = context.get_state(list)
    if context.operation_name == "add":
        application = context.get_input()["application"]
        context.set_state(sorted({*names, application}))
    context.set_result({"applications": context.get_state(list)})


def _plain(outcome: Any) -> dict[str, Any]:
    return dict(outcome)
