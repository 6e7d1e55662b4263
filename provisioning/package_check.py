"""Is a zip a deployable Python (v2 model) Function app? Every problem found comes with what to do about it."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class PackageProblem:
    """One reason why a zip is refused; `code` is a stable word."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class ZipLimits:
    """What an honest package stays under."""

    entries: int = 20_000
    total_bytes: int = 2 * 1024**3
    ratio: int = 200
    """Unpacked to packed size, of the whole zip."""


def check_zip(path: Path, limits: ZipLimits = ZipLimits()) -> tuple[PackageProblem, ...]:
    """Return everything that is wrong with the zip; empty when it can be deployed."""
    raise NotImplementedError
