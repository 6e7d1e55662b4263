"""Unpacks a package into a folder, and trusts nothing that it says about paths, links and sizes."""

import shutil
import stat
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from local_azure.control_plane.kudu.errors import PackageError


def unpack(package: Path, target: Path, *, max_bytes: int) -> int:
    """Unpack into a new folder, replacing what an interrupted attempt left; return the number of files."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    try:
        with zipfile.ZipFile(package) as archive:
            members = archive.infolist()
            check_members(members, max_bytes=max_bytes)
            for member in members:
                _extract(archive, member, target)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as exc:
        raise PackageError(f"the package is no readable zip file: {exc}") from exc
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as exc:
        raise PackageError(f"the package has a file and a folder of the same name: {exc.filename}") from exc
    return sum(not member.is_dir() for member in members)


def check_members(members: Sequence[zipfile.ZipInfo], *, max_bytes: int) -> None:
    """Raise PackageError when a member must not be unpacked, before any is."""
    if not members:
        raise PackageError("the package is empty")
    if (total := sum(member.file_size for member in members)) > max_bytes:
        raise PackageError(f"the package unpacks to {total} bytes; {max_bytes} are allowed")
    for member in members:
        if problem := member_problem(member):
            raise PackageError(f"the package holds {member.filename!r}: {problem}")


def member_problem(member: zipfile.ZipInfo) -> str | None:
    """Say why a member must not be unpacked; None when it may."""
    path = PurePosixPath(member.filename)
    # orig_filename still has what follows a NUL byte, which the file system would not.
    if "\\" in member.filename or "\0" in member.orig_filename:
        return "such characters are not allowed in a path"
    if path.is_absolute() or ".." in path.parts or not path.parts:
        return "the path leads out of the package"
    mode = member.external_attr >> 16
    if mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "links and special files are not allowed"
    return None


def _extract(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> None:
    path = target.joinpath(*PurePosixPath(member.filename).parts)
    if member.is_dir():
        path.mkdir(parents=True, exist_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(member) as source, path.open("xb") as destination:
        shutil.copyfileobj(source, destination, 1 << 20)
    if (member.external_attr >> 16) & stat.S_IXUSR:
        path.chmod(0o755)
