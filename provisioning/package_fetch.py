"""Fetches a package over https from an allowed host, and from an address that was checked.

The name is resolved once, every address it has must be acceptable, and the connection goes to those and no other: a
name that resolves differently the next time gains nothing. Redirects and proxies are not followed.
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from provisioning.errors import PackageError, TemporaryError
from provisioning.package_uris import Network, PackageUri, is_acceptable

CHUNK_BYTES = 256 * 1024
RETRY_AFTER = timedelta(seconds=10)
CONNECT_SECONDS = 10.0
SILENCE_SECONDS = 20.0

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Finds the addresses of a host name; OSError if there are none."""


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """What a fetch may take."""

    total: timedelta = timedelta(seconds=120)
    networks: tuple[Network, ...] = ()
    """Networks that are fine although they are not public."""


class PrivateAddressError(OSError):
    """A name has an address that packages are not fetched from."""


async def resolve(host: str, port: int) -> Sequence[str]:
    """Ask the machine's resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class CheckedResolver(AbstractResolver):
    """Gives aiohttp the addresses of a name once all of them are found acceptable."""

    def __init__(self, ask: Resolve, networks: Sequence[Network]) -> None:
        self._ask = ask
        self._networks = networks

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002 - aiohttp's interface has it
    ) -> list[ResolveResult]:
        """Resolve; PrivateAddressError if one address is not acceptable."""
        addresses = list(dict.fromkeys(await self._ask(host, port)))
        # All or nothing: a name with one private address has no business on the list.
        if not all(is_acceptable(address, self._networks) for address in addresses):
            raise PrivateAddressError
        return [_result(host, port, address) for address in addresses]

    async def close(self) -> None:
        """Nothing is held open."""


def _result(host: str, port: int, address: str) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=flags)


@asynccontextmanager
async def open_package(
    uri: PackageUri, limits: FetchLimits = FetchLimits(), *, ask: Resolve = resolve
) -> AsyncIterator[AsyncIterator[bytes]]:
    """Open the package at a URL as chunks; PackageError or TemporaryError, none of which repeats the URL."""
    connector = aiohttp.TCPConnector(
        resolver=CheckedResolver(ask, limits.networks),
        use_dns_cache=False,
        ssl=await asyncio.to_thread(ssl.create_default_context),
    )
    timeout = aiohttp.ClientTimeout(
        total=limits.total.total_seconds(), sock_connect=CONNECT_SECONDS, sock_read=SILENCE_SECONDS
    )
    try:
        # No environment: a proxy would resolve the name anew. No cookies, no decoding: the digest is of what is sent.
        async with (
            aiohttp.ClientSession(
                connector=connector, trust_env=False, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False
            ) as session,
            session.get(
                _url(uri), allow_redirects=False, timeout=timeout, headers={"Accept-Encoding": "identity"}
            ) as answer,
        ):
            _check_status(uri, answer.status)
            yield answer.content.iter_chunked(CHUNK_BYTES)
    except (aiohttp.ClientError, TimeoutError) as error:
        # Cut off from its cause, whose text may repeat the URL.
        raise _translate(uri, error, limits) from None


def _url(uri: PackageUri) -> URL:
    return URL.build(
        scheme="https",
        host=uri.host.name,
        port=uri.host.port,
        path=uri.path,
        query_string=uri.query,
        encoded=True,
    )


def _check_status(uri: PackageUri, status: int) -> None:
    if status == 200:
        return
    if 300 <= status < 400:
        message = f"{uri.host} answers with a redirect ({status}), which is not followed: name the package's own URL"
        raise PackageError(message, "package_not_fetched")
    if status == 429 or status >= 500:
        raise _try_again(f"{uri.host} answers with {status}")
    message = f"{uri.host} answers with {status}: is the URL right, and its signature still valid?"
    raise PackageError(message, "package_not_fetched")


def _translate(uri: PackageUri, error: Exception, limits: FetchLimits) -> PackageError | TemporaryError:
    match error:
        case aiohttp.ClientConnectorDNSError(os_error=PrivateAddressError()):
            message = f"{uri.host} has an address that is not public, and packages are not fetched from there"
            return PackageError(message, "package_host_private")
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientSSLError():
            return PackageError(f"{uri.host} shows no certificate that the router trusts", "package_not_fetched")
        case aiohttp.ClientConnectorDNSError():
            return _try_again(f"the name {uri.host} cannot be resolved")
        case TimeoutError():
            return _try_again(f"{uri.host} did not send the package within {limits.total.total_seconds():g} s")
        case _:
            return _try_again(f"{uri.host} cannot be reached, or broke off ({type(error).__name__})")


def _try_again(message: str) -> TemporaryError:
    return TemporaryError(message, "package_not_fetched", RETRY_AFTER)
