"""The failure texts that people and user code see, in Azure's wording where Azure has one."""

from local_azure.functions_host.ports import UserError


def activity_failed(name: str, error: UserError) -> str:
    """Say which activity failed, and how."""
    return f"Activity function '{name}' failed: {error.type}: {error.message}"


def orchestrator_failed(name: str, reason: str) -> str:
    """Say which orchestrator failed, and how."""
    return f"Orchestrator function '{name}' failed: {reason}"


def missing_function(name: str, kind: str) -> str:
    """Say that there is no such function, and what can be done."""
    article = "an" if kind[0] in "aeiou" else "a"
    return (
        f"The function '{name}' doesn't exist, is disabled, or is not {article} {kind} function. "
        f"Check its name and that the app which defines it is the one that is deployed."
    )


def worker_lost(times: int, detail: str) -> str:
    """Say why work was given up that never got an outcome."""
    return f"The worker process was lost {times} times while this ran, so it was given up. Last time: {detail}"


def instance_exists(instance_id: str) -> str:
    """Say why a start was refused."""
    return f"An orchestration instance with the id '{instance_id}' already exists and is not finished."


def too_many_actions(limit: int) -> str:
    """Say why an orchestration that asks for too much was ended."""
    return (
        f"The orchestrator asked for more than {limit} actions (maxOrchestrationActions). Continue as new before that."
    )
