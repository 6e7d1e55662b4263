"""`/local-azure/faults`: where faults are set, listed and cleared, by the operator only."""

import json
import time

from aiohttp import web

from local_azure.control_plane.faults.board import FaultBoard
from local_azure.control_plane.faults.kinds import KINDS
from local_azure.control_plane.faults.rules import BadRuleError, read_rule
from local_azure.control_plane.identity import OPERATOR, Identities, TokenRejectedError

PATH = "/local-azure/faults"


class FaultsEndpoint:
    """Serves the board over HTTP."""

    def __init__(self, board: FaultBoard, identities: Identities, own_audience: str) -> None:
        """Let the operator change `board`."""
        self._board = board
        self._identities = identities
        self._own_audience = own_audience

    def add_to(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_get(PATH, self.list)
        app.router.add_post(PATH, self.add)
        app.router.add_delete(PATH, self.clear)
        app.router.add_delete(PATH + "/{id}", self.remove)

    async def list(self, request: web.Request) -> web.Response:
        """Answer with the rules and how often each has struck, and the kinds there are."""
        self._check_operator(request)
        kinds = {name: kind.does for name, kind in KINDS.items()}
        return web.json_response({"value": [rule.to_json() for rule in self._board.rules], "kinds": kinds})

    async def add(self, request: web.Request) -> web.Response:
        """Set a fault: 201 with its id."""
        self._check_operator(request)
        try:
            rule = read_rule(json.loads(await request.read()))
        except (ValueError, BadRuleError) as exc:
            return _refusal(400, "BadRule", str(exc))
        self._board.set(rule)
        return web.json_response(rule.to_json(), status=201)

    async def clear(self, request: web.Request) -> web.Response:
        """Drop every fault."""
        self._check_operator(request)
        self._board.clear()
        return web.Response(status=204)

    async def remove(self, request: web.Request) -> web.Response:
        """Drop one fault."""
        self._check_operator(request)
        if not self._board.clear(request.match_info["id"]):
            return _refusal(404, "NotFound", f"There is no fault '{request.match_info['id']}'.")
        return web.Response(status=204)

    def _check_operator(self, request: web.Request) -> None:
        """Raise unless it is the operator: an app's own identity must not make its platform fail."""
        authorization = request.headers.get("Authorization", "")
        try:
            token = self._identities.check(authorization, self._own_audience, int(time.time()))
        except TokenRejectedError as exc:
            raise web.HTTPUnauthorized(text=str(exc), headers={"WWW-Authenticate": "Bearer"}) from exc
        if token.principal != OPERATOR:
            raise web.HTTPForbidden(text="Only the operator, who can read bootstrap.json, may set faults.")


def _refusal(status: int, code: str, message: str) -> web.Response:
    return web.json_response({"error": {"code": code, "message": message}}, status=status)
