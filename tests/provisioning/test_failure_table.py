"""The failure table of the design, row by row: the local Azure is made to fail so, and the router's Azure backend, with
the real SDK clients over HTTP, ends in the right class (retry after, give up, ask a person) with the real cause.
"""

import dataclasses
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import httpx
import pytest

from provisioning import (
    AppHealth,
    AppSpec,
    DeploymentState,
    DeploymentStatus,
    PermanentError,
    Ready,
    TemporaryError,
    candidate_names,
    index_package,
)
from provisioning.azure_backend.bodies import site_body
from router_app.effects.apps import doubt_about

DESIGN = Path(__file__).parents[3] / "shared" / "design" / "AZURE.md"
F = TypeVar("F", bound=Callable[..., object])
COVERED: dict[str, list[str]] = {}


def row(case: str) -> Callable[[F], F]:
    """Say which row of the table a test is about."""

    def note(test: F) -> F:
        COVERED.setdefault(case, []).append(test.__name__)
        return test

    return note


class Faults:
    """Sets faults in the local Azure, and tells how often they struck."""

    def __init__(self, http: httpx.Client, group: str) -> None:
        self._http = http
        self._group = group

    def on_resource(self, method: str, path: str, fault: str, **rule: object) -> str:
        """Let calls of Resource Manager about the test's own group fail."""
        return self._set(f"**/{self._group}/{path}".replace("///", "/"), fault, method=method, **rule)

    def on_scm(self, app: str, path: str, fault: str, **rule: object) -> str:
        return self._set(f"scm/{app}{path}", fault, **rule)

    def hits(self, rule: str) -> int:
        rules = self._http.get("/local-azure/faults").raise_for_status().json()["value"]
        return next(one["hits"] for one in rules if one["id"] == rule)

    def clear(self) -> None:
        self._http.delete("/local-azure/faults").raise_for_status()

    def _set(self, path: str, fault: str, **rule: object) -> str:
        answer = self._http.post("/local-azure/faults", json={"path": path, "fault": fault, **rule})
        return str(answer.raise_for_status().json()["id"])


@pytest.fixture
def faults(place, local_azure) -> Iterator[Faults]:
    bootstrap = local_azure.bootstrap
    query = {"api-version": "2019-08-01", "resource": "https://management.azure.com"}
    header = {"X-IDENTITY-HEADER": bootstrap["identityHeader"]}
    token = httpx.get(bootstrap["identityEndpoint"], params=query, headers=header).json()["access_token"]
    with ExitStack() as stack:
        http = stack.enter_context(
            httpx.Client(base_url=bootstrap["baseUrl"], headers={"Authorization": f"Bearer {token}"})
        )
        faults = Faults(http, place.settings.resource_group)
        stack.callback(faults.clear)
        yield faults


def ensured(place, spec: AppSpec) -> str:
    result = place.platform.ensure_app(spec)
    while not isinstance(result, Ready):
        result = place.platform.ensure_app(spec, result.continuation)
    return result.app.name


def refusal(place, spec: AppSpec) -> PermanentError | TemporaryError:
    with pytest.raises((PermanentError, TemporaryError)) as caught:
        ensured(place, spec)
    return caught.value


def deployed(place, wait_until, app: str, package: Path, digest: str = "") -> DeploymentState:
    deployment = place.platform.publish(app, package, digest)

    def ended() -> DeploymentState | None:
        state = place.platform.check_deployment(app, deployment)
        return None if state.status is DeploymentStatus.PENDING else state

    return wait_until(ended)


def test_every_row_of_the_design_is_here_and_no_other() -> None:
    if not DESIGN.exists():
        pytest.skip("the design documents are not beside this checkout (../shared/design/AZURE.md)")
    section = DESIGN.read_text().partition("## Failure modes")[2].partition("\n## ")[0]
    cells = [line.split("|")[1].strip() for line in section.splitlines() if line.startswith("|")]
    rows = [cell for cell in cells if cell != "case" and not re.fullmatch(r"-+", cell)]
    assert len(rows) == 11
    assert set(COVERED) == set(rows)


@row("too many plans/apps")
def test_too_many_plans_ask_a_person_and_say_how_many_there_may_be(place, faults) -> None:
    rule = faults.on_resource("PUT", "providers/Microsoft.Web/serverfarms/*", "plan_limit")
    error = refusal(place, place.spec())
    assert (type(error), error.code) == (PermanentError, "plan_quota")
    assert "maximum number of FlexConsumption ServerFarms allowed in a Subscription is 100" in error.message
    assert "retire or delete lines" in error.message
    assert faults.hits(rule) == 1


