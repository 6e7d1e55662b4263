"""Failures of Azure, met by a whole router: the class of each shows in what becomes of the release, and its cause in
the release's conditions. The whole table, without a router, is in tests/provisioning/test_failure_table.py.
"""

import itertools

import pytest
from azure_trouble import AzureTrouble
from version_package import zip_version

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


@pytest.fixture
def trouble(stack):
    opened = []

    def of(application):
        opened.append(AzureTrouble(stack, application))
        return opened[-1]

    yield of
    for one in opened:
        one.close()


def released(router, version="1.0.0"):
    """Post a release; return where its operation is looked at."""
    answer = router.release(version, zip_version(version))
    assert answer.status_code == 202, answer.text
    return lambda: router.http.get(
        answer.headers["Operation-Location"], headers={"x-functions-key": router.keys["release"]}
    )


def ended(router, look):
    """The release once its deploy is over, and the condition that says how."""
    release = router.await_json(
        look,
        lambda release: release["operation"]["status"] not in ("Pending", "Running"),
        what="the deploy to end",
        seconds=90,
    )
    outcome = next((one for one in release["conditions"] if one["type"] == "Active"), None)
    return release, outcome


# where it fails, how -> the release's reason and the words of Azure that stand in its conditions
FOR_A_PERSON = {
    "too many plans": ("serverfarms", "plan_limit", "plan_quota", "maximum number of FlexConsumption ServerFarms"),
    "no quota": ("serverfarms", "compute_quota", "compute_quota", "without additional quota"),
    "no right": ("sites", "forbidden", "forbidden", "Microsoft.Web/sites/write"),
    "policy": ("sites", "disallowed", "disallowed_by_policy", "was disallowed by policy"),
}


@pytest.mark.parametrize("case", FOR_A_PERSON, ids=str)
def test_what_only_a_person_can_solve_fails_the_release_with_its_cause_and_leaves_nothing(open_router, trouble, case):
    kind, fault, reason, words = FOR_A_PERSON[case]
    application = case.replace(" ", "-")
    router, azure = open_router(application), trouble(application)
    azure.on("PUT", kind, fault)

    release, outcome = ended(router, released(router))

    assert (release["status"], outcome["reason"]) == ("failed", reason)
    assert words in outcome["message"]
    assert azure.sites() == []
    # The cause is gone: the same package can be sent again.
    assert ended(router, released(router))[0]["status"] == "active"


def test_what_passes_is_waited_for_and_said_meanwhile(open_router, trouble):
    router, azure = open_router("patient"), trouble("patient")
    throttled = azure.on("PUT", "serverfarms", "throttled", retryAfter=3)
    away = azure.on_publish("unavailable")
    look = released(router)

    said = router.await_json(
        look,
        lambda release: "429 TooManyRequests" in str(release["conditions"]),
        what="the release to say that it is throttled",
    )
    assert said["operation"]["status"] == "Running"
    release, _ = ended(router, look)

    assert (release["status"], release["operation"]["status"]) == ("active", "Completed")
    assert (azure.hits(throttled), azure.hits(away)) == (1, 1)


def test_a_failed_build_fails_the_release_with_the_end_of_its_log(open_router, trouble):
    router, azure = open_router("unbuilt"), trouble("unbuilt")
    azure.on_publish("build_failure")
    release, outcome = ended(router, released(router))

    assert (release["status"], outcome["reason"]) == ("failed", "deploy_failed")
    assert "No matching distribution found for such-a-library==9.9" in outcome["message"]
    assert azure.sites() == []


def test_a_name_that_somebody_else_has_is_passed_over(open_router, trouble):
    router, azure = open_router("renamed"), trouble("renamed")
    azure.on("PUT", "sites", "name_taken")
    router.deploy("1.0.0", zip_version("1.0.0"))
    assert azure.sites() == [router.line("1.0")["app"]["name"]]
    assert router.finished(router.start("echo").json()["id"])["runtimeStatus"] == "Completed"


def test_an_answer_that_is_lost_leads_to_one_app_and_one_deployment(open_router, trouble):
    router, azure = open_router("lost"), trouble("lost")
    for kind in ("serverfarms", "sites"):
        azure.on("PUT", kind, "lost_answer", times=2)
    azure.on_publish("lost_answer")

    router.deploy("1.0.0", zip_version("1.0.0"))

    (site,) = azure.sites()
    assert site == router.line("1.0")["app"]["name"]
    assert [one["status"] for one in azure.deployments(site)] == [4]


