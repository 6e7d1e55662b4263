"""Is a zip a deployable Python (v2 model) Function app? Every problem found comes with what to do about it."""

import json
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath

from provisioning.host_json import without_comments

ENTRY_FILE = "function_app.py"
"""What the Python worker imports. PYTHON_SCRIPT_FILE_NAME names another, but is not part of a package."""


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
    """Unpacked."""
    ratio: int = 200
    """Unpacked to packed size, of the whole zip; small zips may be denser."""


_DENSE_IS_FINE_BELOW = 10 * 1024**2
_BEGINNINGS = (b"PK\x03\x04", b"PK\x05\x06")
"""Of a zip, and of an empty one."""
_MOST_PROBLEMS = 20
"""More are not told."""
_LONGEST_NAME, _DEEPEST = 400, 40
_LARGEST_HOST_JSON_BYTES = 1024**2


def check_zip(
    path: Path, limits: ZipLimits = ZipLimits(), *, entry_file: str = ENTRY_FILE
) -> tuple[PackageProblem, ...]:
    """Return everything that is wrong with the zip; empty when it can be deployed."""
    try:
        _require_beginning(path)
        with zipfile.ZipFile(path) as archive:
            # Sizes first: what unpacks to more than is allowed is never unpacked, not even to check it.
            if problems := (*_size_problems(archive, path, limits), *islice(_entry_problems(archive), _MOST_PROBLEMS)):
                return problems
            if problem := _damage(archive):
                return (problem,)
            return tuple(_app_problems(archive, entry_file))
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError) as exc:
        return (
            PackageProblem(
                "unreadable", f"the package is not a readable zip file: {exc}; build it anew and send the whole file"
            ),
        )


def _require_beginning(path: Path) -> None:
    """Raise BadZipFile if something else stands before the zip: readers do not agree on what such a file is."""
    with path.open("rb") as stream:
        if stream.read(4) not in _BEGINNINGS:
            raise zipfile.BadZipFile("it does not begin as a zip file does")


def _size_problems(archive: zipfile.ZipFile, path: Path, limits: ZipLimits) -> Iterator[PackageProblem]:
    entries = archive.infolist()
    total, packed = sum(entry.file_size for entry in entries), path.stat().st_size
    if not entries:
        yield PackageProblem("empty", "the zip is empty: zip the app folder's contents")
    if len(entries) > limits.entries:
        message = f"the zip has {len(entries):,} entries, more than {limits.entries:,}: leave virtual environments out"
        yield PackageProblem("too_many_entries", message)
    if total > limits.total_bytes:
        message = f"the zip unpacks to {total:,} bytes, more than {limits.total_bytes:,}"
        yield PackageProblem("too_large", message)
    if total > _DENSE_IS_FINE_BELOW and total > packed * limits.ratio:
        message = f"the zip unpacks to {total // max(packed, 1)} times its size; this is how zip bombs look"
        yield PackageProblem("too_dense", message)


def _entry_problems(archive: zipfile.ZipFile) -> Iterator[PackageProblem]:
    seen: set[str] = set()
    folders = {str(folder) for name in archive.namelist() for folder in PurePosixPath(name[:_LONGEST_NAME]).parents}
    for entry in archive.infolist():
        name = entry.filename
        if problem := _name_problem(name):
            yield PackageProblem("unsafe_path", f"{_shown(name)} {problem}: make the zip from inside the app folder")
        if _is_link(entry):
            yield PackageProblem(
                "link", f"{_shown(name)} is a symbolic link: zip the file it points to (zip without -y)"
            )
        elif _is_special(entry):
            yield PackageProblem("special", f"{_shown(name)} is a device, pipe or socket: leave it out")
        if entry.flag_bits & 0x1:
            yield PackageProblem("encrypted", f"{_shown(name)} is encrypted: make the zip without a password")
        if name in seen:
            yield PackageProblem("duplicate", f"{_shown(name)} is in the zip twice: make the zip anew")
        if name in folders:
            yield PackageProblem(
                "duplicate", f"{_shown(name)} is in the zip as a file and as a folder: make the zip anew"
            )
        seen.add(name)


