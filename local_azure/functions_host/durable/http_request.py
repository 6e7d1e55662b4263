"""One HTTP request with nothing but the standard library; blocks, so it belongs on a thread of its own.

An HTTP client that runs on the event loop would keep TLS and half of aiohttp in the memory of every host.
"""

import http.client
import socket
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import SplitResult, quote, urljoin, urlsplit

MOST_REDIRECTS = 50
KEEPS_METHOD = {307, 308}
REDIRECTS = {300, 301, 302, 303} | KEEPS_METHOD
# What may stand in a path or query as it is; all else is escaped, as .NET does with an address.
SAFE_IN_PATH = "%/:=&?~+!$,;'@()*[]|"


@dataclass(frozen=True, slots=True)
class HttpCall:
    """What to send, and where to."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What came back; several headers of one name are joined by commas."""

    status: int
    headers: Mapping[str, str]
    text: str


class TlsConnection(http.client.HTTPConnection):
    """A connection with TLS. The library's own does not exist when it was imported without `ssl`."""

    default_port = 443
    sock: socket.socket

    def connect(self) -> None:
        """Connect, and check the other side's certificate."""
        import ssl  # only who calls an https address pays for it

        super().connect()
        self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)


def send(call: HttpCall, *, timeout_s: float) -> HttpAnswer:
    """Send a request and follow redirects; the time-out is for each step.

    Raises OSError, http.client.HTTPException or ValueError when there is no answer.
    """
    for _ in range(MOST_REDIRECTS):
        answer = send_once(call, timeout_s=timeout_s)
        following = redirected(call, answer)
        if following is None:
            return answer
        call = following
    return answer


def send_once(call: HttpCall, *, timeout_s: float) -> HttpAnswer:
    """Send a request and read the whole answer."""
    url = urlsplit(call.url)
    connection = connect_to(url, timeout_s)
    try:
        target = quote(url.path or "/", SAFE_IN_PATH) + (f"?{quote(url.query, SAFE_IN_PATH)}" if url.query else "")
        connection.request(call.method, target, call.body, dict(call.headers))
        response = connection.getresponse()
        body = response.read()
    finally:
        connection.close()
    headers = {name: ", ".join(response.headers.get_all(name, ())) for name in response.headers}
    return HttpAnswer(response.status, headers, decode(body, response.headers.get_content_charset()))


def connect_to(url: SplitResult, timeout_s: float) -> http.client.HTTPConnection:
    """Return the connection that an address needs; nothing is sent yet."""
    if url.scheme not in {"http", "https"} or not url.hostname:
        raise ValueError(f"not an absolute http or https address: {url.geturl()}")
    kind = TlsConnection if url.scheme == "https" else http.client.HTTPConnection
    return kind(url.hostname, url.port, timeout=timeout_s)


def redirected(call: HttpCall, answer: HttpAnswer) -> HttpCall | None:
    """Return the call that a redirect asks for, by .NET's rules: never from https to http, credentials stay behind."""
    location = next((value for name, value in answer.headers.items() if name.lower() == "location"), None)
    if answer.status not in REDIRECTS or location is None:
        return None
    url = urljoin(call.url, location)
    if urlsplit(call.url).scheme == "https" and urlsplit(url).scheme != "https":
        return None
    headers = {name: value for name, value in call.headers.items() if name.lower() != "authorization"}
    turns_into_get = answer.status == 303 or call.method == "POST"
    if answer.status in KEEPS_METHOD or call.method in {"GET", "HEAD"} or not turns_into_get:
        return replace(call, url=url, headers=headers)
    bodiless = {name: value for name, value in headers.items() if not name.lower().startswith("content-")}
    return HttpCall("GET", url, bodiless)


def decode(body: bytes, charset: str | None) -> str:
    """Read a body as text, whatever it holds."""
    try:
        return body.decode(charset or "utf-8", errors="replace")
    except LookupError:  # a charset that nobody knows
        return body.decode("utf-8", errors="replace")