def test_a_locked_app_is_kept_its_line_names_the_lock_and_it_goes_when_the_lock_is_gone(open_router, trouble):
    router, azure = open_router("locked"), trouble("locked")
    router.deploy("1.0.0", zip_version("1.0.0"))
    site = router.line("1.0")["app"]["name"]
    azure.lock("PUT", site)
    router.deploy("1.1.0", zip_version("1.1.0"))

    line = router.await_line("1.0", "retiring")
    router.await_json(
        lambda: router.call("admin", "GET", "/routes"),
        lambda _: "audit (CanNotDelete: ask Ada)" in str(router.line("1.0")),
        what="the line to name the lock",
    )
    assert site in azure.sites()
    azure.lock("DELETE", site)

    line = router.await_line("1.0", "retired", seconds=90)
    assert f"app {site}" in line["receipt"]["deleted"]
    assert site not in azure.sites()


def test_a_killed_router_goes_on_with_the_operations_of_azure_that_were_under_way_and_begins_none_twice(
    open_router, trouble
):
    router, azure = open_router("killed"), trouble("killed")
    long_running = {
        kind: azure.on("PUT", kind, "long_running", polls=3, retryAfter=1) for kind in ("serverfarms", "sites")
    }
    more = {kind: azure.count("PUT", kind) for kind in long_running}
    router.release("1.0.0", zip_version("1.0.0"))
    for kind, rule in long_running.items():
        azure.await_hits(rule, 1)
        # The operation is noted in the orchestration once the release says what it waits for.
        doing = {"serverfarms": "PutPlan", "sites": "PutSite"}[kind]
        router.await_json(
            lambda: router.call("release", "GET", "/releases/1.0.0"),
            lambda release, doing=doing: doing in str(release["conditions"]),
            what=f"the release to wait for {doing}",
        )
        azure.kill_router()

    router.deploy("1.0.0", zip_version("1.0.0"))

    assert [azure.hits(rule) for rule in long_running.values()] == [1, 1]
    assert [azure.hits(rule) for rule in more.values()] == [0, 0]
    assert len(azure.deployments(router.line("1.0")["app"]["name"])) == 1


def test_a_deletion_that_takes_long_is_followed_by_a_killed_router_and_asked_for_once(open_router, trouble):
    router, azure = open_router("leaving"), trouble("leaving")
    router.deploy("1.0.0", zip_version("1.0.0"))
    site = router.line("1.0")["app"]["name"]
    deletion = azure.on("DELETE", "sites", "long_running", polls=3)
    again = azure.count("DELETE", "sites")
    polls = azure.count_polls()
    router.deploy("1.1.0", zip_version("1.1.0"))
    # The first poll is a step of its own: by then the operation is noted in the orchestration.
    azure.await_hits(polls, 1)
    azure.kill_router()

    line = router.await_line("1.0", "retired", seconds=90)

    assert f"app {site}" in line["receipt"]["deleted"]
    assert (azure.hits(deletion), azure.hits(again)) == (1, 0)
    assert site not in azure.sites()


def test_patches_that_supersede_each_other_while_they_run_are_settled_one_after_the_other_across_a_kill(
    open_router, trouble
):
    router, azure = open_router("hasty"), trouble("hasty")
    router.deploy("1.0.0", zip_version("1.0.0"))
    site = router.line("1.0")["app"]["name"]
    azure.on_publish("slow", times=None, seconds=1.5)
    looks = {version: released(router, version) for version in ("1.0.1", "1.0.2", "1.0.3")}
    router.await_json(
        lambda: router.call("release", "GET", "/releases/1.0.1"),
        lambda release: "AppReady" in str(release["conditions"]),
        what="1.0.1 to be published",
    )
    azure.kill_router()

    router.deploy("1.0.3", zip_version("1.0.3"))
    assert [ended(router, look)[0]["status"] for look in looks.values()] == ["superseded", "superseded", "active"]

    done = azure.deployments(site)
    assert {one["status"] for one in done} == {4}
    assert len({one["deployer"] for one in done}) == len(done), "no package was deployed twice"
    gaps = [(one["end_time"], after["start_time"]) for one, after in itertools.pairwise(done)]
    assert all(end <= start for end, start in gaps), f"never two at once: {gaps}"
    assert [one["active"] for one in done] == [False] * (len(done) - 1) + [True]
    assert router.finished(router.start("echo").json()["id"])["output"]["version"] == "1.0.3"
