"""Where starts and follow-ups go: tables of whole decisions."""

from dataclasses import replace

import pytest
from registry_builders import ORCHESTRATOR, a_current_line, a_line, a_policy, a_release, a_table, an_app

from version_registry.choosing import choose_line, is_on_ramp
from version_registry.model import (
    Condition,
    Function,
    FunctionKind,
    LineStatus,
    PromotePolicy,
    Ramp,
    ReleaseStatus,
    RetiredStarts,
)
from version_registry.routing import (
    Elsewhere,
    Forward,
    Reject,
    RejectKind,
    Wait,
    route_follow_up,
    route_start,
    route_to_version,
)
from version_registry.versions import parse_request

LINES = (
    a_line("0.9", LineStatus.RETIRED),
    a_line("1.0", LineStatus.RETIRED),
    a_line("1.1"),
    a_line("1.2", LineStatus.DRAINING),
    a_current_line("1.3"),
    a_line("1.4", LineStatus.PROVISIONING),
    a_line("1.5.0rc1"),
    a_line("2.0"),
    a_line("2.1", LineStatus.REGISTERED),
    a_line("3.0", LineStatus.RETIRING),
)
TABLE = a_table(*LINES, current="1.3")


def forward(line, reason):
    return Forward(line, an_app(line), 1, reason)


def waits(line, status):
    return Wait(line, f"line {line} is {status}: the start waits until its app is ready")


KNOWN = "0.9, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5.0rc1, 2.0, 2.1, 3.0"


@pytest.mark.parametrize(
    ("requested", "decision"),
    [
        (None, forward("1.3", "the current line")),
        ("", forward("1.3", "the current line")),
        ("latest", forward("2.0", "the highest live line")),
        ("1", forward("1.3", "the highest live line that fits 1")),
        ("2", forward("2.0", "the highest live line that fits 2")),
        ("0", waits("0.9", "retired")),
        ("3", waits("3.0", "retiring")),
        ("1.1", forward("1.1", "named by the request")),
        ("1.1.0", forward("1.1", "named by the request")),
        ("v1.1.99", forward("1.1", "named by the request")),
        ("1.2", Wait("1.2", "line 1.2 is draining; this start takes it back into service")),
        ("1.4", waits("1.4", "provisioning")),
        ("1.0.0", waits("1.0", "retired")),
        ("2.1", waits("2.1", "registered")),
        ("~=1.1", forward("1.3", "the highest live line that fits ~=1.1")),
        (">=1.1,<1.3", forward("1.1", "the highest live line that fits <1.3,>=1.1")),
        (">=1.2,<1.3", Wait("1.2", "line 1.2 is draining; this start takes it back into service")),
        ("==1.1.*", forward("1.1", "the highest live line that fits ==1.1.*")),
        ("!=2.0.0", forward("1.3", "the highest live line that fits !=2.0.0")),
        ("1.5.0-rc.1", forward("1.5.0rc1", "named by the request")),
        ("1.5", Reject(RejectKind.UNKNOWN_VERSION, f"no line fits version 1.5; known: {KNOWN}")),
        ("1.5.0", Reject(RejectKind.UNKNOWN_VERSION, f"no line fits version 1.5; known: {KNOWN}")),
        (">=1.5rc1,<2", Reject(RejectKind.UNKNOWN_VERSION, f"no line fits version <2,>=1.5rc1; known: {KNOWN}")),
        ("4", Reject(RejectKind.UNKNOWN_VERSION, f"no line fits version 4; known: {KNOWN}")),
        ("banana", Reject(RejectKind.INVALID_VERSION, "'banana' is not a version such as 1.4.2 or 1.4.2rc1")),
    ],
)
def test_a_start_goes_where_its_version_says(requested, decision):
    assert route_start(TABLE, requested, "process_order", "key") == decision


@pytest.mark.parametrize(
    ("policy", "requested", "decision"),
    [
        (RetiredStarts.RECREATE, "1.0", waits("1.0", "retired")),
        (RetiredStarts.RECREATE, "3.0", waits("3.0", "retiring")),
        (
            RetiredStarts.REJECT,
            "1.0",
            Reject(RejectKind.RETIRED, "line 1.0 is retired, and policy takes no starts for it"),
        ),
        (
            RetiredStarts.REJECT,
            "3.0",
            Reject(RejectKind.RETIRED, "line 3.0 is retiring, and policy takes no starts for it"),
        ),
        (RetiredStarts.FORWARD_TO_LATEST, "1.0", forward("1.3", "line 1.0 is retired; policy forwards")),
        (RetiredStarts.REJECT, "1.2", Wait("1.2", "line 1.2 is draining; this start takes it back into service")),
    ],
)
def test_policy_says_what_happens_to_starts_of_retired_lines(policy, requested, decision):
    table = replace(TABLE, policy=a_policy(retired_starts=policy))
    assert route_start(table, requested, "process_order", "key") == decision


