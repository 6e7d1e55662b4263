"""Names and ids: applications, public instance ids, and the ids of the router's own orchestrations."""

import re
from dataclasses import dataclass
from datetime import datetime

from version_registry.errors import InvalidNameError

_APPLICATION = re.compile(r"[a-z][a-z0-9-]{0,23}")
_INSTANCE_KEY = re.compile(r"[A-Za-z0-9._:=+,-][A-Za-z0-9._:@=+,-]{0,149}")
_LONGEST_PUBLIC_ID = 200
_SEPARATOR = "~"
CHANGE_PREFIX = "change~"


@dataclass(frozen=True, slots=True)
class PublicId:
    """An instance id as clients and apps know it: it carries its line, so a follow-up needs no look-up."""

    line: str
    key: str

    def __str__(self) -> str:
        """Give the id as it is stored by the app."""
        return f"{self.line}{_SEPARATOR}{self.key}"


def check_application(name: str) -> str:
    """Return the name when it can be an application's."""
    if not _APPLICATION.fullmatch(name):
        raise InvalidNameError(
            f"{name[:40]!r} is not an application name: a letter, then letters, digits and '-', 24 at most, lower case"
        )
    return name


def check_instance_key(key: str) -> str:
    """Return the part of an instance id that a client may choose, when it is fit."""
    if not _INSTANCE_KEY.fullmatch(key):
        raise InvalidNameError("an instance id has 1 to 150 characters of A-Z a-z 0-9 . _ : @ = + , - and no leading @")
    return key


def make_public_id(line: str, key: str) -> PublicId:
    """Join a line and a checked key."""
    public_id = PublicId(line, check_instance_key(key))
    if len(str(public_id)) > _LONGEST_PUBLIC_ID:
        raise InvalidNameError(f"an instance id with its line has at most {_LONGEST_PUBLIC_ID} characters")
    return public_id


def parse_public_id(text: str) -> PublicId:
    """Take a public instance id apart."""
    line, separator, key = text.partition(_SEPARATOR)
    if not separator or not line:
        raise InvalidNameError("an instance id starts with its line, such as 1.4~0f3c")
    return make_public_id(line, key)


def archive_id(line: str, instance_id: str) -> str:
    """Name an instance in the archive. Ids that an app gave say nothing of a line, and no public id has two `~`."""
    is_public = instance_id.startswith(f"{line}{_SEPARATOR}")
    return instance_id if is_public else f"{line}{_SEPARATOR * 2}{instance_id}"


def deploy_id(application: str, version: str, attempt: str | int) -> str:
    """Name a deploy_release orchestration."""
    return f"deploy~{application}~{version}~{attempt}"


def retire_id(application: str, line: str, generation: int, attempt: str | int) -> str:
    """Name a retire_line orchestration."""
    return f"retire~{application}~{line}~g{generation}~{attempt}"


def start_id(application: str, public_id: PublicId | str) -> str:
    """Name the orchestration that delivers an accepted start."""
    return f"start~{application}~{public_id}"


def monitor_id(application: str) -> str:
    """Name an application's monitor."""
    return f"monitor~{application}"


def attempt_number(table_generation: int, now: datetime) -> str:
    """Number an attempt: the same for a minute, then new, so that one that died before its first change is repeated."""
    return f"{table_generation}-{int(now.timestamp()) // 60}"


def change_id(application: str, unique: str) -> str:
    """Name the orchestration of one change of the table."""
    return f"{CHANGE_PREFIX}{application}~{unique}"


def is_change_id(operation: str) -> bool:
    """Tell whether an orchestration is one change of a table."""
    return operation.startswith(CHANGE_PREFIX)


def parse_start_id(operation: str) -> tuple[str, PublicId] | None:
    """Tell which start of which application an orchestration delivers; None if it is no delivery."""
    kind, _, rest = operation.partition("~")
    application, separator, public_id = rest.partition("~")
    if kind != "start" or not separator:
        return None
    return application, parse_public_id(public_id)
