"""Fetches the package of a release from the URL that the request names. No answer and no log repeats the URL."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from provisioning import (
    PackageError,
    PackageUri,
    PackageUriError,
    ReceivedPackage,
    TemporaryError,
    open_package,
    read_uri,
)
from router_app.parts import Parts
from router_app.problems import Problem

PROBLEMS: Mapping[str, str] = {
    "package_too_large": "package-too-large",
    "package_host_private": "package-uri-refused",
}


@dataclass(frozen=True, slots=True)
class Source:
    """Where a package is, and what it must be."""

    uri: str = field(repr=False)
    """Its query may be a signature that opens the package."""
    digest: str


async def fetch_package(parts: Parts, source: Source) -> ReceivedPackage:
    """Fetch the package into a file of the package store; Problem if it may not or cannot be had."""
    uri = _checked(parts, source)
    if parts.fetches.locked():
        raise Problem("too-many-calls", "Other packages are being fetched. Repeat the request.", retry_after=10)
    async with parts.fetches:
        received = await _fetch(parts, uri)
    if received.digest == source.digest:
        return received
    received.discard()
    detail = f"The request says {source.digest}, but what {uri.host} sent has {received.digest}. Nothing was released."
    raise Problem("digest-mismatch", detail)


def _checked(parts: Parts, source: Source) -> PackageUri:
    try:
        return read_uri(source.uri, parts.settings.package_sources.hosts)
    except PackageUriError as error:
        raise Problem("package-uri-refused", f"packageUri is refused: {error}.") from error


async def _fetch(parts: Parts, uri: PackageUri) -> ReceivedPackage:
    try:
        async with open_package(uri, parts.settings.package_sources.fetch) as chunks:
            return await parts.packages.receive_stream(chunks)
    except TemporaryError as error:
        wait = round(error.retry_after.total_seconds())
        raise Problem("package-not-fetched", f"{error.message}. Repeat the request.", retry_after=wait) from error
    except PackageError as error:
        raise Problem(PROBLEMS.get(error.code, "package-not-fetched"), f"{error.message}.") from error