def test_an_unknown_application_has_no_routes():
    why = "no release of this application was ever registered"
    assert route_start(None, None, "process_order", "key") == Reject(RejectKind.UNKNOWN_APPLICATION, why)


def test_without_a_current_line_a_version_must_be_named():
    decision = route_start(a_table(a_line("1.0", LineStatus.PROVISIONING)), None, "process_order", "key")
    assert decision == Reject(RejectKind.NOT_YET, "no line is current yet; name one of: 1.0")
    assert decision.status == 409


def test_an_orchestrator_that_the_line_does_not_have_is_refused_with_those_it_has():
    entity = Function("counter", FunctionKind.ENTITY)
    table = a_table(a_current_line("1.0", functions=(ORCHESTRATOR, entity)), current="1.0")
    decision = route_start(table, None, "counter", "key")

    assert decision == Reject(
        RejectKind.UNKNOWN_ORCHESTRATOR, "line 1.0 has no orchestrator 'counter'; it has process_order"
    )
    assert isinstance(route_start(table, None, "Process_Order", "key"), Forward)
    assert isinstance(route_to_version(table, None, "key"), Forward), "a pass-through names no orchestrator"


@pytest.mark.parametrize(
    ("functions", "name", "detail"),
    [
        (("b", "a"), "x" * 150, f"'{'x' * 100}'; it has a, b"),
        ((), "x", "'x'; it has none"),
    ],
    ids=["several", "none"],
)
def test_the_orchestrators_that_a_line_has_are_listed(functions, name, detail):
    entity = Function("counter", FunctionKind.ENTITY)
    served = (entity, *(Function(one, FunctionKind.ORCHESTRATOR) for one in functions))
    decision = route_start(a_table(a_current_line("1.0", functions=served), current="1.0"), None, name, "key")
    assert decision == Reject(RejectKind.UNKNOWN_ORCHESTRATOR, f"line 1.0 has no orchestrator {detail}")


def test_a_line_whose_functions_are_unknown_takes_any_name():
    table = a_table(a_current_line("1.0", functions=()), current="1.0")
    assert isinstance(route_start(table, None, "anything", "key"), Forward)


@pytest.mark.parametrize("status", [LineStatus.REGISTERED, LineStatus.RETIRED])
def test_a_line_that_no_release_can_revive_refuses_its_starts(status):
    failure = Condition("Active", False, "package_corrupt", "the zip is cut off", at=a_release("1.0.0").registered_at)
    failed = a_release("1.0.0", ReleaseStatus.FAILED, conditions=(failure,))
    decision = route_start(a_table(a_line("1.0", status, releases=(failed,))), "1.0", "x", "key")

    assert decision == Reject(
        RejectKind.RELEASE_FAILED, "no release of line 1.0 can be deployed: 1.0.0 failed (the zip is cut off)"
    )


def test_a_specifier_is_held_against_the_release_that_runs():
    line = a_current_line(
        "1.0", active="1.0.3", releases=(a_release("1.0.3"), a_release("1.0.9", ReleaseStatus.FAILED))
    )
    table = a_table(line, current="1.0")
    assert isinstance(route_start(table, ">=1.0.3", "process_order", "key"), Forward)
    assert isinstance(route_start(table, ">=1.0.5", "process_order", "key"), Reject)


def test_a_ramp_takes_its_share_and_the_same_id_always_falls_on_the_same_side():
    table = replace(TABLE, ramp=Ramp("2.0", 25))
    lines = {key: route_start(table, None, "process_order", key).line for key in map(str, range(2000))}
    again = {key: route_start(table, None, "process_order", key).line for key in lines}

    assert lines == again
    # The sides are what the next test says: 0 and 28 of a hundred.
    assert route_start(table, None, "process_order", "225") == forward("2.0", "the ramp")
    assert route_start(table, None, "process_order", "0f3c") == forward("1.3", "the current line")
    assert choose_line(replace(TABLE, ramp=Ramp("2.0", 53)), parse_request(None)).name == "2.0", "no id is an id too"
    assert 400 < sum(line == "2.0" for line in lines.values()) < 600
    assert set(lines.values()) == {"1.3", "2.0"}
    assert route_start(table, "1.1", "process_order", "0").line == "1.1", "a start that names a version is not ramped"


