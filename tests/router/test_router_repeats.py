"""Idempotency keys against a router of several processes: whatever arrives at the same moment is started once."""

import hashlib
import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from router_driver import problem_of
from stack_with import driver_of, stack_with
from version_package import zip_version

from provisioning import Claim, Claims, open_store
from router_app.http.start_requests import digest_input

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

TALLY = """

@app.orchestration_trigger(context_name="context")
def tally(context):
    return (yield context.call_activity("note_down", context.get_input()))


@app.activity_trigger(input_name="file", activity="note_down")
def note_down(file):
    with open(file, "a") as notes:
        notes.write("ran\\n")
"""


@pytest.fixture(scope="module")
def wide_router(tmp_path_factory):
    """A router whose host runs three worker processes, which share no memory."""
    with stack_with(tmp_path_factory.mktemp("wide"), FUNCTIONS_WORKER_PROCESS_COUNT="3") as stack:
        router = driver_of(stack, "repeated")
        router.deploy("1.0.0", zip_version("1.0.0", more=TALLY))
        router.call("admin", "PUT", "/policy", json={"keep_last": 10})
        router.store = stack.state_dir / "store"
        await_that_all_processes_know(router)
        yield router
        router.close()


def await_that_all_processes_know(router):
    """Each process reads the new table when its snapshot is too old."""
    deadline = time.monotonic() + 30
    with ThreadPoolExecutor(9) as pool:
        while {one.status_code for one in pool.map(lambda _: router.start("echo"), range(9))} != {202}:
            assert time.monotonic() < deadline


def start_tally(router, key, file):
    return router.start("tally", str(file), headers={"Idempotency-Key": key})


@pytest.mark.parametrize("round_", range(8))
def test_repeats_at_once_in_several_processes_run_once_although_the_first_ends_quickly(wide_router, tmp_path, round_):
    notes = tmp_path / "notes"
    with ThreadPoolExecutor(9) as pool:
        answers = list(pool.map(lambda _: start_tally(wide_router, f"race-{round_}", notes), range(9)))
    assert {answer.status_code for answer in answers} == {202}, [answer.text for answer in answers]
    (instance,) = {answer.json()["id"] for answer in answers}
    assert wide_router.finished(instance)["runtimeStatus"] == "Completed"
    again = start_tally(wide_router, f"race-{round_}", notes)
    assert again.json()["id"] == instance
    assert notes.read_text() == "ran\n"


@pytest.mark.parametrize("age", [timedelta(0), timedelta(hours=1)], ids=["a moment ago", "long ago"])
def test_a_claim_whose_process_died_before_it_sent_the_start_is_taken_over(wide_router, tmp_path, age):
    key, notes = f"orphaned-{age.seconds}", tmp_path / "notes"
    digest = hashlib.sha256("\n".join(("repeated", "tally", key)).encode()).hexdigest()
    own_part = f"key-{digest[:40]}"
    claim = Claim(f"1.0~{own_part}", digest_input(json.dumps(json.dumps(str(notes)))), datetime.now(UTC) - age)
    assert Claims(open_store(wide_router.store.as_uri())).make("repeated", own_part, claim)
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda _: start_tally(wide_router, key, notes), range(5)))
    assert {answer.status_code for answer in answers} == {202}, [answer.text for answer in answers]
    assert {answer.json()["id"] for answer in answers} == {claim.instance_id}
    wide_router.finished(claim.instance_id)
    assert notes.read_text() == "ran\n"


def test_a_key_with_another_body_is_refused_and_with_the_same_one_written_differently_is_not(wide_router):
    headers = {"Idempotency-Key": "one-body", "Content-Type": "application/json"}

    def post(content):
        return wide_router.call("client", "POST", "/orchestrations/echo", content=content, headers=headers)

    first = post(b'{"a": 1, "b": [2]}')
    assert first.status_code == 202, first.text
    assert post(b'{ "b":[2],  "a":1 }').json()["id"] == first.json()["id"]
    reused = post(b'{"a": 2}')
    assert (reused.status_code, problem_of(reused)) == (422, "idempotency-key-reused")


def test_a_key_whose_start_the_app_refused_may_be_used_again(wide_router):
    headers = {"Idempotency-Key": "put-right"}
    refused = wide_router.start("no_such_thing", 1, headers=headers)
    assert refused.status_code == 404
    assert wide_router.start("echo", 1, headers=headers).status_code == 202


def test_repeats_around_a_promotion_stay_on_the_line_of_the_first(wide_router, tmp_path):
    notes = tmp_path / "notes"
    wide_router.release("1.1.0", zip_version("1.1.0", more=TALLY))
    answers = []
    with ThreadPoolExecutor(6) as pool:
        # Started while the release goes on, so that processes decide on tables of before and after it.
        while wide_router.routes()["current"] != "1.1":
            number = len(answers)
            answers.append(list(pool.map(lambda _, n=number: start_tally(wide_router, f"move-{n}", notes), range(6))))
    for group in answers:
        assert {answer.status_code for answer in group} == {202}, [answer.text for answer in group]
        (instance,) = {answer.json()["id"] for answer in group}
        wide_router.finished(instance)
    assert notes.read_text().count("ran") == len(answers)
