"""Commands of a release pipeline: pack a folder, release a version, wait for it."""

import hashlib
import time
from pathlib import Path
from typing import Annotated

import typer

from router_cli.connection import CommandError, ExitCode, Json
from router_cli.packaging import PackageError, pack_folder, read_package
from router_cli.paths import release_path
from router_cli.session import AsJson, Key, Session, Url, open_session

POLL_SECONDS = 0.5
ENDED = frozenset({"active", "superseded", "failed"})

Package = Annotated[Path, typer.Argument(help="The app's folder, or a zip of it.", exists=True)]


def package(
    folder: Annotated[Path, typer.Argument(help="The app's folder.", exists=True, file_okay=False)],
    output: Annotated[Path, typer.Argument(help="The zip to write.")],
) -> None:
    """Zip a folder, honouring its .funcignore; the same files always give the same zip."""
    try:
        content = pack_folder(folder)
    except PackageError as exc:
        raise CommandError(str(exc), ExitCode.REFUSED) from exc
    output.write_bytes(content)
    typer.echo(f"{hashlib.sha256(content).hexdigest()}  {output}")


def release(
    application: Annotated[str, typer.Argument(help="The application.")],
    version: Annotated[str, typer.Argument(help="The full version, such as 1.4.2.")],
    source: Package,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until it is deployed; exit 4 if it fails.")] = False,
    timeout: Annotated[float, typer.Option(help="With --wait: seconds, then exit 5.")] = 1800,
    url: Url = "",
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Release a version. Repeating it is harmless; the same version with other content is refused."""
    session = open_session(url, key, as_json=as_json)
    try:
        content = read_package(source)
    except PackageError as exc:
        raise CommandError(str(exc), ExitCode.REFUSED) from exc
    digest = hashlib.sha256(content).hexdigest()
    session.note(f"{application} {version}: {len(content) / 1024:.0f} KiB, sha256 {digest[:12]}…")
    path = release_path(application, version)
    answer = session.connection.upload(path, content, digest)
    if not wait:
        session.show(answer.body, f"{application} {version} is accepted")
        return
    ended = _await_end(session, path, timeout)
    session.show(ended, _describe_end(application, ended))
    if ended["status"] == "failed":
        raise typer.Exit(ExitCode.FAILED)


def _await_end(session: Session, path: str, timeout: float) -> Json:
    deadline = time.monotonic() + timeout
    told = ""
    while True:
        body: Json = session.connection.call("GET", path).body
        if body["status"] in ENDED:
            return body
        if (progress := describe_progress(body)) != told:
            told = progress
            # A build log may follow; it is shown once, when the release has failed.
            session.note(f"  {progress.partition(chr(10))[0]}")
        if time.monotonic() >= deadline:
            raise CommandError(f"still {body['status']} after {timeout:.0f} s: {progress}", ExitCode.STILL_GOING)
        time.sleep(POLL_SECONDS)


def describe_progress(release_body: Json) -> str:
    """Say how far a release is, in one line."""
    operation = release_body.get("operation")
    if isinstance(operation, dict) and operation.get("progress"):
        return str(operation["progress"])
    return str(release_body["status"])


def _describe_end(application: str, body: Json) -> str:
    name = f"{application} {body['version']}"
    if body["status"] != "failed":
        return f"{name} is {body['status']}"
    unmet = [condition for condition in body["conditions"] if not condition["status"]]
    # The last one is what ended it; the others tell what it had waited for.
    reasons = [f"  {condition['reason']}: {condition['message']}" for condition in unmet[-1:]]
    return "\n".join([f"{name} has failed", *reasons])
