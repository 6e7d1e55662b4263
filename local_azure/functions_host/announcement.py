"""The list of functions that is printed when the host starts; pure."""

from collections.abc import Iterator

from local_azure.functions_host.app_model import LoadedApp
from local_azure.functions_host.http_front.route_table import RouteTable
from local_azure.functions_host.ports import FunctionInfo, FunctionKind


def announce(app: LoadedApp, table: RouteTable, origin: str) -> str:
    """Describe what the app has and what of it runs."""
    if app.model.error:
        return f"The app could not be loaded: {app.model.error.message}\n{app.model.error.traceback}".rstrip()
    if not app.model.functions:
        return "The app has no functions."
    lines = ["", "Functions:", ""]
    lines += [f"  {line}" for function in app.model.functions for line in describe(function, app, table, origin)]
    return "\n".join(lines) + "\n"


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
