"""What admins and pipelines send is read by models: what is taken, and how a fault is told."""

from types import SimpleNamespace

import pytest

from router_app.http.models import changes, headers, queries
from router_app.http.reading import read_body, read_headers, read_query
from router_app.problems import Problem


def call(*, query=None, body=b"", sent=None):
    return SimpleNamespace(query=query or {}, body=body, headers=sent or {})


def refused(reader, request, model):
    with pytest.raises(Problem) as problem:
        reader(request, model)
    return problem.value


@pytest.mark.parametrize(
    ("model", "body", "place"),
    [
        pytest.param(changes.RampChange, b"", "percent", id="nothing where something is needed"),
        pytest.param(changes.RampChange, b'{"percent": "10"}', "percent", id="a text for a number"),
        pytest.param(changes.RampChange, b'{"percent": true}', "percent", id="a truth for a number"),
        pytest.param(changes.RampChange, b'{"percent": 101}', "percent", id="more than all"),
        pytest.param(changes.RampChange, b'{"percent": 10, "s": 1}', "s", id="a member that is not known"),
        pytest.param(changes.RampChange, b"[10]", "JSON object", id="a list"),
        pytest.param(changes.RampChange, b"{", "JSON", id="cut off"),
        pytest.param(changes.RampChange, b"[" * 100_000, "JSON", id="nested without end"),
        pytest.param(changes.RampChange, b"\xff\xfe", "JSON", id="no text"),
        pytest.param(changes.Keep, b'{"reason": null}', "reason", id="null for a text"),
        pytest.param(changes.Keep, b'{"reason": "' + b"x" * 501 + b'"}', "reason", id="a long text"),
        pytest.param(changes.PolicyChange, b'{"promote": "sometimes"}', "promote", id="not a choice"),
        pytest.param(changes.PolicyChange, b'{"sunset_delay": 1e300}', "sunset_delay", id="a time beyond all times"),
        pytest.param(changes.PolicyChange, b'{"trial_period": NaN}', "trial_period", id="no number"),
        pytest.param(changes.PolicyChange, b'{"keep_last": -1}', "keep_last", id="a negative number"),
    ],
)
def test_a_body_that_cannot_be_is_refused_by_its_place_and_with_an_example(model, body, place):
    problem = refused(read_body, call(body=body), model)
    assert problem.kind.slug == "invalid-body"
    assert place in problem.detail
    assert "For example: {" in problem.detail


def test_a_policy_is_changed_where_the_body_says_so_and_nowhere_else():
    change = read_body(call(body=b'{"keep_last": 2}'), changes.PolicyChange)
    assert change.model_dump(mode="json", exclude_unset=True) == {"keep_last": 2}


@pytest.mark.parametrize(
    ("model", "query", "place"),
    [
        (queries.ForcedChange, {"force": "maybe"}, "force"),
        (queries.ShowRoutes, {"all": ""}, "all"),
        (queries.PutRelease, {"deploy": "later"}, "deploy"),
        (queries.ExplainedChange, {"reason": "x" * 501}, "reason"),
        (queries.Change, {"generation": "last"}, "generation"),
        (queries.ListInstances, {"top": "0"}, "top"),
        (queries.ListInstances, {"top": "٣"}, "top"),
    ],
)
def test_a_parameter_that_cannot_be_is_refused_by_its_name(model, query, place):
    problem = refused(read_query, call(query=query), model)
    assert (problem.kind.slug, problem.detail.partition(":")[0]) == ("invalid-parameter", place)


@pytest.mark.parametrize("value", ["true", "True", "1", "yes"])
def test_a_truth_may_be_written_in_several_ways(value):
    assert read_query(call(query={"force": value}), queries.ForcedChange).force


def test_a_parameter_that_nobody_knows_is_left_alone():
    assert read_query(call(query={"code": "k", "colour": "red"}), queries.ShowRoutes).all is False


@pytest.mark.parametrize("name", ["If-Match", "if-match", "IF-MATCH"])
def test_a_header_is_found_however_it_is_written(name):
    assert read_headers(call(sent={name: 'W/"17"'}), headers.Change).if_match == 'W/"17"'


def test_no_fault_repeats_what_was_sent():
    problem = refused(read_query, call(query={"force": "s3cret"}), queries.ForcedChange)
    assert "s3cret" not in problem.detail
