"""The managed identity endpoint: `GET /msi/token`, as an App Service sandbox has it."""

import time

from aiohttp import web

from local_azure.control_plane.identity import Identities, UnknownIdentityError


class IdentityEndpoint:
    """Hands tokens out over HTTP."""

    def __init__(self, identities: Identities) -> None:
        """Issue with `identities`."""
        self._identities = identities

    async def token(self, request: web.Request) -> web.Response:
        """Answer with a token for the holder of the X-IDENTITY-HEADER."""
        resource = request.query.get("resource")
        if not resource or not request.query.get("api-version"):
            return _refusal(400, "resource and api-version are required")
        try:
            issued = self._identities.issue(request.headers.get("X-IDENTITY-HEADER", ""), resource, int(time.time()))
        except UnknownIdentityError as exc:
            return _refusal(401, str(exc))
        return web.json_response(
            {
                "access_token": issued.secret,
                "expires_on": str(issued.token.expires_at),
                "resource": resource,
                "token_type": "Bearer",  # nosec B105 # the protocol's word
                "client_id": request.query.get("client_id", issued.token.principal),
            }
        )


def _refusal(status: int, message: str) -> web.Response:
    return web.json_response({"statusCode": status, "message": message}, status=status)