@row("compute or region quota")
@pytest.mark.parametrize(
    ("fault", "cause"),
    [("compute_quota", "without additional quota"), ("region_quota", "This region has quota of 0 instances")],
)
def test_a_quota_is_not_taken_for_a_bad_token_and_asks_a_person(place, faults, fault, cause) -> None:
    faults.on_resource("PUT", "providers/Microsoft.Web/serverfarms/*", fault)
    error = refusal(place, place.spec())
    assert (type(error), error.code) == (PermanentError, "compute_quota")
    assert cause in error.message


@row("name taken elsewhere")
def test_a_name_that_somebody_has_taken_since_is_passed_over(place, faults) -> None:
    spec = place.spec()
    faults.on_resource("PUT", f"providers/Microsoft.Web/sites/{spec.name}", "name_taken")
    second = candidate_names(spec.name)[1]
    assert ensured(place, spec) == second
    faults.clear()
    assert ensured(place, spec) == second


@row("name taken elsewhere")
def test_an_app_none_of_whose_names_is_free_asks_a_person(place, faults) -> None:
    faults.on_resource("PUT", "providers/Microsoft.Web/sites/*", "name_taken", times=None)
    error = refusal(place, place.spec())
    assert (type(error), error.code) == (PermanentError, "name_taken")
    assert "already exists" in error.message


@row("Flex PUT without config")
def test_a_flex_app_without_its_section_is_refused_and_ours_always_has_it(place) -> None:
    spec = place.spec()
    ensured(place, spec)
    whole = site_body(spec, spec.app_settings, place.platform._arm.plan_id(spec.plan_name))
    half = {**whole, "properties": {name: value for name, value in whole["properties"].items() if "Config" not in name}}
    with pytest.raises(PermanentError, match=r"Site\.FunctionAppConfig is invalid") as caught:
        place.platform._arm.put_site(spec.name, half)
    assert caught.value.code == "invalid_app"
    # A change of the app is a PUT of the whole of it.
    assert ensured(place, dataclasses.replace(spec, instance_memory_mb=4096)) == spec.name


@row("throttled")
def test_a_throttled_call_waits_as_long_as_azure_says_on_the_callers_timer(place, faults) -> None:
    rule = faults.on_resource("PUT", "providers/Microsoft.Web/serverfarms/*", "throttled", retryAfter=17, times=None)
    error = refusal(place, place.spec())
    assert (type(error), error.code) == (TemporaryError, "throttled")
    assert error.retry_after == timedelta(seconds=17)
    assert "429 TooManyRequests" in error.message
    assert faults.hits(rule) == 1
    faults.clear()
    assert ensured(place, place.spec())


@row("no right")
def test_a_missing_right_asks_a_person_and_says_which_right(place, faults) -> None:
    faults.on_resource("PUT", "providers/Microsoft.Web/sites/*", "forbidden")
    error = refusal(place, place.spec())
    assert (type(error), error.code) == (PermanentError, "forbidden")
    assert "Microsoft.Web/sites/write" in error.message
    assert "Website Contributor" in error.message


@row("resource lock")
def test_a_locked_app_is_kept_and_somebody_is_told_while_it_is_tried_again(place, faults) -> None:
    spec = place.spec()
    ensured(place, spec)
    faults.on_resource("DELETE", "providers/Microsoft.Web/sites/*", "scope_locked")
    with pytest.raises(TemporaryError, match="ScopeLocked") as caught:
        place.platform.ensure_absent(spec.name, spec.tags)
    assert (caught.value.code, caught.value.retry_after) == ("locked", timedelta(seconds=10))
    assert [app.name for app in place.platform.list_owned() if app.name == spec.name]
    assert f"app {spec.name}" in place.platform.ensure_absent(spec.name, spec.tags)


@row("publish in progress")
def test_a_package_is_not_posted_while_another_is_being_deployed(place, faults, make_app) -> None:
    app = ensured(place, place.spec())
    faults.on_scm(app, "/api/publish", "stuck_deployment")
    place.platform.publish(app, make_app(), "a" * 64)
    posts = faults.on_scm(app, "/api/publish", "slow", times=None, seconds=0)
    with pytest.raises(TemporaryError, match="is under way") as caught:
        place.platform.publish(app, make_app(), "b" * 64)
    assert (caught.value.code, caught.value.retry_after) == ("publish_in_progress", timedelta(seconds=10))
    assert faults.hits(posts) == 0


