"""Packages: one at a time, checked before they are trusted, built only when they have to be."""

import io
import stat
import zipfile

import httpx
import pytest
from plane_process import scm_url

from local_azure.control_plane.kudu.errors import PackageError
from local_azure.control_plane.kudu.unpack import unpack


def zip_with_link() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        link = zipfile.ZipInfo("secrets")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    return buffer.getvalue()


def zip_with(name: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, "x")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("package", "reason"),
    [
        pytest.param(zip_with("../../outside.txt"), "leads out of the package", id="parent folder"),
        pytest.param(zip_with("/outside.txt"), "leads out of the package", id="absolute path"),
        pytest.param(zip_with("a\\..\\b"), "characters are not allowed", id="backslashes"),
        pytest.param(zip_with_link(), "links and special files", id="symbolic link"),
        pytest.param(b"no zip at all", "no readable zip", id="no zip"),
        pytest.param(zip_with("a.txt")[:-30], "no readable zip", id="cut off"),
    ],
)
def test_a_package_not_to_be_trusted_fails_and_leaves_the_site_as_it_was(
    azure, stand_in, about, until, package, reason
):
    site = azure.make_site("orders")
    azure.publish(site, {"version.txt": "one"})
    url = azure.post_package(site, package).headers["Location"]
    failed = until(lambda: (found := azure.scm.get(url).json())["complete"] and found)
    assert (failed["status"], failed["active"]) == (3, False)
    assert reason in failed["status_text"]
    assert reason in azure.scm.get(failed["log_url"]).text
    assert about(site)["version"] == "one"
    assert not list(stand_in.state.rglob("outside.txt"))
    assert len([entry for entry in (stand_in.state / "sites/orders/deployments").iterdir() if entry.is_dir()]) == 1


def test_a_second_publish_while_one_runs_is_a_conflict(azure, until, zip_of):
    site = azure.make_site("orders")
    slow = zip_of({f"folder/{number}.txt": "x" for number in range(8000)})
    first = azure.post_package(site, slow)
    second = azure.post_package(site, zip_of({"version.txt": "two"}))
    assert (first.status_code, second.status_code) == (202, 409)
    until(lambda: azure.scm.get(first.headers["Location"]).json()["complete"])
    assert azure.post_package(site, zip_of({"version.txt": "three"})).status_code == 202


def test_a_publish_while_another_is_uploaded_is_a_conflict(azure, zip_of):
    site = azure.make_site("orders")
    seen = []

    def slowly():
        yield b"PK"
        seen.append(azure.post_package(site, zip_of({"version.txt": "two"})).status_code)
        yield b"rest"

    url = f"http://{site.host_name_ssl_states[1].name}/api/publish"
    httpx.post(url, content=slowly(), headers=dict(azure.scm.headers), timeout=30)
    assert seen == [409]


def test_an_upload_that_breaks_off_leaves_the_site_free(azure, until, zip_of):
    site = azure.make_site("orders")

    def breaking_off():
        yield b"PK"
        raise ConnectionAbortedError

    url = f"http://{site.host_name_ssl_states[1].name}/api/publish"
    with pytest.raises(ConnectionAbortedError):
        httpx.post(url, content=breaking_off(), headers=dict(azure.scm.headers))
    until(lambda: azure.post_package(site, zip_of({"version.txt": "one"})).status_code == 202)


def test_zipdeploy_is_not_there_on_flex_and_works_on_other_plans(azure, about, until, zip_of):
    flex = azure.make_site("flex")
    answer = azure.scm.post(f"http://{flex.host_name_ssl_states[1].name}/api/zipdeploy?isAsync=true", content=b"")
    assert answer.status_code == 404

    azure.make_plan("premium-plan", "EP1", "ElasticPremium")
    body = azure.site_body("premium-plan")
    del body["properties"]["functionAppConfig"]
    site = azure.web.web_apps.begin_create_or_update("versions", "premium", body).result()
    scm = f"http://{site.host_name_ssl_states[1].name}"
    accepted = azure.scm.post(f"{scm}/api/zipdeploy?isAsync=true", content=zip_of({"version.txt": "one"}))
    assert accepted.status_code == 202
    deployed = until(lambda: (answer := azure.scm.get(accepted.headers["Location"])).status_code == 200 and answer)
    assert deployed.json()["status"] == 4
    assert about(site)["version"] == "one"
    assert azure.scm.post(f"{scm}/api/zipdeploy", content=zip_of({"version.txt": "two"})).status_code == 200
    assert about(site)["version"] == "two"


@pytest.mark.parametrize("path", ["/api/publish", "/api/deployments", "/api/deployments/latest"])
def test_the_deployment_endpoint_wants_a_token(azure, path):
    scm = f"http://{azure.make_site('orders').host_name_ssl_states[1].name}"
    method = "POST" if path == "/api/publish" else "GET"
    assert httpx.request(method, scm + path).status_code == 401
    assert httpx.request(method, scm + path, headers={"Authorization": "Bearer wrong"}).status_code == 401


def test_an_unknown_deployment_is_not_found(azure):
    scm = f"http://{azure.make_site('orders').host_name_ssl_states[1].name}"
    assert azure.scm.get(f"{scm}/api/deployments/nothing").status_code == 404
    assert azure.scm.get(f"{scm}/api/deployments/latest").status_code == 404


def test_requirements_that_are_met_are_noted_and_nothing_is_installed(azure):
    site = azure.make_site("orders")
    done = azure.publish(site, {"requirements.txt": "# comment\naiohttp>=3\npackaging ; python_version > '3'\n"})
    messages = [entry["message"] for entry in azure.scm.get(done["log_url"]).json()]
    assert "Every requirement is installed already: nothing to install." in messages
    assert messages[-1] == "Deployment successful."


