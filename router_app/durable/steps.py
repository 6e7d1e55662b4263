"""Steps of sagas as JSON, as they stand in the histories of orchestrations: only ever extend it."""

from typing import Any, assert_never

from version_registry.sagas import Effect, Finish, Next, Renew, Sleep, Step, TableOperation, WaitFor


def encode_next(following: Next) -> dict[str, Any]:
    """Encode what a planner decided."""
    return {"step": encode_step(following.step), "state": dict(following.state), "progress": following.progress}


def encode_step(step: Step) -> dict[str, Any]:
    """Encode one step; `do` tells its kind."""
    match step:
        case Effect(name, args):
            return {"do": "effect", "name": name, "args": dict(args)}
        case TableOperation(operation, args):
            return {"do": "table", "operation": operation, "args": dict(args)}
        case Sleep(seconds):
            return {"do": "sleep", "seconds": seconds}
        case WaitFor(event, at_most_seconds):
            return {"do": "wait", "event": event, "seconds": at_most_seconds}
        case Renew():
            return {"do": "renew"}
        case Finish(output, failed):
            return {"do": "finish", "output": dict(output), "failed": failed}
        case _:
            assert_never(step)
