"""Which functions does a package declare? Found by reading its source, never by running it."""

from dataclasses import dataclass
from pathlib import Path

from provisioning.functions import AppFunction


@dataclass(frozen=True, slots=True)
class PackageIndex:
    """The functions found, sorted. `complete`: every registration could be followed; if not, `doubts` say where."""

    functions: tuple[AppFunction, ...]
    complete: bool
    doubts: tuple[str, ...] = ()


def index_package(path: Path) -> PackageIndex:
    """Index the zip of a v2-model app."""
    raise NotImplementedError
