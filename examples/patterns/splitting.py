"""Sub-orchestrations: a large task is made of small ones that are orchestrations themselves."""

from typing import Any

import azure.durable_functions as df

blueprint = df.Blueprint()


@blueprint.orchestration_trigger(context_name="context")
def set_up_site(context: df.DurableOrchestrationContext) -> Any:
    """Set up all devices of a site side by side."""
    devices = context.get_input()
    outcomes = yield context.task_all([context.call_sub_orchestrator("set_up_device", device) for device in devices])
    return dict(zip(devices, outcomes, strict=True))


@blueprint.orchestration_trigger(context_name="context")
def set_up_device(context: df.DurableOrchestrationContext) -> Any:
    """Register a device, then configure it."""
    number = yield context.call_activity("register_device", context.get_input())
    return (yield context.call_activity("configure_device", number))


@blueprint.activity_trigger(input_name="device")
def register_device(device: str) -> int:
    """Pretend to register."""
    return len(device)


@blueprint.activity_trigger(input_name="number")
def configure_device(number: int) -> str:
    """Pretend to configure."""
    return f"device {number} is ready"
