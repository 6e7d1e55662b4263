"""Which histories of the router's own orchestrations may go, and when."""

from datetime import timedelta

import pytest
from registry_builders import NOW

from version_registry.histories import CHANGE_RETENTION, EndedOperation, Fate, judge_history
from version_registry.identifiers import PublicId, change_id, deploy_id, is_change_id, parse_start_id, start_id

RETENTION = timedelta(days=7)
LATE, EARLY = NOW - RETENTION, NOW - RETENTION + timedelta(seconds=1)
START, DEPLOY = start_id("orders", "1.0~a-b"), deploy_id("orders", "1.0.0", "7-1")
CHANGE = change_id("orders", "0f3c")


@pytest.mark.parametrize(
    ("operation", "ended_at", "completed", "fate"),
    [
        pytest.param(DEPLOY, EARLY, True, Fate.KEEP, id="a deploy within its retention"),
        pytest.param(DEPLOY, LATE, True, Fate.PURGE, id="a deploy"),
        pytest.param(DEPLOY, LATE, False, Fate.PURGE, id="a deploy that failed: the release says why"),
        pytest.param(START, LATE, True, Fate.PURGE, id="a delivered start: its app knows more"),
        pytest.param(START, EARLY, False, Fate.KEEP, id="an undelivered start within its retention"),
        pytest.param(START, LATE, False, Fate.ARCHIVE, id="an undelivered start: nothing else tells its status"),
        pytest.param(CHANGE, NOW - CHANGE_RETENTION, True, Fate.PURGE, id="a change"),
        pytest.param(CHANGE, NOW - CHANGE_RETENTION / 2, True, Fate.KEEP, id="a change that may still be read"),
        pytest.param("0f3c9a", LATE, True, Fate.PURGE, id="a change of an older router"),
    ],
)
def test_a_history_is_kept_as_long_as_somebody_can_ask_for_it(operation, ended_at, completed, fate):
    assert judge_history(EndedOperation(operation, ended_at, completed), NOW, RETENTION) is fate


def test_a_change_is_kept_until_nobody_waits_for_its_outcome_however_short_the_retention():
    assert judge_history(EndedOperation(CHANGE, NOW, True), NOW, timedelta(0)) is Fate.KEEP


@pytest.mark.parametrize("operation", [DEPLOY, CHANGE, "start", "start~orders", "0f3c"])
def test_only_deliveries_are_read_as_starts(operation):
    assert parse_start_id(operation) is None


def test_the_id_of_a_delivery_names_application_and_instance():
    assert parse_start_id(start_id("orders", "1.0~a-b:c")) == ("orders", PublicId("1.0", "a-b:c"))
    assert is_change_id(CHANGE)
    assert not is_change_id(START)
