"""A slot's whole life through the backend: made, published to, swapped to and fro by processes that die, removed."""

import asyncio
import json

import pytest

from provisioning import (
    AzurePlatform,
    Hosting,
    Pending,
    Ready,
    VersionApp,
    choose_plan_name,
    open_session,
)

CODE = """
import azure.durable_functions as df
import azure.functions as func

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)

@app.orchestration_trigger(context_name="context")
def wait_for_go(context):
    yield context.wait_for_external_event("go")
    return (yield context.call_activity("version", None))

@app.activity_trigger(input_name="nothing")
def version(nothing) -> str:
    return "VERSION"

@app.route(route="only_in_VERSION")
def only_in_VERSION(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("VERSION")
"""


@pytest.fixture
def app(place):
    """An app on Premium with a slot, both still empty."""
    plan = choose_plan_name("", place.settings.router_id, Hosting.PREMIUM)
    spec = place.spec(hosting=Hosting.PREMIUM, plan_name=plan)
    followed(place, lambda platform, continuation: platform.ensure_app(spec, continuation))
    followed(place, lambda platform, continuation: platform.ensure_slot(spec.name, "staging", continuation))
    return spec


def followed(place, step):
    """Follow an operation to its end, each look by another process."""
    result = step(AzurePlatform(place.settings), None)
    looks = 1
    while isinstance(result, Pending):
        result = step(AzurePlatform(place.settings), result.continuation)
        looks += 1
    assert result is None or isinstance(result, Ready)
    return looks


def published(place, wait_until, make_app, spec, version, slot=""):
    package = make_app(CODE.replace("VERSION", version), f"{version}.zip")
    deployment = place.platform.publish(spec.name, package, version.ljust(64, "0"), slot=slot)
    wait_until(lambda: place.platform.check_deployment(spec.name, deployment, slot=slot).status == "succeeded")


def runs(place, wait_until, spec, version):
    def is_run():
        health = place.platform.observe_health(spec.name)
        return health.ready and f"only_in_{version}" in [function.name for function in health.functions]

    wait_until(is_run)


def swapped(place, spec):
    return followed(place, lambda platform, continuation: platform.swap_slot(spec.name, "staging", continuation))


def with_app(place, spec, talk):
    """Talk to production as the router does."""

    async def run():
        base_url = f"http://{place.platform.host_of(spec.name)}"
        async with open_session() as session:
            return await talk(VersionApp(session, base_url, place.platform.host_keys(spec.name)))

    return asyncio.run(run())


def status_of(place, spec):
    answer = with_app(place, spec, lambda app: app.manage("GET", "instances/order-1", body=b"", query={}, headers={}))
    return json.loads(answer.body)


def test_code_moves_in_a_swap_and_instances_stay_where_they_are(place, app, make_app, wait_until):
    published(place, wait_until, make_app, app, "one")
    runs(place, wait_until, app, "one")
    started = with_app(place, app, lambda version_app: version_app.start("wait_for_go", "order-1", b"", {}))
    assert started.status == 202, started.body
    published(place, wait_until, make_app, app, "two", slot="staging")
    runs(place, wait_until, app, "one")

    assert swapped(place, app) > 1, "a swap takes more than one look"

    runs(place, wait_until, app, "two")
    found = with_app(place, app, lambda version_app: version_app.count_unfinished())
    assert found.unfinished == 1
    raised = with_app(
        place,
        app,
        lambda version_app: version_app.manage(
            "POST",
            "instances/order-1/raiseEvent/go",
            body=b'"now"',
            query={},
            headers={"Content-Type": "application/json"},
        ),
    )
    assert raised.status == 202, raised.body
    wait_until(lambda: status_of(place, app)["runtimeStatus"] == "Completed")
    assert status_of(place, app)["output"] == "two", "what began on the old code went on with the new"


def test_a_bad_version_is_swapped_back_and_the_next_one_goes_the_same_way(place, app, make_app, wait_until):
    published(place, wait_until, make_app, app, "one")
    published(place, wait_until, make_app, app, "two", slot="staging")
    swapped(place, app)
    runs(place, wait_until, app, "two")
    swapped(place, app)
    runs(place, wait_until, app, "one")
    # A slot that is as it should be stays so, and takes the next package.
    followed(place, lambda platform, continuation: platform.ensure_slot(app.name, "staging", continuation))
    published(place, wait_until, make_app, app, "three", slot="staging")
    swapped(place, app)
    runs(place, wait_until, app, "three")

    assert place.platform.ensure_absent(app.name, app.tags) == (f"app {app.name}",)
    assert AzurePlatform(place.settings).list_owned() == ()
