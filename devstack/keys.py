"""The keys of a local router: made once, kept in one file that only its owner reads."""

import json
import os
import secrets
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class RouterKeys:
    """One key for each role."""

    client: str = field(repr=False)
    release: str = field(repr=False)
    admin: str = field(repr=False)


def load_or_create_keys(path: Path) -> RouterKeys:
    """Return the keys of an earlier start, or make and keep new ones."""
    if path.exists():
        return RouterKeys(**json.loads(path.read_text()))
    keys = RouterKeys(*(secrets.token_urlsafe(32) for _ in range(3)))
    # mkstemp creates with mode 0600; the rename keeps it and never shows a half-written file.
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".keys-")
    with os.fdopen(handle, "w") as file:
        json.dump(asdict(keys), file, indent=2)
    Path(temporary).replace(path)
    return keys
