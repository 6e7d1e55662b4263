"""A managed identity endpoint: hands out opaque access tokens to whoever holds an identity header, and checks them."""

import hashlib
import hmac
import json
import os
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path

from local_azure.control_plane.records import Token
from local_azure.control_plane.store import Store

TOKEN_LIFETIME_SECONDS = 24 * 3600
OPERATOR = "operator"

# Which token audiences Resource Manager and the deployment endpoints take, as in Azure.
ACCEPTED_AUDIENCES = frozenset(
    {"https://management.azure.com", "https://management.core.windows.net", "https://appservice.azure.com"}
)


class UnknownIdentityError(Exception):
    """The identity header belongs to nobody."""


class TokenRejectedError(Exception):
    """The bearer token is missing, unknown, expired or for another audience; `code` is ARM's error code."""

    def __init__(self, code: str, message: str) -> None:
        """Keep the code beside the message."""
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token with its secret, as it is only known while it is handed out."""

    secret: str
    token: Token


class Identities:
    """Issues and checks tokens. They outlive a restart: clients keep theirs until it expires."""

    def __init__(self, store: Store, operator_header: str) -> None:
        """Serve the sites of `store`, and the operator who can read `operator_header`."""
        self._store = store
        self._operator_header = operator_header

    def issue(self, header: str, resource: str, now: int) -> IssuedToken:
        """Issue a token to the holder of `header`, or raise UnknownIdentityError."""
        principal = self._principal(header)
        self._store.forget_tokens_before(now)
        secret = secrets.token_urlsafe(48)
        token = Token(_digest(secret), principal, resource.rstrip("/"), now + TOKEN_LIFETIME_SECONDS)
        self._store.tokens.put(token)
        return IssuedToken(secret, token)

    def check(self, authorization: str, own_audience: str, now: int) -> Token:
        """Return the token of an Authorization header, or raise TokenRejectedError."""
        scheme, _, secret = authorization.partition(" ")
        if scheme.lower() != "bearer" or not secret:
            raise TokenRejectedError(
                "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing."
            )
        token = self._store.tokens.get(_digest(secret.strip()))
        if token is None:
            raise TokenRejectedError("InvalidAuthenticationToken", "The access token is invalid.")
        if token.expires_at <= now:
            raise TokenRejectedError("ExpiredAuthenticationToken", "The access token has expired.")
        if token.resource not in ACCEPTED_AUDIENCES | {own_audience}:
            message = f"The access token was issued for '{token.resource}', which is not this service."
            raise TokenRejectedError("InvalidAuthenticationTokenAudience", message)
        return token

    def _principal(self, header: str) -> str:
        if _same(header, self._operator_header):
            return OPERATOR
        owner = next((site for site in self._store.sites.find() if _same(header, site.identity_header)), None)
        if owner is None:
            raise UnknownIdentityError("no identity has this X-IDENTITY-HEADER")
        return owner.name


def new_identity_header() -> str:
    """Make a header value that nobody can guess."""
    return secrets.token_urlsafe(32)


def load_or_create_operator_header(bootstrap: Path) -> str:
    """Return the operator's header of an earlier start, or a new one."""
    try:
        return str(json.loads(bootstrap.read_text())["identityHeader"])
    except FileNotFoundError:
        return new_identity_header()


def write_bootstrap(bootstrap: Path, *, base_url: str, operator_header: str, subscription: str) -> None:
    """Write, for the owner's eyes only, what a local script needs to get a token the way a site does."""
    content = {
        "baseUrl": base_url,
        "identityEndpoint": f"{base_url}/msi/token",
        "identityHeader": operator_header,
        "subscriptionId": subscription,
    }
    # mkstemp creates with mode 0600; the rename keeps it, and never shows a half-written file.
    handle, temporary = tempfile.mkstemp(dir=bootstrap.parent, prefix=".bootstrap-")
    with os.fdopen(handle, "w") as file:
        json.dump(content, file, indent=2)
    Path(temporary).replace(bootstrap)


def _same(given: str, known: str) -> bool:
    return hmac.compare_digest(given.encode(), known.encode())


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