@row("publish in progress")
def test_an_endpoint_that_says_that_a_deployment_is_in_progress_is_asked_again_later(place, faults, make_app) -> None:
    app = ensured(place, place.spec())
    rule = faults.on_scm(app, "/api/publish", "busy")
    with pytest.raises(TemporaryError) as caught:
        place.platform.publish(app, make_app(), "a" * 64)
    assert caught.value.code == "publish_in_progress"
    assert faults.hits(rule) == 1
    assert place.platform.publish(app, make_app(), "a" * 64)


@row("Kudu away")
@pytest.mark.parametrize("path", ["/api/publish", "/api/deployments"])
def test_a_deployment_endpoint_that_is_away_is_asked_again_later(place, faults, make_app, path) -> None:
    app = ensured(place, place.spec())
    faults.on_scm(app, path, "unavailable")
    with pytest.raises(TemporaryError) as caught:
        place.platform.publish(app, make_app(), "a" * 64)
    assert (caught.value.code, caught.value.retry_after) == ("unavailable", timedelta(seconds=10))
    assert "503" in caught.value.message
    assert place.platform.publish(app, make_app(), "a" * 64)


def expected(package: Path) -> list[dict[str, str]]:
    return [{"name": one.name, "kind": one.kind.value} for one in index_package(package).functions]


def settled_health(place, wait_until, app: str) -> AppHealth:
    """The health once the host has come to an end of its start, good or bad."""
    return wait_until(
        lambda: found if (found := place.platform.observe_health(app)).ready or found.has_failed else None
    )


@row("built, but the runtime never starts")
def test_a_built_package_whose_runtime_does_not_start_stays_before_the_gate(
    place, faults, make_app, wait_until
) -> None:
    app, package = ensured(place, place.spec()), make_app()
    faults.on_scm(app, "/api/publish", "runtime_fails")
    assert deployed(place, wait_until, app, package).status is DeploymentStatus.SUCCEEDED
    health = settled_health(place, wait_until, app)
    assert (health.ready, health.has_failed) == (False, True)
    assert "the worker process has exited" in doubt_about(health, expected(package), complete=True)


@row("built, but the runtime never starts")
@pytest.mark.parametrize("kind", ["plan", "site"])
def test_an_operation_that_ends_in_runtime_failed_gives_up_with_its_words(
    scripted, scripted_platform, reply, kind
) -> None:
    failed = {"Code": "RuntimeFailed", "Message": "The worker never started.", "Details": [{"ExtendedCode": "04916"}]}
    scripted.on("HEAD", "", reply(204))
    scripted.on("GET", "/providers/Microsoft.Web/", reply(404, {"error": {"code": "ResourceNotFound"}}))
    scripted.on("POST", "/checknameavailability", reply(200, {"nameAvailable": True}))
    scripted.on("PUT", "/serverfarms/", reply(*((409, failed) if kind == "plan" else (200, {}))))
    scripted.on("PUT", "/sites/", reply(409, failed))
    with pytest.raises(PermanentError, match=r"The worker never started\.") as caught:
        scripted_platform.ensure_app(AppSpec("a-b", "plan-a-b", "rg", "westeurope"))
    assert caught.value.code == "runtime_failed"


_MIXED = "only `Warmup` indexed, or old and new code mixed after a deploy"


@row(_MIXED)
def test_an_app_that_has_only_a_warmup_function_stays_before_the_gate(place, faults, make_app, wait_until) -> None:
    app, package = ensured(place, place.spec()), make_app()
    faults.on_scm(app, "/api/publish", "only_warmup")
    assert deployed(place, wait_until, app, package).status is DeploymentStatus.SUCCEEDED
    doubt = doubt_about(settled_health(place, wait_until, app), expected(package), complete=True)
    assert doubt == "The app does not serve yet: counter, greet, hello, wait_for_go."


@row(_MIXED)
def test_an_app_that_goes_on_with_its_old_code_stays_before_the_gate_though_its_functions_are_the_same(
    place, faults, make_app, wait_until
) -> None:
    app = ensured(place, place.spec())
    assert deployed(place, wait_until, app, make_app(), "a" * 64).status is DeploymentStatus.SUCCEEDED
    faults.on_scm(app, "/api/publish", "old_code_stays")
    deployment = place.platform.publish(app, make_app(), "b" * 64)
    state = wait_until(
        lambda: found if "succeeded" in (found := place.platform.check_deployment(app, deployment)).message else None
    )
    assert state == DeploymentState(DeploymentStatus.PENDING, "it succeeded, but the app does not run it yet")
    # A publish once more is a new one: what has been done did not help.
    assert place.platform.publish(app, make_app(), "b" * 64) != deployment
