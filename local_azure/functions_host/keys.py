"""The keys that guard a host's HTTP surface, kept in `secrets.json` of its state directory."""

import contextlib
import json
import os
import secrets
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

FILE_NAME = "secrets.json"
DURABLE_SYSTEM_KEY = "durabletask_extension"


@dataclass(frozen=True, slots=True)
class HostKeys:
    """The master key opens everything; function keys open functions; a system key opens one extension's routes."""

    master: str
    function_keys: Mapping[str, str]
    system_keys: Mapping[str, str]

    def __repr__(self) -> str:
        """Name the keys and show none."""
        return f"HostKeys(functions={sorted(self.function_keys)}, systems={sorted(self.system_keys)})"

    def opens_functions(self, key: str | None) -> bool:
        """Tell whether `key` may call functions of level FUNCTION."""
        return is_one_of(key, (self.master, *self.function_keys.values()))

    def opens_admin(self, key: str | None) -> bool:
        """Tell whether `key` is the master key."""
        return is_one_of(key, (self.master,))

    def opens_system(self, name: str, key: str | None) -> bool:
        """Tell whether `key` may call the routes of the extension whose system key is called `name`."""
        return is_one_of(key, [self.master, *([self.system_keys[name]] if name in self.system_keys else [])])


def is_one_of(key: str | None, accepted: Iterable[str]) -> bool:
    """Compare a key with all accepted ones, in constant time for each."""
    if not key:
        return False
    given = key.encode()
    # Every comparison is made, whichever one matches.
    return sum(secrets.compare_digest(given, candidate.encode()) for candidate in accepted) > 0


def load_or_create(state_dir: Path) -> HostKeys:
    """Read the keys of a state directory; whoever comes first creates them."""
    path = state_dir / FILE_NAME
    if not path.exists():
        state_dir.mkdir(parents=True, exist_ok=True)
        fresh = write_aside(path, HostKeys(new_key(), {"default": new_key()}, {}))
        # A link fails where a rename would overwrite: two processes that start together agree on one file.
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)
        fresh.unlink()
    return from_document(json.loads(path.read_text()))


def ensure_system_key(state_dir: Path, name: str) -> HostKeys:
    """Add a system key unless it is there; return all keys."""
    keys = load_or_create(state_dir)
    if name in keys.system_keys:
        return keys
    keys = replace(keys, system_keys={**keys.system_keys, name: new_key()})
    path = state_dir / FILE_NAME
    write_aside(path, keys).replace(path)
    return keys


def new_key() -> str:
    """Make a key that is safe in a query string."""
    return secrets.token_urlsafe(40)


def write_aside(path: Path, keys: HostKeys) -> Path:
    """Write the keys to a new file beside `path`, readable by the owner only."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".secrets-")
    with os.fdopen(handle, "w") as file:
        json.dump(to_document(keys), file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    return Path(name)


def to_document(keys: HostKeys) -> dict[str, Any]:
    """Return the JSON document of the keys."""
    return {
        "masterKey": keys.master,
        "functionKeys": dict(keys.function_keys),
        "systemKeys": dict(keys.system_keys),
    }


def from_document(document: Mapping[str, Any]) -> HostKeys:
    """Read the JSON document of the keys."""
    return HostKeys(document["masterKey"], document.get("functionKeys", {}), document.get("systemKeys", {}))
