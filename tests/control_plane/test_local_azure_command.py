"""The `local-azure` command, as a person meets it."""

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import httpx


def local_azure(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "local_azure", *arguments]
    environment = {"PATH": "/usr/bin:/bin", "COLUMNS": "200"}
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False, env=environment)


def test_status_shows_each_site_with_its_url_and_process(azure, stand_in, about):
    site = azure.make_site("orders")
    azure.publish(site, {"version.txt": "one"})
    azure.make_site("empty")
    shown = local_azure("status", "--state", str(stand_in.state)).stdout
    (orders,) = [line for line in shown.splitlines() if "orders" in line]
    assert f"http://{site.default_host_name}" in orders
    assert str(about(site)["pid"]) in orders
    assert "empty" in shown
    assert stand_in.bootstrap["identityHeader"] not in shown


def test_status_says_in_one_line_that_nothing_runs(stand_in, tmp_path):
    never = local_azure("status", "--state", str(tmp_path / "elsewhere"))
    assert (never.returncode, never.stderr.count("\n")) == (1, 1)
    assert "local-azure serve" in never.stderr
    stand_in.stop()
    stopped = local_azure("status", "--state", str(stand_in.state))
    assert (stopped.returncode, stopped.stderr.count("\n")) == (1, 1)
    assert "no local Azure answers" in stopped.stderr


def test_a_port_that_is_taken_is_told_in_one_line(stand_in, tmp_path):
    refused = local_azure("serve", "--port", str(stand_in.port), "--state", str(tmp_path / "other"))
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert f"port {stand_in.port}" in refused.stderr


def test_state_of_a_newer_version_is_left_alone(stand_in):
    stand_in.stop()
    with sqlite3.connect(stand_in.state / "control.db") as database:
        database.execute("PRAGMA user_version=99")
    refused = local_azure("serve", "--port", "0", "--state", str(stand_in.state))
    assert refused.returncode == 1
    assert "schema 99" in refused.stderr


def test_a_site_made_changed_and_deleted_by_many_at_once_ends_up_whole(azure, stand_in):
    azure.make_group()
    azure.make_plan("orders-plan")
    url = f"{azure.group}/providers/Microsoft.Web/sites/orders"

    def call(number: int) -> int:
        with stand_in.http() as arm:
            if number % 4 == 3:
                return arm.delete(url, params={"api-version": "1", "deleteEmptyServerFarm": "false"}).status_code
            return arm.put(url, json=azure.site_body("orders-plan", {"N": str(number)})).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(call, range(24)))
    assert set(statuses) <= {200, 204}
    site = azure.web.web_apps.begin_create_or_update("versions", "orders", azure.site_body("orders-plan")).result()
    assert azure.publish(site, {"version.txt": "one"})["status"] == 4
    assert httpx.get(f"http://{site.default_host_name}/").status_code == 200


def test_many_sites_are_back_soon_after_a_restart(azure, stand_in, about):
    sites = [azure.make_site(f"site-{number}") for number in range(6)]
    for site in sites:
        azure.publish(site, {"version.txt": "one"})
    stand_in.kill()
    stand_in.start()
    assert [about(site)["version"] for site in sites] == ["one"] * 6
