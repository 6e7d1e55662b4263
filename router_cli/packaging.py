"""A folder as a package: the same files always give the same bytes, so that a digest names a release's content."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

from pathspec import GitIgnoreSpec

# Never part of a package, whatever .funcignore says: caches, environments, and a laptop's settings and state.
ALWAYS_LEFT_OUT = (
    "__pycache__/",
    "*.pyc",
    ".git/",
    ".venv*/",
    ".local/",
    ".local_azure/",
    ".funcignore",
    "local.settings.json",
)
ENTRY_POINT = "function_app.py"
EARLIEST_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
READABLE_FILE = 0o100644 << 16


class PackageError(Exception):
    """The path does not hold what a Function app is made of."""


def read_package(path: Path) -> bytes:
    """Return the bytes of a zip as they are, or pack a folder."""
    if path.is_dir():
        return pack_folder(path)
    if not zipfile.is_zipfile(path):
        raise PackageError(f"{path} is neither a folder nor a zip file")
    return path.read_bytes()


def pack_folder(folder: Path) -> bytes:
    """Zip the folder's files, sorted and with fixed times, honouring its .funcignore."""
    if not (folder / ENTRY_POINT).is_file():
        raise PackageError(f"{folder} has no {ENTRY_POINT}: is it a Python v2-model Function app?")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in packaged_files(folder):
            entry = zipfile.ZipInfo(name, EARLIEST_ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = READABLE_FILE
            archive.writestr(entry, (folder / name).read_bytes())
    return buffer.getvalue()


def packaged_files(folder: Path) -> list[str]:
    """List the files that belong to the package, relative and sorted."""
    ignore_file = folder / ".funcignore"
    own_lines = ignore_file.read_text().splitlines() if ignore_file.is_file() else []
    # Later lines win in this syntax, so a .funcignore cannot bring back what is always left out.
    ignored = GitIgnoreSpec.from_lines([*own_lines, *ALWAYS_LEFT_OUT])
    return sorted(_walk(folder, "", ignored))


def _walk(folder: Path, prefix: str, ignored: GitIgnoreSpec) -> Iterator[str]:
    for entry in (folder / prefix).iterdir():
        name = f"{prefix}{entry.name}"
        if entry.is_dir():
            # As git does: what an ignored folder holds is not looked at, so a huge .venv costs nothing.
            if not ignored.match_file(f"{name}/"):
                yield from _walk(folder, f"{name}/", ignored)
        elif not ignored.match_file(name):
            yield name
