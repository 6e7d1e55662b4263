"""Tells which lines of a requirements.txt the installed distributions do not satisfy."""

import importlib.metadata
from collections.abc import Callable, Iterator

from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import Version

FindVersion = Callable[[str], Version | None]


def unmet_requirements(text: str, find_version: FindVersion) -> list[str]:
    """Return what is missing, each with its reason. What cannot be read here (options, links) counts as missing."""
    return [f"{line} ({reason})" for line in requirement_lines(text) if (reason := _why_unmet(line, find_version))]


def requirement_lines(text: str) -> Iterator[str]:
    """Yield the lines that ask for something: joined where continued, without comments."""
    for raw in text.replace("\\\n", " ").splitlines():
        # A comment starts at the line's beginning or after white space: a URL may hold a '#'.
        line = "" if raw.startswith("#") else raw.split(" #")[0].strip()
        if line:
            yield line


def installed_version(name: str) -> Version | None:
    """Return the version that this interpreter has of a distribution."""
    try:
        return Version(importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return None


def _why_unmet(line: str, find_version: FindVersion) -> str | None:
    try:
        requirement = Requirement(line)
    except InvalidRequirement:
        return "only pip can tell"
    if requirement.marker is not None and not requirement.marker.evaluate():
        return None
    if requirement.url or requirement.extras:
        return "only pip can tell"
    version = find_version(requirement.name)
    if version is None:
        return "not installed"
    if not requirement.specifier.contains(version, prereleases=True):
        return f"{version} is installed"
    return None
