"""Instances as the Durable HTTP API shows them."""

from typing import Any

from local_azure.functions_host.durable import clock, codec
from local_azure.functions_host.durable.records import InstanceState


def status_object(state: InstanceState, *, show_input: bool, history: list[Any] | None = None) -> dict[str, Any]:
    """Return the status object of an instance; stored JSON is embedded as it is."""
    shown = {
        "name": state.name,
        "instanceId": state.id,
        "runtimeStatus": state.status.value,
        "input": codec.fragment(state.input) if show_input else None,
        "customStatus": codec.fragment(state.custom_status),
        "output": codec.fragment(state.output),
        "createdTime": clock.to_seconds(state.created_at),
        "lastUpdatedTime": clock.to_seconds(state.updated_at),
    }
    return shown if history is None else {**shown, "historyEvents": history}
