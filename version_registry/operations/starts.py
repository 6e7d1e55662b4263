"""What an accepted start is told to do about its line."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from version_registry.changes import Decision, Request, grant, put_line, queue, reopen
from version_registry.codec import encode
from version_registry.identifiers import attempt_number, deploy_id
from version_registry.model import Errand, Line, LineStatus, Release
from version_registry.releases import RETRY_AFTER, choose_release, describe_failures, find_failure

_ASK_AGAIN_AFTER = timedelta(minutes=1)
"""So long one waiting start is trusted to have begun the deploy; then the next that asks is told to."""


def request_start(request: Request) -> Decision:
    """Forward an accepted start, let it wait, or have it begin the deploy that it needs.

    It was accepted and has its id, which names the line: so a retired line is recreated for it, whatever policy says.
    """
    line = request.subject
    if line.status is LineStatus.DRAINING:
        return _reopen_for_start(request)
    if line.status is LineStatus.LIVE:
        return grant(request.table, "", **_forward(line))
    if line.status in {LineStatus.PROVISIONING, LineStatus.RETIRING}:
        return _wait(request, f"line {line.name} is {line.status.value}")
    return _recreate(request)


def _reopen_for_start(request: Request) -> Decision:
    line = replace(reopen(request.subject), drain_requested=False)
    # Nobody can be waiting for it: whoever asked while it was draining reopened it.
    detail = f"a start named line {line.name}: its drain is cancelled"
    return grant(put_line(request.table, line), detail, **_forward(line))


def _recreate(request: Request) -> Decision:
    line = request.subject
    release = choose_release(line)
    if release is None:
        reason = f"no release of line {line.name} can be deployed: {describe_failures(line)}"
        return grant(request.table, "", action="reject", status=409, reason=reason)
    if failed_lately := _failed_lately(request, release):
        return _wait(request, failed_lately)
    if line.errand is not None and request.now - line.errand.at < _ASK_AGAIN_AFTER:
        if line.errand.given_to == request.operation:
            return grant(request.table, "", **_send(line.errand))
        return _wait(request, f"a deploy of {release.version} is about to begin")
    return _give_errand(request, release)


def _give_errand(request: Request, release: Release) -> Decision:
    line, table = request.subject, request.table
    deploy = deploy_id(table.application, release.version, attempt_number(table.generation, request.now))
    errand = Errand(request.operation or "", deploy, release.version, request.now)
    sent = replace(queue(line, request.operation), errand=errand)
    detail = f"a start needs line {line.name}: {release.version} is deployed"
    return grant(put_line(table, sent), detail, **_send(errand))


def _send(errand: Errand) -> dict[str, Any]:
    return {"action": "deploy", "version": errand.version, "operation": errand.deploy}


def _failed_lately(request: Request, release: Release) -> str:
    failure = find_failure(release)
    if failure is None or request.now - failure.at >= RETRY_AFTER:
        return ""
    again = failure.at + RETRY_AFTER
    return f"the deploy of {release.version} failed ({failure.reason}); it is tried again at {again:%H:%M:%S} UTC"


def _wait(request: Request, reason: str) -> Decision:
    table = put_line(request.table, queue(request.subject, request.operation))
    return grant(table, "", action="wait", reason=reason)


def _forward(line: Line) -> dict[str, Any]:
    return {"action": "forward", "line": line.name, "line_generation": line.generation, "app": encode(line.app)}