@pytest.mark.parametrize(
    ("ready", "less_ready"),
    [
        (LineStatus.LIVE, LineStatus.DRAINING),
        (LineStatus.LIVE, LineStatus.PROVISIONING),
        (LineStatus.DRAINING, LineStatus.REGISTERED),
        (LineStatus.PROVISIONING, LineStatus.REGISTERED),
        (LineStatus.REGISTERED, LineStatus.RETIRING),
        (LineStatus.REGISTERED, LineStatus.RETIRED),
    ],
)
def test_of_lines_that_fit_the_readier_is_chosen_and_only_then_the_newer(ready, less_ready):
    table = a_table(a_line("1.0", ready), a_line("1.1", less_ready))
    assert route_start(table, "1", "process_order", "key").line == "1.0"


@pytest.mark.parametrize(
    ("one", "other"),
    [(LineStatus.DRAINING, LineStatus.PROVISIONING), (LineStatus.RETIRING, LineStatus.RETIRED)],
)
def test_of_lines_that_are_equally_ready_the_newer_is_chosen(one, other):
    for statuses in ((one, other), (other, one)):
        table = a_table(*(a_line(name, status) for name, status in zip(("1.0", "1.1"), statuses, strict=True)))
        assert route_start(table, "1", "process_order", "key").line == "1.1"


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (RejectKind.INVALID_VERSION, 400),
        (RejectKind.UNKNOWN_APPLICATION, 404),
        (RejectKind.UNKNOWN_VERSION, 404),
        (RejectKind.UNKNOWN_ORCHESTRATOR, 404),
        (RejectKind.UNKNOWN_INSTANCE, 404),
        (RejectKind.NOT_YET, 409),
        (RejectKind.RELEASE_FAILED, 409),
        (RejectKind.RETIRED, 410),
    ],
)
def test_every_refusal_has_its_http_status(kind, status):
    assert Reject(kind, "why").status == status


@pytest.mark.parametrize(("key", "side"), [("a", 50), ("order-1", 96), ("0f3c", 28), ("ü", 28), ("225", 0), ("29", 25)])
def test_the_side_of_an_id_is_the_same_in_every_release_of_the_router(key, side):
    # A repeat after an upgrade of the router must not fall on the other side of the ramp.
    assert [is_on_ramp(key, side), is_on_ramp(key, side + 1)] == [False, True]


def test_what_is_known_is_listed_in_the_order_of_versions():
    decision = route_start(a_table(a_line("1.10"), a_line("1.9")), "2", "process_order", "key")
    assert decision == Reject(RejectKind.UNKNOWN_VERSION, "no line fits version 2; known: 1.9, 1.10")


def test_latest_is_never_a_pre_release():
    decision = route_start(a_table(a_line("2.0.0rc1")), "latest", "process_order", "key")
    assert decision == Reject(RejectKind.UNKNOWN_VERSION, "no line fits version latest; known: 2.0.0rc1")


def test_a_line_without_any_release_fits_no_specifier():
    table = a_table(a_line("1.0", LineStatus.REGISTERED, releases=()))
    assert route_start(table, ">=1", "process_order", "key").kind is RejectKind.UNKNOWN_VERSION


def test_latest_is_the_highest_live_line_also_while_it_awaits_promotion():
    table = replace(TABLE, policy=a_policy(promote=PromotePolicy.MANUALLY))
    assert route_start(table, "latest", "process_order", "key").line == "2.0"


@pytest.mark.parametrize(
    ("public_id", "decision"),
    [
        ("1.3~abc", forward("1.3", "the id names the line")),
        ("1.2~abc", forward("1.2", "the id names the line")),
        ("1.5.0rc1~abc", forward("1.5.0rc1", "the id names the line")),
        ("1.0~abc", Elsewhere("1.0", LineStatus.RETIRED)),
        ("3.0~abc", Elsewhere("3.0", LineStatus.RETIRING)),
        ("1.4~abc", Elsewhere("1.4", LineStatus.PROVISIONING)),
        ("7.0~abc", Reject(RejectKind.UNKNOWN_INSTANCE, "no line 7.0 is known, so no instance of it")),
        ("abc", Reject(RejectKind.UNKNOWN_INSTANCE, "an instance id starts with its line, such as 1.4~0f3c")),
    ],
)
def test_a_follow_up_goes_where_its_id_says(public_id, decision):
    assert route_follow_up(TABLE, public_id) == decision


def test_a_follow_up_to_an_unknown_application_is_an_unknown_instance():
    assert route_follow_up(None, "1.0~abc").kind is RejectKind.UNKNOWN_INSTANCE
