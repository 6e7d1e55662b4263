"""Keyed HTTP calls to one version app, and what may not cross the router in either direction.

Keys travel in a header, never in a URL; redirects are never followed; every call has a total deadline.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import unquote

import aiohttp
from yarl import URL

_KEY_HEADER = "x-functions-key"
_CONNECT_SECONDS = 5.0

_NOT_FORWARDED = frozenset(
    {
        # RFC 9110 7.6.1: these belong to one connection.
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        # Set anew by whoever sends the message on.
        "host",
        "content-length",
        # aiohttp has undone it already.
        "content-encoding",
        "accept-encoding",
        # The caller's key is the router's, the app's key is ours: neither may cross.
        _KEY_HEADER,
    }
)


@dataclass(frozen=True, slots=True)
class AppAnswer:
    """A version app's answer as it came, without hop-by-hop headers."""

    status: int
    headers: Mapping[str, str]
    """Names as the app wrote them; a name sent twice holds both values, comma-joined."""
    body: bytes


class VersionAppError(Exception):
    """The app gave no usable answer. `code`: unreachable, timed_out, unexpected_answer, bad_path, busy (not asked)."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


def open_session() -> aiohttp.ClientSession:
    """Open the pooled session that all clients of one event loop share."""
    # No limits here, where calls would queue without end: whoever shares the session bounds the calls of each app.
    connector = aiohttp.TCPConnector(limit=0, limit_per_host=0, keepalive_timeout=30)
    # No cookies: one client's affinity cookie must not steer another's requests.
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=True)


class AppHttp:
    """HTTP to one app over a shared session."""

    def __init__(self, session: aiohttp.ClientSession, base_url: str, deadline: timedelta) -> None:
        self._session = session
        self._base_url = base_url.rstrip("/")
        # A machine that is gone answers nothing at all: that is known long before the deadline.
        self._timeout = aiohttp.ClientTimeout(total=deadline.total_seconds(), sock_connect=_CONNECT_SECONDS)

    async def send(
        self,
        method: str,
        path: str,
        *,
        key: str | None,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        body: bytes,
    ) -> AppAnswer:
        """Send one request to an escaped path; any HTTP answer is an answer, none is a VersionAppError.

        A name may be repeated in a query that is a MultiDict.
        """
        url = self._url(path, query)
        sent = _passed_on(headers) | ({} if key is None else {_KEY_HEADER: key})
        try:
            async with self._session.request(
                method, url, headers=sent, data=body or None, allow_redirects=False, timeout=self._timeout
            ) as answer:
                return AppAnswer(answer.status, _end_to_end(answer), await answer.read())
        except aiohttp.ConnectionTimeoutError as exc:
            message = f"the app took no connection within {_CONNECT_SECONDS:g} s"
            raise VersionAppError(message, "unreachable") from exc
        except TimeoutError as exc:
            # Here and below without the host: counts carry the message to people.
            message = f"the app did not answer within {self._timeout.total:g} s"
            raise VersionAppError(message, "timed_out") from exc
        except aiohttp.ClientError as exc:
            # The class only: texts of client errors may repeat the URL.
            message = f"the app cannot be reached ({type(exc).__name__})"
            raise VersionAppError(message, "unreachable") from exc

    def _url(self, path: str, query: Mapping[str, str]) -> URL:
        if not path.startswith("/") or _climbs(path):
            message = "a path to an app begins with / and has no . or .. segments"
            raise VersionAppError(message, "bad_path")
        # `code` is where Functions expects keys in a query: the router's own must not reach the app.
        passed = [(name, value) for name, value in query.items() if name.lower() != "code"]
        return URL(f"{self._base_url}{path}", encoded=True).with_query(passed or None)


def _climbs(path: str) -> bool:
    """Tell whether a server could read the path as leaving its folder, and so reach what the key is not for."""
    return any(segment in {".", ".."} for segment in re.split(r"[/\\]", unquote(unquote(path))))


def _passed_on(headers: Mapping[str, str]) -> dict[str, str]:
    kept_back = _NOT_FORWARDED | _named_by_connection(headers)
    return {name: value for name, value in headers.items() if name.lower() not in kept_back}


def _end_to_end(answer: aiohttp.ClientResponse) -> dict[str, str]:
    kept_back = _NOT_FORWARDED | _named_by_connection(answer.headers)
    headers: dict[str, str] = {}
    for name, value in answer.headers.items():
        if name.lower() not in kept_back:
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _named_by_connection(headers: Mapping[str, str]) -> set[str]:
    """Read which further headers belong to one connection only (RFC 9110 7.6.1)."""
    values = [value for name, value in headers.items() if name.lower() == "connection"]
    return {option.strip().lower() for value in values for option in value.split(",")}
