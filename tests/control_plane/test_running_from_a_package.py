"""A site with WEBSITE_RUN_FROM_PACKAGE runs the package at that URL, as it is, and takes no other."""

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from plane_process import GROUP, scm_url, zip_of


@pytest.fixture
def app(azure):
    azure.make_group()
    azure.make_plan("premium", "EP1", "ElasticPremium")
    body = {"location": "eastus2", "kind": "functionapp,linux", "properties": {"serverFarmId": "premium"}}
    return azure.web.web_apps.begin_create_or_update(GROUP, "orders", body).result()


@pytest.fixture
def packages(tmp_path):
    """A folder of packages, and a web server of it; the server answers with a signature only."""
    folder = tmp_path / "packages"
    folder.mkdir()
    for version in ("one", "two"):
        (folder / f"{version}.zip").write_bytes(zip_of({"version.txt": version}))
    (folder / "broken.zip").write_bytes(b"no zip")

    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self):
            if "sig=" in self.path:
                super().do_GET()
            else:
                self.send_error(403)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,)).start()
        yield {"file": folder.as_uri(), "http": f"http://127.0.0.1:{server.server_address[1]}"}
        server.shutdown()


def run_from(azure, url, slot=None):
    settings = {"properties": {"WEBSITE_RUN_FROM_PACKAGE": url} if url else {}}
    if slot:
        azure.web.web_apps.update_application_settings_slot(GROUP, "orders", slot, settings)
    else:
        azure.web.web_apps.update_application_settings(GROUP, "orders", settings)


def page(site):
    answer = httpx.get(f"http://{site.default_host_name}/", timeout=30)
    return answer.status_code, answer.json()


def await_version(until, site, version):
    until(lambda: (found := page(site))[0] == 200 and found[1]["version"] == version, explain=lambda: page(site))


def test_a_site_runs_the_package_at_its_url_and_another_one_when_that_changes(azure, app, packages, until):
    run_from(azure, f"{packages['file']}/one.zip")
    await_version(until, app, "one")
    run_from(azure, f"{packages['http']}/two.zip?sig=secret")
    await_version(until, app, "two")
    assert azure.scm.get(f"{scm_url(app)}/api/deployments").json() == [], "nothing was deployed"


def test_it_runs_again_after_a_restart_though_its_package_is_not_to_be_had_any_more(
    azure, app, packages, until, stand_in, tmp_path
):
    run_from(azure, f"{packages['file']}/one.zip")
    await_version(until, app, "one")
    (tmp_path / "packages" / "one.zip").unlink()
    stand_in.kill()
    stand_in.start()
    await_version(until, app, "one")


UNFETCHED = {
    "refused": ("{http}/one.zip?other=secret", "answered with 403"),
    "not there": ("{file}/none.zip", "FileNotFoundError"),
    "no zip": ("{file}/broken.zip", "no readable zip file"),
    "elsewhere": ("https://packages.example/one.zip?sig=secret", "from this machine only"),
    "nobody listens": ("http://127.0.0.1:9/one.zip", "ClientConnectorError"),
}


@pytest.mark.parametrize(("url", "reason"), UNFETCHED.values(), ids=UNFETCHED)
def test_a_package_that_cannot_be_had_is_a_page_that_says_why_without_the_signature(
    azure, app, packages, until, url, reason
):
    run_from(azure, url.format(**packages))
    until(lambda: "could not be fetched" in page(app)[1]["error"])
    status, body = page(app)
    assert (status, reason in body["error"]) == (503, True), body
    assert "secret" not in body["error"]
    run_from(azure, f"{packages['file']}/one.zip")
    await_version(until, app, "one")


@pytest.mark.parametrize("way", ["zipdeploy?isAsync=true", "publish"])
def test_nothing_is_deployed_to_it_until_the_setting_is_gone(azure, app, packages, until, way):
    run_from(azure, f"{packages['file']}/one.zip")
    url = f"{scm_url(app)}/api/{way}"
    refused = azure.scm.post(url, content=zip_of({"version.txt": "two"}))
    assert (refused.status_code, "set to a remote URL" in refused.text) == (409, True)
    run_from(azure, None)
    assert page(app)[0] == 503
    assert azure.scm.post(url, content=zip_of({"version.txt": "two"})).status_code == 202
    await_version(until, app, "two")
    run_from(azure, "1")
    await_version(until, app, "two")


def test_a_swap_exchanges_what_they_run_from(azure, app, packages, until):
    slot = azure.web.web_apps.begin_create_or_update_slot(GROUP, "orders", "staging", {"location": "eastus2"}).result()
    run_from(azure, f"{packages['file']}/one.zip")
    run_from(azure, f"{packages['file']}/two.zip", "staging")
    await_version(until, app, "one")
    await_version(until, slot, "two")
    azure.web.web_apps.begin_swap_slot_with_production(
        GROUP, "orders", {"targetSlot": "staging", "preserveVnet": True}
    ).result()
    await_version(until, app, "two")
    await_version(until, slot, "one")
