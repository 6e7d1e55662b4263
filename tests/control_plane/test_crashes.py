"""kill -9 of anything, at any time: what was acknowledged is still there, on the same ports."""

import os
import signal
import socket
import subprocess
import sys

import httpx
import pytest


def is_alive(pid: int) -> bool:
    """Tell whether the process runs; one that has ended and that nobody has waited for does not."""
    result = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return result.stdout.strip()[:1] not in ("", "Z")


@pytest.fixture
def kill(until):
    """Kills a process and waits for its end: until then it may still take a connection with it."""

    def kill_and_wait(pid: int) -> None:
        os.kill(pid, signal.SIGKILL)
        until(lambda: not is_alive(pid))

    return kill_and_wait


def test_after_a_kill_everything_is_back_on_the_same_ports(azure, stand_in, about, until):
    site = azure.make_site("orders", {"GREETING": "hello"})
    azure.publish(site, {"version.txt": "one"})
    stopped = azure.make_site("stopped")
    azure.web.web_apps.stop("versions", "stopped")
    before = about(site)

    stand_in.kill()
    stand_in.start()

    after = about(site)
    assert (after["version"], after["environment"]) == ("one", before["environment"])
    assert after["pid"] != before["pid"]
    assert not is_alive(before["pid"])
    again = azure.get_site("orders")
    assert (again.default_host_name, again.tags, again.identity.principal_id) == (
        site.default_host_name,
        site.tags,
        site.identity.principal_id,
    )
    assert azure.scm.get(f"http://{again.host_name_ssl_states[1].name}/api/deployments/latest").json()["status"] == 4
    assert azure.get_site("stopped").state == "Stopped"
    assert httpx.get(f"http://{stopped.default_host_name}/").status_code == 403


def test_tokens_issued_before_a_kill_are_good_after_it(azure, stand_in):
    azure.make_group()
    stand_in.kill()
    stand_in.start()
    assert azure.resources.resource_groups.check_existence("versions")


def test_hosts_end_by_themselves_when_the_control_plane_is_killed(azure, stand_in, about, until):
    site = azure.make_site("orders")
    azure.publish(site, {"version.txt": "one"})
    pid = about(site)["pid"]
    stand_in.kill()
    until(lambda: not is_alive(pid))


def test_a_host_that_does_not_end_is_killed_before_its_successor_starts(azure, stand_in, about):
    site = azure.make_site("orders")
    azure.publish(site, {"version.txt": "one", "ignore_parent": "", "ignore_sigterm": ""})
    stubborn = about(site)["pid"]
    stand_in.kill()
    assert is_alive(stubborn)
    stand_in.start()
    assert not is_alive(stubborn)
    assert about(site)["pid"] != stubborn


def test_a_crashed_host_is_back_at_once_and_then_more_slowly(azure, stand_in, about, until, kill):
    site = azure.make_site("orders")
    azure.publish(site, {"version.txt": "one"})
    first = about(site)["pid"]
    kill(first)
    # No answer is lost in between: the connection waits in the backlog of the socket.
    second = about(site)["pid"]
    assert second != first
    kill(second)
    refused = until(lambda: (answer := httpx.get(f"http://{site.default_host_name}/")).status_code == 503 and answer)
    assert refused.headers["Retry-After"] == "1"
    until(lambda: httpx.get(f"http://{site.default_host_name}/").status_code == 200)
    assert stand_in.row("orders")["crashes"] == 2


def test_a_host_that_cannot_start_answers_503_and_a_new_package_mends_it(azure, about, until):
    site = azure.make_site("orders")
    azure.publish(site, {"crash_at_start": ""})
    until(lambda: httpx.get(f"http://{site.default_host_name}/").status_code == 503)
    azure.publish(site, {"version.txt": "mended"})
    assert about(site)["version"] == "mended"


def test_a_host_that_ignores_sigterm_is_killed_after_a_while(azure, about):
    site = azure.make_site("orders")
    azure.publish(site, {"ignore_sigterm": ""})
    pid = about(site)["pid"]
    azure.web.web_apps.stop("versions", "orders")
    assert not is_alive(pid)


def test_a_deployment_cut_off_by_a_kill_is_finished_by_the_next_start(azure, stand_in, about, zip_of, until):
    site = azure.make_site("orders")
    azure.publish(site, {"version.txt": "one"})
    many = {f"folder/{number}.txt": "x" * 2000 for number in range(6000)}
    response = azure.post_package(site, zip_of({"version.txt": "two", **many}))
    assert response.status_code == 202
    stand_in.kill()
    stand_in.start()
    url = response.headers["Location"]
    deployment = until(lambda: (found := azure.scm.get(url).json())["complete"] and found)
    assert deployment["status"] == 4
    assert about(site)["version"] == "two"


def test_the_deletion_of_a_group_goes_on_after_a_kill(azure, stand_in, about, until):
    site = azure.make_site("orders")
    azure.publish(site, {"version.txt": "one", "ignore_sigterm": ""})
    about(site)  # only a host that has started holds its own ending up
    with stand_in.http() as http:
        operation = http.delete(azure.group).headers["Location"]
    stand_in.kill()
    stand_in.start()
    with stand_in.http() as http:
        until(lambda: http.get(operation).status_code == 200)
    assert not azure.resources.resource_groups.check_existence("versions")
    assert list((stand_in.state / "sites").iterdir()) == []


def test_folders_of_unknown_sites_are_swept_at_the_start(stand_in):
    stand_in.kill()
    leftover = stand_in.state / "sites" / "half-deleted"
    (leftover / "data").mkdir(parents=True)
    stand_in.start()
    assert not leftover.exists()


def test_packages_that_were_never_accepted_are_swept_at_the_start(azure, stand_in, about):
    site = azure.make_site("orders")
    azure.publish(site, {"version.txt": "one"})
    stand_in.kill()
    leftovers = [
        stand_in.state / "sites/orders/deployments/broken-off.part",
        stand_in.state / "sites/orders/deployments/unacknowledged.zip",
        stand_in.state / "build-cache/building-x",
    ]
    for leftover in leftovers:
        leftover.mkdir(parents=True) if leftover.suffix == "" else leftover.write_bytes(b"PK")
    stand_in.start()
    assert not [leftover for leftover in leftovers if leftover.exists()]
    assert about(site)["version"] == "one"


def test_a_second_control_plane_on_the_same_state_is_refused_in_one_line(stand_in):
    command = [sys.executable, "-m", "local_azure", "serve", "--port", "0", "--state", str(stand_in.state)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert result.returncode == 1
    assert result.stderr.startswith("local-azure: another local Azure runs on ")
    assert result.stderr.count("\n") == 1


def test_a_site_port_taken_meanwhile_is_named_with_its_site(azure, stand_in):
    site = azure.make_site("orders")
    host, _, port = site.default_host_name.partition(":")
    stand_in.kill()
    with socket.create_server((host, int(port))), pytest.raises(AssertionError, match=f"port {port} of site orders"):
        stand_in.start()


def test_stopping_the_control_plane_ends_every_host_and_the_next_start_runs_them_again(azure, stand_in, about):
    site = azure.make_site("orders")
    azure.publish(site, {"version.txt": "one"})
    pid = about(site)["pid"]
    assert stand_in.stop() == 0
    assert not is_alive(pid)
    stand_in.start()
    assert about(site)["version"] == "one"
