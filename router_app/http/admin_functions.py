"""HTTP functions for admins: steer and read."""

from router_app.access import Right
from router_app.http import steering
from router_app.http.call import Answerer
from router_app.http.operations import Answer, Body, Operation
from router_app.http.problem_groups import CHANGES, LINE_CHANGES
from router_app.http.retiring import retire

LINE = "{application}/lines/{line}"
CHANGED = Answer("It is changed, or was so already.", "answers.Changed")


def _steer(
    name: str,
    place: str,
    answerer: Answerer,
    summary: str,
    *,
    query: str = "queries.Change",
    body: Body | tuple[Body, ...] = (),
) -> Operation:
    method, _, route = place.partition(" ")
    return Operation(
        name,
        method,
        route,
        Right.STEER,
        answerer,
        summary,
        answers={200: CHANGED},
        problems=LINE_CHANGES if "{line}" in route else CHANGES,
        query=query,
        headers="headers.Change",
        body=body,
    )


def _read(name: str, route: str, answerer: Answerer, summary: str, answer: Answer, *, query: str = "") -> Operation:
    problems = ("unknown-application", "invalid-parameter") if "{application}" in route else ()
    return Operation(
        name, "GET", route, Right.READ, answerer, summary, answers={200: answer}, problems=problems, query=query
    )


ADMIN_OPERATIONS = (
    _steer(
        "promote_line",
        f"POST {LINE}/promote",
        steering.promote,
        "Make the line current.",
        query="queries.ForcedChange",
    ),
    _steer(
        "ramp_line",
        f"POST {LINE}/ramp",
        steering.ramp,
        "Send a share of the starts that name no version to the line.",
        query="queries.ForcedChange",
        body=Body("The share.", "changes.RampChange", required=True),
    ),
    _steer(
        "keep_line",
        f"POST {LINE}/keep",
        steering.keep,
        "Keep the line from being drained.",
        query="queries.ExplainedChange",
        body=Body("Why.", "changes.Keep"),
    ),
    _steer("unkeep_line", f"DELETE {LINE}/keep", steering.unkeep, "Let the line be drained again."),
    _steer("drain_line", f"POST {LINE}/drain", steering.drain, "Drain the line without quiet period."),
    _steer(
        "retire_line",
        f"POST {LINE}/retire",
        retire,
        "Retire the line as soon as nothing in it is unfinished; the monitor looks at once.",
    ),
    _steer(
        "cancel_drain",
        f"POST {LINE}/cancel-drain",
        steering.cancel_drain,
        "Let a draining line take starts again.",
        query="queries.ExplainedChange",
    ),
    _steer("roll_back", "POST {application}/rollback", steering.roll_back, "Make the previous line current again."),
    _steer(
        "set_policy",
        "PUT {application}/policy",
        steering.set_policy,
        "Change the fields of the policy that the body names.",
        body=Body("The fields to change.", "changes.PolicyChange", required=True),
    ),
    _read(
        "show_all_routes",
        "routes",
        steering.show_all_routes,
        "Show the routing tables of all applications.",
        Answer("All tables, and apps that none of them knows.", "tables.AllRoutes"),
    ),
    _read(
        "show_routes",
        "{application}/routes",
        steering.show_routes,
        "Show the application's routing table.",
        Answer("The table.", "tables.Routes", headers=("ETag",)),
        query="queries.ShowRoutes",
    ),
    _read(
        "show_log",
        "{application}/log",
        steering.show_log,
        "Show what changed in the application's routing table, and why.",
        Answer("The newest changes, newest first.", "tables.Log"),
    ),
)
