"""What is printed when the host starts, in Core Tools' words where other programs wait for them; pure."""

from collections.abc import Iterator

from local_azure.functions_host.app_model import LoadedApp
from local_azure.functions_host.http_front.route_table import RouteTable
from local_azure.functions_host.ports import FunctionInfo, FunctionKind

# Editors and test runners that start Core Tools take this line for the sign that the app is up.
WORKER_STARTED = "Worker process started and initialized."


def announce(app: LoadedApp, table: RouteTable, origin: str, *, verbose: bool) -> str:
    """Describe what the app has and what of it runs."""
    if app.model.error:
        return f"The app could not be loaded: {app.model.error.message}\n{app.model.error.traceback}".rstrip()
    if not app.model.functions:
        return f"{WORKER_STARTED}\nThe app has no functions."
    lines = [WORKER_STARTED, "", "Functions:", ""]
    for function in app.model.functions:
        lines += [*(f"\t{line}" for line in describe(function, app, table, origin)), ""]
    if not verbose:
        lines += ["For detailed output, run func with --verbose flag."]
    return "\n".join(lines)


def describe(function: FunctionInfo, app: LoadedApp, table: RouteTable, origin: str) -> Iterator[str]:
    """Describe one function in a line."""
    if reason := app.not_running.get(function.name):
        yield f"{function.name}: NOT RUNNING, {reason}"
    elif route := table.of(function.name):
        yield f"{function.name}: [{','.join(sorted(route.methods)) or 'ANY'}] {origin}{route.path}"
    elif function.kind is FunctionKind.TIMER:
        yield f"{function.name}: {function.kind.value} ({function.trigger.get('schedule')})"
    elif function.durable_name and function.durable_name.lower() != function.name.lower():
        yield f"{function.name}: {function.kind.value} (as {function.durable_name})"
    else:
        yield f"{function.name}: {function.kind.value}"
