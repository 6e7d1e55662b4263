"""Versions: what a release is called, which line it belongs to, and what a request for a version means."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from version_registry.errors import InvalidNameError

_LONGEST = 64
_KEPT = 4096
_SPECIFIER = re.compile(r"^\s*(~=|==|!=|<=|>=|<|>)")
_PARTIAL = re.compile(r"^v?(\d+)(?:\.(\d+))?$", re.IGNORECASE)


class RequestKind(StrEnum):
    """The ways to ask for a version."""

    CURRENT = "current"
    """No version named."""
    LATEST = "latest"
    """The highest live line."""
    LINE = "line"
    """One line by name: `1.4`, any `1.4.2`, or a pre-release."""
    MAJOR = "major"
    """The highest live line of a major version: `1`."""
    SPECIFIER = "specifier"
    """The highest live line whose running release matches: `~=1.4`, `>=1.2,<2`."""


@dataclass(frozen=True, slots=True)
class VersionRequest:
    """What a client asked for, understood."""

    kind: RequestKind
    text: str = ""
    """Line name, major number or specifier; empty for the other two."""


def parse_release(text: str) -> Version:
    """Read a release's full version: three numbers and an optional pre-release, with or without a leading `v`."""
    version = _parse(text)
    if len(version.release) != 3:
        raise InvalidNameError(f"{text!r} is not a release: three numbers are needed, such as 1.4.2 or 1.4.2rc1")
    return version


def line_of(version: Version | str) -> str:
    """Name the line of a release: `1.4`, and for a pre-release its own version."""
    parsed = parse_release(version) if isinstance(version, str) else version
    return str(parsed) if parsed.is_prerelease else f"{parsed.major}.{parsed.minor}"


def is_prerelease_line(line: str) -> bool:
    """Tell whether a line is one pre-release, which is reached by its name only."""
    return line_order(line).is_prerelease


# Kept, because each request for `latest` or a specifier asks for those of all lines.
@lru_cache(maxsize=_KEPT)
def line_order(line: str) -> Version:
    """Give what lines are sorted by: the newest is the greatest."""
    return Version(line)


def parse_request(text: str | None) -> VersionRequest:
    """Understand what a client sent as version."""
    if not text:
        return VersionRequest(RequestKind.CURRENT)
    _check_text(text)
    stripped = text.strip()
    if stripped.lower() == "latest":
        return VersionRequest(RequestKind.LATEST)
    if _SPECIFIER.match(stripped):
        return VersionRequest(RequestKind.SPECIFIER, _parse_specifier(stripped))
    if partial := _PARTIAL.match(stripped):
        return _partial_request(partial)
    return VersionRequest(RequestKind.LINE, line_of(stripped))


def _partial_request(partial: re.Match[str]) -> VersionRequest:
    major, minor = partial.groups()
    if minor is None:
        return VersionRequest(RequestKind.MAJOR, str(int(major)))
    return VersionRequest(RequestKind.LINE, f"{int(major)}.{int(minor)}")


def _parse(text: str) -> Version:
    _check_text(text)
    try:
        version = line_order(text)
    except InvalidVersion as error:
        raise InvalidNameError(f"{text!r} is not a version such as 1.4.2 or 1.4.2rc1") from error
    if version.epoch or version.local or version.is_devrelease or version.is_postrelease:
        raise InvalidNameError(f"{text!r}: epochs, local, development and post-release versions are not accepted")
    return version


def _parse_specifier(text: str) -> str:
    try:
        return str(SpecifierSet(text))
    except InvalidSpecifier as error:
        raise InvalidNameError(f"{text!r} is not a version specifier such as ~=1.4 or >=1.2,<2") from error


def _check_text(text: str) -> None:
    if len(text) > _LONGEST:
        raise InvalidNameError(f"a version has at most {_LONGEST} characters")
    # Digits of other scripts are digits to Python too, and a line break at the end is no part of a number to it.
    if not (text.isascii() and text.isprintable()):
        raise InvalidNameError(f"{text!a} is not a version: those are written in ASCII")