def _name_problem(name: str) -> str | None:
    path = PurePosixPath(name)
    if "\\" in name:
        return "has backslashes in its path"
    if path.is_absolute() or name[1:2] == ":":
        return "has an absolute path"
    if ".." in path.parts:
        return "leads out of the app folder"
    if not name or not name.isprintable():
        return "has control characters, or others that are not seen, in its path"
    if len(name) > _LONGEST_NAME or len(path.parts) > _DEEPEST:
        return f"has a path of more than {_LONGEST_NAME} characters or {_DEEPEST} folders"
    return None


def _shown(name: str) -> str:
    return repr(name[:200])


def _is_link(entry: zipfile.ZipInfo) -> bool:
    return stat.S_ISLNK(entry.external_attr >> 16)


def _is_special(entry: zipfile.ZipInfo) -> bool:
    mode = entry.external_attr >> 16
    # Zero when it was zipped where files have no modes.
    return stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR)


def _damage(archive: zipfile.ZipFile) -> PackageProblem | None:
    """Read every entry against its checksum."""
    try:
        damaged = archive.testzip()
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as exc:
        return PackageProblem("corrupt", f"the zip is damaged ({exc}): make it anew and upload it whole")
    if damaged:
        return PackageProblem("corrupt", f"{damaged!r} in the zip is damaged: make the zip anew and upload it whole")
    return None


def _app_problems(archive: zipfile.ZipFile, entry_file: str) -> Iterator[PackageProblem]:
    names = {entry.filename for entry in archive.infolist()}
    if "host.json" not in names:
        yield PackageProblem("no_host_json", f"host.json is missing at the top of the zip: {_where_instead(names)}")
    elif archive.getinfo("host.json").file_size > _LARGEST_HOST_JSON_BYTES:
        yield PackageProblem(
            "bad_host_json", f"host.json is larger than {_LARGEST_HOST_JSON_BYTES:,} bytes: correct it"
        )
    else:
        yield from _host_json_problems(archive.read("host.json"))
    if entry_file not in names:
        yield PackageProblem("no_entry_file", f"{entry_file} is missing at the top of the zip: {_entry_hint(names)}")


def _where_instead(names: set[str]) -> str:
    folders = sorted(
        name.removesuffix("host.json") for name in names if name.endswith("/host.json") and name.count("/") == 1
    )
    if folders:
        return f"it is in {folders[0]}: zip the app folder's contents, not the folder itself"
    return "this is no Function app; zip the contents of the folder that holds host.json and function_app.py"


def _entry_hint(names: set[str]) -> str:
    if any(name.count("/") == 1 and name.endswith(f"/{ENTRY_FILE}") for name in names):
        return "zip the app folder's contents, not the folder itself"
    if any(name.count("/") == 1 and name.endswith("/function.json") for name in names):
        return "this app uses the v1 programming model (function.json), and only the v2 model (decorators) is served"
    return (
        "it is what the Python worker loads; if the app names another file with PYTHON_SCRIPT_FILE_NAME, rename it "
        "to function_app.py, as the setting is not part of the package"
    )


def _host_json_problems(content: bytes) -> Iterator[PackageProblem]:
    try:
        document = json.loads(without_comments(content.decode("utf-8-sig")))
    except (ValueError, RecursionError) as exc:
        reason = "it nests too deeply" if isinstance(exc, RecursionError) else exc
        yield PackageProblem("bad_host_json", f"host.json is not valid JSON ({reason}): correct it")
        return
    if not isinstance(document, dict):
        yield PackageProblem("bad_host_json", "host.json is not a JSON object: correct it")
        return
    hub = _hub_name(document)
    if hub and "%" not in hub:
        message = (
            f"host.json fixes the task hub name {hub!r} (extensions.durableTask.hubName), so that all versions on one "
            "storage account would share their orchestrations: remove it, and each app has a hub of its own"
        )
        yield PackageProblem("fixed_task_hub", message)


def _hub_name(document: dict[str, object]) -> str:
    value: object = document
    for name in ("extensions", "durableTask", "hubName"):
        value = (
            next((item for key, item in value.items() if key.lower() == name.lower()), None)
            if isinstance(value, dict)
            else None
        )
    return value if isinstance(value, str) else ""
