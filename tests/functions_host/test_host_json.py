"""host.json and the settings that override it."""

import pytest

from local_azure.functions_host.app_settings import SettingsError, read_local_settings, resolve_references
from local_azure.functions_host.host_json import DEFAULT_FUNCTION_TIMEOUT_S, parse_host_json, read_host_json
from local_azure.functions_host.json_comments import strip_comments


def test_comments_and_trailing_commas_are_allowed():
    text = """{
      // the prefix
      "extensions": {"http": {"routePrefix": "v1" /* not // api */,},},
      "note": "http://x /* stays */, }"
    }"""
    assert parse_host_json(text, {}).route_prefix == "v1"
    assert '"http://x /* stays */, }"' in strip_comments(text)


def test_an_empty_document_means_the_defaults():
    host = parse_host_json("{}", {})
    assert (host.route_prefix, host.function_timeout_s) == ("api", DEFAULT_FUNCTION_TIMEOUT_S)
    assert host.durable.hub_name == "TestHubName"


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ('{"version": "2.0"}', None),
        ('{"version": "2.0" /* comments */}', "comments"),
        ('{"version": "2.0",}', "trailing commas"),
        ('{"version": "2.0"}{"version": "1.0"}', "only its first JSON object"),
    ],
)
def test_what_others_may_not_read_in_host_json_is_said(tmp_path, caplog, text, warning):
    (tmp_path / "host.json").write_text(text)
    read_host_json(tmp_path, {})
    assert [warning in record.getMessage() for record in caplog.records] == ([True] if warning else [])


@pytest.mark.parametrize(
    ("timeout", "seconds"),
    [('"00:00:02"', 2), ('"00:10:00"', 600), ('"1.00:00:00"', 86400), ('"00:00:00.5000000"', 0.5), ('"-1"', None)],
)
def test_the_function_timeout_is_a_time_span(timeout, seconds):
    assert parse_host_json(f'{{"functionTimeout": {timeout}}}', {}).function_timeout_s == seconds


@pytest.mark.parametrize(
    ("site", "hub"),
    [
        ("orders-1-4", "orders14"),
        ("", "TestHubName"),
        ("7up", "t7up"),
        ("a-b", "abHub"),
        ("x" * 60, "x" * 45),
        ("---", "TestHubName"),
    ],
)
def test_the_hub_is_named_after_the_site(site, hub):
    assert parse_host_json("{}", {"WEBSITE_SITE_NAME": site}).durable.hub_name == hub


def test_a_configured_hub_wins_and_may_come_from_a_setting():
    text = '{"extensions": {"durableTask": {"hubName": "%TASK_HUB%"}}}'
    assert parse_host_json(text, {"TASK_HUB": "Orders14"}).durable.hub_name == "Orders14"


def test_settings_override_host_json_whatever_their_case():
    text = '{"extensions": {"durableTask": {"hubName": "Old", "maxConcurrentActivityFunctions": 3}}}'
    settings = {
        "AzureFunctionsJobHost__extensions__durableTask__hubName": "New1",
        "AZUREFUNCTIONSJOBHOST__EXTENSIONS__DURABLETASK__MAXCONCURRENTACTIVITYFUNCTIONS": "7",
    }
    durable = parse_host_json(text, settings).durable
    assert (durable.hub_name, durable.max_concurrent_activities) == ("New1", 7)


def test_names_are_found_in_any_case():
    text = """{"functiontimeout": "00:00:05", "Extensions": {"HTTP": {"RoutePrefix": "x"}, "durabletask":
        {"HubName": "Orders", "DefaultVersion": 1.5, "OverridableExistingInstanceStates": "anystate"}}}"""
    host = parse_host_json(text, {})
    assert (host.function_timeout_s, host.route_prefix) == (5, "x")
    durable = host.durable
    assert (durable.hub_name, durable.default_version, durable.overridable_states) == ("Orders", "1.5", "AnyState")


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "{} and more",
        '{"functionTimeout": "soon"}',
        '{"extensions": {"durableTask": {"hubName": "a-b"}}}',
        '{"extensions": {"durableTask": {"hubName": "ab"}}}',
        '{"extensions": {"durableTask": {"maxConcurrentActivityFunctions": "many"}}}',
        '{"extensions": {"durableTask": {"maxConcurrentActivityFunctions": 0}}}',
        '{"extensions": []}',
        '{"extensions": {"durableTask": {"overridableExistingInstanceStates": "Some"}}}',
    ],
)
def test_a_wrong_host_json_is_refused_by_name(text):
    with pytest.raises(SettingsError, match=r"host\.json"):
        parse_host_json(text, {})


def test_local_settings_become_texts(tmp_path):
    (tmp_path / "local.settings.json").write_text('{"IsEncrypted": false, "Values": {"A": "x", "B": 3, "C": true}}')
    assert read_local_settings(tmp_path) == {"A": "x", "B": "3", "C": "true"}


def test_local_settings_may_hold_comments(tmp_path):
    (tmp_path / "local.settings.json").write_text('{"Values": {"A": "http://x", /* B */ "C": "//",}, // more\n}')
    assert read_local_settings(tmp_path) == {"A": "http://x", "C": "//"}


@pytest.mark.parametrize("text", ["{", "[]", '{"Values": 3}', '{"IsEncrypted": true, "Values": {"A": "CfDJ8"}}'])
def test_unusable_local_settings_are_refused(tmp_path, text):
    (tmp_path / "local.settings.json").write_text(text)
    with pytest.raises(SettingsError, match=r"local\.settings\.json"):
        read_local_settings(tmp_path)


def test_an_unknown_reference_stays_as_it_is():
    assert resolve_references("%A% %B% 100%", {"A": "x"}) == "x %B% 100%"
