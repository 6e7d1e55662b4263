"""Shows a running control plane's sites, asked for over HTTP like any other client would."""

import json
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from local_azure.control_plane.errors import ControlPlaneError

AUDIENCE = "https://management.azure.com"


class NotRunningError(ControlPlaneError):
    """There is no control plane to ask."""


def show_status(state_dir: Path) -> None:
    """Print a table of the sites."""
    Console().print(sites_table(_fetch_sites(state_dir)))


def sites_table(sites: list[dict[str, Any]]) -> Table:
    """Lay the sites out."""
    table = Table("site", "group", "state", "URL", "pid", "crashes", "deployment")
    for site in sites:
        pid, deployment = site["pid"], site["deployment"]
        table.add_row(
            *(site["name"], site["resourceGroup"], site["state"], site["url"]),
            *(str(pid) if pid else "-", str(site["crashes"]), deployment[:8] if deployment else "-"),
        )
    return table


def _fetch_sites(state_dir: Path) -> list[dict[str, Any]]:
    bootstrap = _read_bootstrap(state_dir / "bootstrap.json")
    try:
        with httpx.Client(timeout=10) as http:
            token = _fetch_token(http, bootstrap)
            url = f"{bootstrap['baseUrl']}/local-azure/sites?api-version=1"
            response = http.get(url, headers={"Authorization": f"Bearer {token}"})
            response.raise_for_status()
            sites: list[dict[str, Any]] = response.json()["value"]
    except httpx.HTTPError as exc:
        raise NotRunningError(f"no local Azure answers on {bootstrap['baseUrl']} ({exc})") from exc
    return sites


def _fetch_token(http: httpx.Client, bootstrap: dict[str, str]) -> str:
    query = {"api-version": "2019-08-01", "resource": AUDIENCE}
    header = {"X-IDENTITY-HEADER": bootstrap["identityHeader"]}
    response = http.get(bootstrap["identityEndpoint"], params=query, headers=header)
    response.raise_for_status()
    return str(response.json()["access_token"])


def _read_bootstrap(path: Path) -> dict[str, str]:
    try:
        content: dict[str, str] = json.loads(path.read_text())
    except FileNotFoundError as exc:
        raise NotRunningError(f"no local Azure has run on {path.parent}; start one: local-azure serve") from exc
    return content
