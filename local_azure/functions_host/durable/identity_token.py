"""Tokens of the app's managed identity, from the endpoint that App Service (and local_azure) gives a site."""

import json
import os
from urllib.parse import urlencode

from local_azure.functions_host.durable.http_request import HttpCall, send_once

API_VERSION = "2019-08-01"
TIMEOUT_S = 10.0


class NoTokenError(Exception):
    """There is no token for a resource; the message says why."""


def fetch_token(resource: str) -> str:
    """Ask the identity endpoint for a token; blocks."""
    endpoint, secret = os.environ.get("IDENTITY_ENDPOINT"), os.environ.get("IDENTITY_HEADER")
    if not endpoint or not secret:
        raise NoTokenError(
            "a managed identity token was asked for, but this host has no identity to get one with"
            " (IDENTITY_ENDPOINT and IDENTITY_HEADER are not set)"
        )
    query = urlencode({"api-version": API_VERSION, "resource": resource})
    call = HttpCall("GET", f"{endpoint}{'&' if '?' in endpoint else '?'}{query}", {"X-IDENTITY-HEADER": secret})
    answer = send_once(call, timeout_s=TIMEOUT_S)
    if answer.status != 200:
        raise NoTokenError(f"the identity endpoint has no token for {resource}: it answered {answer.status}")
    try:
        return str(json.loads(answer.text)["access_token"])
    except (ValueError, KeyError, TypeError) as error:
        raise NoTokenError(f"the identity endpoint's answer for {resource} holds no token") from error
