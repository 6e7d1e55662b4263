"""Management locks: on a subscription, a group or a resource, they keep what is below from being deleted or changed."""

from local_azure.control_plane.arm.calls import ArmCall, ArmReply, ArmRoute, arm_route
from local_azure.control_plane.arm.errors import ArmError, arm_error, scope_locked
from local_azure.control_plane.arm.paths import SUBSCRIPTION
from local_azure.control_plane.records import JsonObject, Lock, LockLevel
from local_azure.control_plane.store import Store

_LOCKS = "{scope:path}/providers/Microsoft.Authorization/locks"
_PROVIDER = "/providers/microsoft.authorization/locks"
_CHANGES = {"PUT": "write", "PATCH": "write", "POST": "write", "DELETE": "delete"}


class Locks:
    """The endpoints of locks."""

    def __init__(self, store: Store) -> None:
        """Serve the locks of `store`."""
        self._store = store

    def routes(self) -> list[ArmRoute]:
        """Return what is served."""
        return [
            arm_route("GET", SUBSCRIPTION + "/providers/Microsoft.Authorization/locks", self.list),
            arm_route("GET", _LOCKS, self.list),
            arm_route("PUT", _LOCKS + "/{lock}", self.put),
            arm_route("GET", _LOCKS + "/{lock}", self.get),
            arm_route("DELETE", _LOCKS + "/{lock}", self.delete),
        ]

    async def put(self, call: ArmCall) -> ArmReply:
        """Set a lock: 201 for a new one."""
        properties = call.document().get("properties") or {}
        try:
            level = LockLevel(str(properties.get("level")))
        except ValueError as exc:
            levels = ", ".join(LockLevel)
            raise arm_error(400, "InvalidLockLevel", f"The level of a lock has to be one of: {levels}.") from exc
        before = self._find(call)
        lock = Lock(call.path["scope"], call.path["lock"], level, str(properties.get("notes") or ""))
        self._store.locks.put(lock)
        return ArmReply(200 if before else 201, _lock_json(lock))

    async def get(self, call: ArmCall) -> ArmReply:
        """Return the lock."""
        lock = self._find(call)
        if lock is None:
            raise arm_error(404, "LockNotFound", f"The lock '{call.path['lock']}' could not be found.")
        return ArmReply(200, _lock_json(lock))

    async def delete(self, call: ArmCall) -> ArmReply:
        """Take the lock away; 204 when there is none."""
        found = self._find(call) is not None
        self._store.locks.remove(scope=call.path["scope"], name=call.path["lock"])
        return ArmReply(200 if found else 204)

    async def list(self, call: ArmCall) -> ArmReply:
        """List the locks at the scope and below it."""
        scope = call.path.get("scope") or f"/subscriptions/{call.path['subscription']}"
        found = [lock for lock in self._store.locks.find() if is_within(lock.scope, scope)]
        return ArmReply(200, {"value": [_lock_json(lock) for lock in found]})

    def _find(self, call: ArmCall) -> Lock | None:
        return self._store.locks.get(call.path["scope"], call.path["lock"])


def lock_error(locks: list[Lock], method: str, path: str) -> ArmError | None:
    """Return why locks forbid a call; None when they do not. Locks themselves can always be changed."""
    operation = _CHANGES.get(method)
    lowered = path.lower()
    if operation is None or _PROVIDER in lowered or (method == "POST" and _only_reads(lowered)):
        return None
    level = {LockLevel.CAN_NOT_DELETE, LockLevel.READ_ONLY} if operation == "delete" else {LockLevel.READ_ONLY}
    above = [lock for lock in locks if lock.level in level and is_within(path, lock.scope)]
    # What is deleted takes what is in it along.
    below = [lock for lock in locks if operation == "delete" and is_within(lock.scope, path)]
    scopes = list(dict.fromkeys(lock.scope for lock in [*above, *below]))
    return scope_locked(operation, path, scopes) if scopes else None


def _only_reads(path: str) -> bool:
    """Tell whether a POST asks only: Azure lets names be checked, and counts listing secrets as writing."""
    return path.endswith("/checknameavailability")


def is_within(path: str, scope: str) -> bool:
    """Tell whether a path is a scope or below it."""
    return f"{path.rstrip('/')}/".lower().startswith(f"{scope.rstrip('/')}/".lower())


def _lock_json(lock: Lock) -> JsonObject:
    properties = {"level": lock.level.value, **({"notes": lock.notes} if lock.notes else {})}
    return {
        "id": lock.id,
        "name": lock.name,
        "type": "Microsoft.Authorization/locks",
        "properties": properties,
    }
