"""Commands of admins: steer the routing table."""

from typing import Annotated, Any

import typer

from router_cli.connection import Json
from router_cli.paths import application_path, line_path
from router_cli.session import AsJson, Key, Session, Url, open_session

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}

Application = Annotated[str, typer.Argument(help="The application.")]
Line = Annotated[str, typer.Argument(help="The line, such as 1.4.")]
IfGeneration = Annotated[
    int, typer.Option("--if-generation", help="Only if the table still has this generation (see `routes`).")
]


def promote(
    application: Application,
    line: Line,
    force: Annotated[bool, typer.Option("--force", help="Also a pre-release.")] = False,
    if_generation: IfGeneration = 0,
    url: Url = "",
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Make a line current: it takes the starts that name no version."""
    session = open_session(url, key, as_json=as_json)
    params = {"force": "true"} if force else {}
    body = _steer(session, "POST", f"{line_path(application, line)}/promote", if_generation, params=params)
    session.show(body, f"{line} is current")


def ramp(
    application: Application,
    line: Line,
    percent: Annotated[int, typer.Argument(min=0, max=100, help="The share of unversioned starts; 0 ends the ramp.")],
    force: Annotated[bool, typer.Option("--force", help="Also a pre-release.")] = False,
    if_generation: IfGeneration = 0,
    url: Url = "",
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Send a share of the starts that name no version to a line before it becomes current."""
    session = open_session(url, key, as_json=as_json)
    params = {"force": "true"} if force else {}
    path = f"{line_path(application, line)}/ramp"
    body = _steer(session, "POST", path, if_generation, body={"percent": percent}, params=params)
    session.show(body, f"{line} takes {percent} % of the starts that name no version")


def rollback(
    application: Application,
    if_generation: IfGeneration = 0,
    url: Url = "",
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Make the line current again that was so before the last promotion."""
    session = open_session(url, key, as_json=as_json)
    body = _steer(session, "POST", f"{application_path(application)}/rollback", if_generation)
    session.show(body, f"{body.get('line', 'the previous line')} is current again")


def keep(
    application: Application,
    line: Line,
    reason: Annotated[str, typer.Option(help="Why; shown in the table.")] = "",
    release: Annotated[bool, typer.Option("--no-longer", help="Let it be drained again.")] = False,
    if_generation: IfGeneration = 0,
    url: Url = "",
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Keep a line from being drained, or, with --no-longer, let it go."""
    session = open_session(url, key, as_json=as_json)
    path = f"{line_path(application, line)}/keep"
    if release:
        body = _steer(session, "DELETE", path, if_generation)
    else:
        body = _steer(session, "POST", path, if_generation, body={"reason": reason} if reason else {})
    session.show(body, f"{line} is no longer kept" if release else f"{line} is kept")


def drain(
    application: Application,
    line: Line,
    cancel: Annotated[bool, typer.Option("--cancel", help="Let a draining line take starts again.")] = False,
    if_generation: IfGeneration = 0,
    url: Url = "",
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Have a superseded line drained as soon as nothing in it is unfinished."""
    session = open_session(url, key, as_json=as_json)
    verb = "cancel-drain" if cancel else "drain"
    body = _steer(session, "POST", f"{line_path(application, line)}/{verb}", if_generation)
    session.show(body, f"{line} takes starts again" if cancel else f"{line} is to be drained")


def policy(
    application: Application,
    promote_when: Annotated[str, typer.Option("--promote", help="immediately or manually.")] = "",
    retired_starts: Annotated[str, typer.Option(help="recreate, reject or forward-to-latest.")] = "",
    sunset_delay: Annotated[str, typer.Option(help="At least so long superseded before a drain: 90s, 2h, 7d.")] = "",
    trial_period: Annotated[
        str, typer.Option(help="A line that never was current is not drained sooner: 90s, 2h, 7d.")
    ] = "",
    keep_last: Annotated[int, typer.Option(help="So many of the newest superseded lines stay.")] = -1,
    if_generation: IfGeneration = 0,
    url: Url = "",
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Change the policy: what is not named stays. Without options, show it."""
    session = open_session(url, key, as_json=as_json)
    changes: Json = {"promote": promote_when, "retired_starts": retired_starts}
    changes = {name: value for name, value in changes.items() if value}
    durations = {"sunset_delay": sunset_delay, "trial_period": trial_period}
    changes |= {name: read_duration(text) for name, text in durations.items() if text}
    if keep_last >= 0:
        changes["keep_last"] = keep_last
    if changes:
        _steer(session, "PUT", f"{application_path(application)}/policy", if_generation, body=changes)
    shown = session.connection.call("GET", f"{application_path(application)}/routes").body["policy"]
    session.show(shown, "\n".join(f"{name}: {value}" for name, value in shown.items()))


def read_duration(text: str) -> float:
    """Read `90`, `90s`, `15m`, `2h` or `7d` as seconds."""
    number, unit = (text[:-1], text[-1]) if text[-1:] in SECONDS else (text, "s")
    try:
        seconds = float(number) * SECONDS[unit]
    except ValueError as exc:
        raise typer.BadParameter(f"{text!r} is not a duration such as 90s, 15m, 2h or 7d") from exc
    return seconds


def _steer(
    session: Session,
    method: str,
    path: str,
    if_generation: int,
    *,
    body: Json | None = None,
    params: dict[str, str] | None = None,
) -> Any:
    headers = {"if-match": f'"{if_generation}"'} if if_generation else None
    return session.connection.call(method, path, body=body, params=params, headers=headers).body
