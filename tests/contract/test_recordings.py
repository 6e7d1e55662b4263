"""Recorded traffic of the real Azure, replayed: statuses, headers that clients act on, members, types and values."""

import json
from collections.abc import Iterator

import httpx
import pytest
from differences import DIFFERENCES, NOT_SERVED, is_meant, is_served
from plane_process import zip_of
from recordings import Recorded, beginnings, read_recording
from replaying import Disagreement, Replay


@pytest.fixture(scope="module")
def recordings(shared_azure) -> dict[str, list[Recorded]]:
    files = sorted((shared_azure / "recordings").glob("az*.json"))
    return {file.stem: read_recording(file) for file in files}


@pytest.fixture(scope="module")
def replayed(recordings, quick_plane) -> dict[str, list[Disagreement]]:
    """Replay every recording, one after the other."""
    with _client(quick_plane, "https://management.azure.com") as arm, _client(quick_plane) as scm:
        return {name: list(_replayed(recording, quick_plane, arm, scm)) for name, recording in recordings.items()}


def _client(plane, audience: str = "https://appservice.azure.com") -> httpx.Client:
    headers = {"Authorization": f"Bearer {plane.token(audience)}"}
    return httpx.Client(base_url=plane.bootstrap["baseUrl"], headers=headers, timeout=60)


def _replayed(recording, plane, arm, scm) -> Iterator[Disagreement]:
    replay = Replay(arm, scm, plane.bootstrap["subscriptionId"], zip_of({"version.txt": "one"}))
    replay.begin(beginnings([one for one in recording if is_served(one)]))
    for one in recording:
        if is_served(one):
            yield from replay.ask(one)
    replay.clean_up()


RECORDINGS = [
    "azcli_test_deploy_zip",
    "azcli_test_functionapp_auto_delete_plan",
    "azcli_test_functionapp_elastic_plan",
    "azcli_test_functionapp_keys_list",
    "azcli_test_functionapp_on_linux_consumption_python_39",
    "azcli_test_functionapp_retain_plan",
    "azcli_test_functionapp_slot_swap",
    "azd_Deploy_SlotDeployment_webapp",
    "azd_DeploymentStacks_resource_group",
    "azd_Up_Down_FuncApp_flex",
    "azps_flex_create_transcript",
]


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_recording_is_answered_as_azure_did_but_for_what_is_listed(replayed, name):
    assert [str(one) for one in replayed[name] if not is_meant(one)] == []


def test_every_recording_is_replayed(recordings):
    assert sorted(recordings) == RECORDINGS
    served = sum(is_served(one) for recording in recordings.values() for one in recording)
    assert served == 143


def test_every_entry_of_the_list_is_needed(replayed, recordings):
    found = [one for disagreements in replayed.values() for one in disagreements]
    idle = [entry.reason for entry in DIFFERENCES if not any(entry.covers(one) for one in found)]
    asked = [one for recording in recordings.values() for one in recording]
    idle += [entry.reason for entry in NOT_SERVED if not any(entry.covers(one) for one in asked)]
    assert idle == []


def test_what_is_not_served_is_answered_with_404(recordings, quick_plane):
    with _client(quick_plane, "https://management.azure.com") as arm:
        for recording in recordings.values():
            for one in recording:
                if not is_served(one) and one.host == "management.azure.com":
                    answer = arm.request(one.method, one.url.partition(one.host)[2])
                    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NotFound"), str(one)


def test_an_error_quoted_by_others_is_answered_in_the_same_words(shared_azure, quick_azure):
    quoted = json.loads((shared_azure / "recordings" / "error_bodies.json").read_text())["errors"]
    without_config = next(error for error in quoted if error["case"] == "Flex PUT without functionAppConfig")
    quick_azure.make_group()
    quick_azure.make_plan("quoted-plan")
    body = quick_azure.site_body("quoted-plan")
    del body["properties"]["functionAppConfig"]
    with pytest.raises(Exception, match="FunctionAppConfig") as refused:
        quick_azure.web.web_apps.begin_create_or_update("versions", "quoted", body).result()
    answer = refused.value.response.json()
    assert (refused.value.status_code, answer["Code"]) == (without_config["status"], without_config["code"])
    assert answer["Message"] == without_config["message"]
