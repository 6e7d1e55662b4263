"""An app that somebody has locked: its removal waits, names the lock, and goes on when that is gone."""

import httpx
import pytest

from provisioning import Ready, TemporaryError


@pytest.fixture
def locks(place, local_azure, identity):
    """Sets and takes away locks in the test's group, by hand as a person would."""
    bootstrap = local_azure.bootstrap
    query = {"api-version": "2019-08-01", "resource": "https://management.azure.com"}
    header = {"X-IDENTITY-HEADER": bootstrap["identityHeader"]}
    token = httpx.get(bootstrap["identityEndpoint"], params=query, headers=header).json()["access_token"]
    group = f"/subscriptions/{place.settings.subscription_id}/resourceGroups/{place.settings.resource_group}"
    with httpx.Client(
        base_url=bootstrap["baseUrl"],
        headers={"Authorization": f"Bearer {token}"},
        params={"api-version": "2020-05-01"},
    ) as http:
        yield lambda method, scope, **body: http.request(
            method, f"{group}{scope}/providers/Microsoft.Authorization/locks/audit-2027", **body
        ).raise_for_status()


def ensured(place, spec):
    result = place.platform.ensure_app(spec)
    while not isinstance(result, Ready):
        result = place.platform.ensure_app(spec, result.continuation)


@pytest.mark.parametrize("level", ["CanNotDelete", "ReadOnly"])
@pytest.mark.parametrize("where", ["app", "group", "plan"])
def test_a_locked_app_is_kept_until_the_lock_is_gone_and_the_refusal_names_the_lock(place, locks, where, level):
    spec = place.spec()
    ensured(place, spec)
    below = {"app": f"sites/{spec.name}", "plan": f"serverfarms/{spec.plan_name}"}.get(where)
    scope = f"/providers/Microsoft.Web/{below}" if below else ""
    lock = {"properties": {"level": level, "notes": "ask Ada first"}}
    locks("PUT", scope, json=lock)

    for _ in range(2):
        with pytest.raises(TemporaryError, match=r"locks: audit-2027 \((CanNotDelete|ReadOnly): ask Ada first\)") as it:
            place.platform.ensure_absent(spec.name, spec.tags)
        assert it.value.code == "locked"
        assert "are locked" in it.value.message
    assert place.platform._arm.get_plan(spec.plan_name) is not None

    locks("DELETE", scope)
    last = f"plan {spec.plan_name}" if where == "plan" else f"app {spec.name}"
    assert place.platform.ensure_absent(spec.name, spec.tags)[-1] == last
    assert place.platform._arm.get_plan(spec.plan_name) is None
    assert place.platform._arm.get_site(spec.name) is None


def test_a_refusal_whose_locks_cannot_be_read_is_passed_on(scripted, scripted_platform, reply):
    tags = {f"durable-router-{name}": "router-under-test" for name in ("id", "application", "line", "generation")}
    locked = {"error": {"code": "ScopeLocked", "message": "the group is locked"}}
    scripted.on("GET", "/sites/", reply(200, {"name": "a-b", "tags": tags, "properties": {"state": "Running"}}))
    scripted.on("GET", "/serverfarms/", reply(404, {"error": {"code": "ResourceNotFound"}}))
    scripted.on("POST", "/config/appsettings/list", reply(200, {"properties": {}}))
    scripted.on("GET", "/locks", reply(403, {"error": {"code": "AuthorizationFailed", "message": "no"}}))
    scripted.on("POST", "/stop", reply(409, locked))

    with pytest.raises(TemporaryError, match=r"the group is locked\)$") as caught:
        scripted_platform.ensure_absent("a-b", tags)

    assert caught.value.code == "locked"
