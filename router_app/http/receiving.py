"""Packages of releases: received with the request or fetched from where it says, checked, and stored."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from provisioning import PackageError, ReceivedPackage, check_zip, index_package
from router_app.effects.packaging import encode_functions
from router_app.http.body_limits import require_small
from router_app.http.call import Call
from router_app.http.fetching import Source, fetch_package
from router_app.http.reading import read_body, read_headers
from router_app.parts import Parts
from router_app.problems import Problem
from version_registry.model import Release

CHUNK_BYTES = 1024 * 1024
PACKAGE_PROBLEMS: Mapping[str, str] = {"package_too_large": "package-too-large"}


@dataclass(frozen=True, slots=True)
class Arrived:
    """A package that was received, checked and stored."""

    digest: str
    functions: list[dict[str, str]]


async def receive_package(parts: Parts, call: Call, existing: Release | None) -> Arrived:
    """Get and check the package, and store it if nothing speaks against the release."""
    announced = _announced_digest(call)
    if _is_description(call):
        source = _read_source(parts, call, announced)
        _refuse_another(source.digest, existing)
        if existing is not None and await asyncio.to_thread(parts.packages.exists, call.application, source.digest):
            # A repeat: the URL may be signed, and its signature over.
            path = await asyncio.to_thread(parts.packages.fetch, call.application, source.digest)
            return Arrived(source.digest, encode_functions(await asyncio.to_thread(index_package, path)))
        received = await fetch_package(parts, source)
    else:
        received = await _receive_body(parts, call)
    return await _keep(parts, call, received, announced, existing)


async def _receive_body(parts: Parts, call: Call) -> ReceivedPackage:
    if not call.body:
        raise Problem("invalid-body", "The body must be the package: a zip of the version's Function app.")
    try:
        return await asyncio.to_thread(parts.packages.receive, _chunks(call.body))
    except PackageError as error:
        raise Problem(PACKAGE_PROBLEMS.get(error.code, "corrupt-package"), f"{error.message}.") from error


async def _keep(
    parts: Parts, call: Call, received: ReceivedPackage, announced: str | None, existing: Release | None
) -> Arrived:
    try:
        if announced is not None and received.digest != announced:
            detail = f"The request says {announced}, but what arrived has {received.digest}. Send the package again."
            raise Problem("digest-mismatch", detail)
        _refuse_another(received.digest, existing)
        functions = await asyncio.to_thread(_check_content, received)
        await asyncio.to_thread(parts.packages.put, call.application, received)
        return Arrived(received.digest, functions)
    finally:
        received.discard()


def _is_description(call: Call) -> bool:
    """Tell whether the body says where the package is, instead of being it."""
    if "json" in call.headers.get("content-type", "").lower():
        return True
    # Not the whole body, which would copy it.
    if call.body[:64].lstrip()[:1] == b"{":
        detail = "The body looks like JSON. Send it as application/json, or the package, a zip, as application/zip."
        raise Problem("unsupported-media-type", detail)
    return False


def _read_source(parts: Parts, call: Call, announced: str | None) -> Source:
    from router_app.http.models.releases import PackageSource

    if not parts.settings.package_sources.hosts:
        detail = (
            "This router fetches no package from a URL: ROUTER_PACKAGE_HOSTS names no host. "
            "Send the zip itself as the body, as application/zip."
        )
        raise Problem("unsupported-media-type", detail)
    require_small(parts, call)
    described = read_body(call, PackageSource)
    digest = described.sha256.lower()
    if announced not in (None, digest):
        raise Problem("invalid-parameter", "X-Package-SHA256 and the body's sha256 are not the same. Send one.")
    return Source(described.packageUri, digest)


def _announced_digest(call: Call) -> str | None:
    from router_app.http.models.headers import PutRelease

    text = read_headers(call, PutRelease).sha256
    return text.lower() if text else None


def _refuse_another(digest: str, existing: Release | None) -> None:
    if existing is not None and digest != existing.digest:
        raise Problem(
            "digest-conflict",
            f"{existing.version} was released with another package ({existing.digest[:12]}…). "
            "A version's package never changes: release the new one under a new patch number.",
        )


def _check_content(received: ReceivedPackage) -> list[dict[str, str]]:
    if problems := check_zip(received.path):
        detail = " ".join(problem.message for problem in problems)
        raise Problem("corrupt-package", detail, members={"problems": [problem.code for problem in problems]})
    return encode_functions(index_package(received.path))


def _chunks(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), CHUNK_BYTES):
        yield body[start : start + CHUNK_BYTES]
