"""The effect that deletes an app: what it hands on of a deletion that takes long, or is locked."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

from provisioning import Pending, PermanentError, TemporaryError
from router_app.effects.context import EffectContext
from router_app.effects.registry import execute_effect
from router_app.parts import Parts
from router_app.settings import read_settings

ARGS = {"application": "orders", "line": "1.0", "generation": 1, "app": {"name": "orders-app", "host": "x"}}
ENV = {"ROUTER_ID": "main", "ROUTER_SUBSCRIPTION_ID": "s", "ROUTER_RESOURCE_GROUP": "g", "ROUTER_LOCATION": "l"}
LOCKED = TemporaryError("the lock keep", "locked", timedelta(seconds=10))
OUTCOMES = {
    "done": (("app orders-app",), {"ok": {"deleted": ["app orders-app"]}}),
    "under way": (
        Pending("token-2", timedelta(seconds=7), "deleting app orders-app"),
        {"pending": {"continuation": "token-2", "doing": "deleting app orders-app"}, "retry_after": 7.0},
    ),
    "locked": (LOCKED, {"retry": {"reason": "the lock keep", "retry_after": 10.0, "code": "locked"}}),
    "not ours": (PermanentError("no", "not_ours"), {"failed": {"code": "not_ours", "reason": "no"}}),
}


@pytest.mark.parametrize("continuation", [None, "token-1"])
@pytest.mark.parametrize(("answer", "outcome"), OUTCOMES.values(), ids=OUTCOMES)
async def test_a_deletion_is_begun_or_followed_and_its_outcome_handed_on(tmp_path, answer, outcome, continuation):
    asked = []

    def ensure_absent(name, tags, given):
        asked.append((name, tags["durable-router-line"], given))
        if isinstance(answer, Exception):
            raise answer
        return answer

    parts = Parts(read_settings({**ENV, "ROUTER_STORE": tmp_path.as_uri()}))
    parts.__dict__["platform"] = SimpleNamespace(ensure_absent=ensure_absent)
    args = {**ARGS, "continuation": continuation} if continuation else ARGS

    assert await execute_effect(EffectContext(parts, None), "delete_app", args) == outcome
    assert asked == [("orders-app", "1.0", continuation)]
