"""Which id a new instance gets, and which instance a path names."""

import hashlib
import re
from dataclasses import dataclass
from uuid import uuid4

from router_app.http.call import Call
from router_app.problems import Problem
from version_registry.errors import InvalidNameError
from version_registry.identifiers import archive_id, check_instance_key, parse_public_id

IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,255}")


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance, and the line whose app has it or had it."""

    line: str
    id: str
    """As its app stores it: public, with the line; or one that the app gave itself."""

    def __str__(self) -> str:
        """Give the id as people know it."""
        return self.id

    @property
    def is_public(self) -> bool:
        """Tell whether the id alone tells the line."""
        try:
            return parse_public_id(self.id).line == self.line
        except InvalidNameError:
            return False

    @property
    def archived_as(self) -> str:
        """The id under which the archive has it."""
        return archive_id(self.line, self.id)


def choose_key(call: Call, name: str) -> tuple[str, bool]:
    """Return the new instance's id without its line, and whether a repeat is to be answered like the first."""
    given, key = call.route.get("instanceId"), call.headers.get("idempotency-key")
    if given and key:
        raise Problem("invalid-parameter", "Send either an instance id in the path or an Idempotency-Key, not both.")
    if given:
        return _checked(given), False
    if key is None:
        return uuid4().hex, False
    if not IDEMPOTENCY_KEY.fullmatch(key):
        raise Problem("invalid-parameter", "An Idempotency-Key is 1 to 255 visible ASCII characters without spaces.")
    digest = hashlib.sha256(f"{call.application}\n{name}\n{key}".encode()).hexdigest()
    return f"key-{digest[:40]}", True


def existing_id(call: Call) -> Instance:
    """Return the instance that the path names by its public id; Problem if it cannot be one."""
    return public_instance(call.route.get("instanceId", ""))


def public_instance(text: str) -> Instance:
    """Read a public id; Problem if it cannot be one."""
    try:
        public_id = parse_public_id(text)
    except InvalidNameError as error:
        detail = f"{error}. Use the id that the start answered with."
        raise Problem("invalid-instance-id", detail) from error
    return Instance(public_id.line, str(public_id))


def _checked(key: str) -> str:
    try:
        return check_instance_key(key)
    except InvalidNameError as error:
        raise Problem("invalid-instance-id", f"{error}. The router puts the line before it.") from error