def test_requirements_that_are_not_met_are_installed_once_and_linked(azure, stand_in, wheelhouse):
    requirements = f"--no-index\n--find-links {wheelhouse}\na-tiny-distribution==1.0\n"
    messages = []
    for name in ("first", "second"):
        site = azure.make_site(name)
        done = azure.publish(site, {"requirements.txt": requirements})
        assert done["status"] == 4
        content = stand_in.state / "sites" / name / "deployments" / done["id"]
        assert (content / ".python_packages/lib/site-packages/a_tiny_distribution.py").exists()
        messages.append([entry["message"] for entry in azure.scm.get(done["log_url"]).json()])
    assert "Installed." in messages[0]
    assert "Installed." not in messages[1]


def test_requirements_that_pip_cannot_install_fail_the_deployment_with_its_words(azure, about, tmp_path):
    site = azure.make_site("orders")
    azure.publish(site, {"version.txt": "one"})
    failed = azure.publish(site, {"requirements.txt": f"--no-index\n--find-links {tmp_path}\nno-such-thing==9\n"})
    assert failed["status"] == 3
    assert "no-such-thing" in azure.scm.get(failed["log_url"]).text
    assert about(site)["version"] == "one"


def test_a_site_that_is_deleted_while_it_is_deployed_to_is_gone(azure, stand_in, zip_of):
    site = azure.make_site("orders")
    azure.post_package(site, zip_of({f"folder/{number}.txt": "x" for number in range(8000)}))
    azure.web.web_apps.delete("versions", "orders")
    again = azure.make_site("orders")
    assert azure.publish(again, {"version.txt": "new"})["status"] == 4


@pytest.fixture
def wheelhouse(tmp_path):
    """A folder with the wheel of a distribution that nobody has."""
    name, info = "a_tiny_distribution", "a_tiny_distribution-1.0.dist-info"
    with zipfile.ZipFile(tmp_path / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{name}.py", "ANSWER = 42\n")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: a-tiny-distribution\nVersion: 1.0\n")
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")
    return tmp_path


def test_whoever_reads_that_a_deployment_has_ended_may_publish_at_once(azure, zip_of):
    site = azure.make_site("orders")
    many = {f"folder/{number}.txt": "x" for number in range(1500)}
    for number in range(6):
        response = azure.post_package(site, zip_of({**many, "version.txt": str(number)}))
        assert response.status_code == 202, number
        url = response.headers["Location"]
        # No pause between the polls: the moment of the end is what is tried.
        while not azure.scm.get(url).json()["complete"]:
            pass


def test_a_package_that_unpacks_to_more_than_is_allowed_is_refused_before_a_file_is_written(tmp_path):
    package = tmp_path / "bomb.zip"
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", b"\0" * 1_000_000)
    with pytest.raises(PackageError, match="1000000 bytes; 999999 are allowed"):
        unpack(package, tmp_path / "content", max_bytes=999_999)
    assert list((tmp_path / "content").iterdir()) == []
    assert unpack(package, tmp_path / "content", max_bytes=1_000_000) == 1


def test_a_site_can_be_deleted_while_a_deployment_switches_it(azure, stand_in, about, until, zip_of):
    site = azure.make_site("orders")
    azure.publish(site, {"version.txt": "one", "ignore_sigterm": ""})
    about(site)  # a host that has started, and that holds the switch up
    url = azure.post_package(site, zip_of({"version.txt": "two"})).headers["Location"]
    until(lambda: "Switching" in azure.scm.get(f"{url}/log").text)
    azure.web.web_apps.delete("versions", "orders")
    assert list(azure.web.web_apps.list()) == []
    assert not (stand_in.state / "sites" / "orders").exists()


def test_whoever_publishes_is_recorded_as_he_calls_himself_and_deployments_are_listed_with_the_latest_first(
    azure, zip_of, until
):
    site = azure.make_site("orders")
    names = ("", "&Deployer=az_cli", "&deployer=durable-router-0123")
    for number, name in enumerate(names):
        answer = azure.post_package(site, zip_of({"version.txt": str(number)}), f"RemoteBuild=true{name}")
        assert answer.status_code == 202, answer.text
        until(lambda url=answer.headers["Location"]: azure.scm.get(url).json()["complete"])

    listed = azure.scm.get(f"{scm_url(site)}/api/deployments").json()

    assert [one["deployer"] for one in listed] == ["durable-router-0123", "az_cli", "LegionOneDeploy"]
    assert [one["active"] for one in listed] == [True, False, False]
    assert {one["author_email"] for one in listed} == {""}, "whoever it was, it came by one-deploy"
    log = azure.scm.get(listed[0]["log_url"]).json()
    assert log[-1]["message"] == "Deployment successful."


def test_a_zipdeploy_is_followed_under_the_name_of_its_deployer(azure, zip_of, until):
    azure.make_group()
    azure.make_plan("premium", "EP1", "ElasticPremium")
    body = {"location": "eastus2", "kind": "functionapp,linux", "properties": {"serverFarmId": "premium"}}
    site = azure.web.web_apps.begin_create_or_update("versions", "orders", body).result()
    package = zip_of({"version.txt": "one"})
    accepted = azure.scm.post(f"{scm_url(site)}/api/zipdeploy?isAsync=true&deployer=durable-router-1", content=package)
    assert "/api/deployments/latest?deployer=durable-router-1&time=" in accepted.headers["Location"]
    ended = until(lambda: (found := azure.scm.get(accepted.headers["Location"]).json())["complete"] and found)
    assert (ended["deployer"], ended["author_email"]) == ("durable-router-1", "N/A")
