"""What nobody but the router may see of version apps: their hosts, ports and keys, as the platform tells them."""

import json
from urllib.parse import quote, urlsplit

import httpx

from devstack.errors import StackError
from devstack.router_site import ROUTER_GROUP, SITE
from devstack.stack import Stack


def backend_traces(stack: Stack) -> dict[str, str]:
    """Texts that give a version app away, by what they are."""
    traces: dict[str, str] = {}
    for site in stack.arm.list_running_sites():
        if site["name"] == SITE:
            continue
        traces[f"host of {site['name']}"] = urlsplit(site["url"]).netloc
        for name, key in _keys(stack, site["name"]).items():
            traces[f"{name} of {site['name']}"] = key
    traces["the router's own master key"] = stack.arm.master_key(ROUTER_GROUP, SITE)
    return traces


def assert_hidden(traces: dict[str, str], *shown: str | httpx.Response) -> None:
    """Nothing of the traces stands in the texts, headers and URLs."""
    for one in shown:
        text = one if isinstance(one, str) else one.text + json.dumps(dict(one.headers))
        for what, trace in traces.items():
            assert trace not in text, f"{what} stands in {text[:2000]}"
            assert quote(trace, safe="") not in text, f"{what}, escaped, stands in {text[:2000]}"


def _keys(stack: Stack, name: str) -> dict[str, str]:
    group = next(site["resourceGroup"] for site in stack.arm.list_running_sites() if site["name"] == name)
    path = f"{stack.arm._site_path(group, name)}/host/default/listkeys"
    try:
        answer = stack.arm._arm("POST", path, {})
    except StackError:
        # An app that is being made has no keys yet.
        return {}
    named = {**answer.get("functionKeys", {}), **answer.get("systemKeys", {})}
    return {"master key": answer["masterKey"], **{f"key {key}": value for key, value in named.items()}}
