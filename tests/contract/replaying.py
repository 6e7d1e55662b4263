"""Asks a local Azure what a recording asked the real one, with names and ids mapped, and compares the answers."""

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
from recordings import RESOURCE_MANAGER, Beginning, Recorded

ACTED_ON = ("location", "retry-after", "azure-asyncoperation", "www-authenticate")
POLL_SECONDS = 20
VERSION = {"api-version": "2025-05-01"}


@dataclass(frozen=True)
class Disagreement:
    """One place in which an answer is not as recorded."""

    interaction: str
    place: str
    words: str

    def __str__(self) -> str:
        return f"{self.interaction}: {self.place}: {self.words}"


@dataclass
class Replay:
    """One recording against one control plane."""

    arm: httpx.Client
    """With a token and no query of its own, which would take the place of a recorded one."""
    scm: httpx.Client
    subscription: str
    package: bytes
    mapped: dict[str, str] = field(default_factory=dict)
    """Words of the recording and ours for them: operations, deployments."""
    hosts: dict[str, str] = field(default_factory=dict)
    """The host names of the recording by site: Azure may have given one a random ending."""
    deployment: str = ""
    """The deployment that ran last; recordings name it, but have not kept where it was first named."""

    def begin(self, beginnings: list[Beginning]) -> None:
        """Make what was there before."""
        for one in beginnings:
            answer = self.arm.put(self._ours(one.path), json=self._ours_json(one.body), params=VERSION)
            assert answer.status_code in (200, 201), (one.path, answer.text)

    def ask(self, one: Recorded) -> Iterator[Disagreement]:
        """Ask one thing and yield the disagreements."""
        answer = self._send(one)
        deadline = time.monotonic() + POLL_SECONDS
        while _is_early(one, answer) and time.monotonic() < deadline:
            time.sleep(0.02)
            answer = self._send(one)
        self._learn(one, answer)
        name = str(one)
        if answer.status_code != one.status:
            yield Disagreement(name, "status", f"{answer.status_code}, not {one.status}: {answer.text[:200]}")
            return
        for header in ACTED_ON:
            if (header in answer.headers) != (header in one.headers):
                words = "is answered" if header in answer.headers else "is missing"
                yield Disagreement(name, f"header {header}", words)
        ours = self._theirs_json(one, answer.json() if answer.content else None)
        for place, words in differences(ours, one.body, is_whole=one.is_whole):
            yield Disagreement(name, place, words)

    def _send(self, one: Recorded) -> httpx.Response:
        if (found := re.search(r"/(?:deploymentStatus|api/deployments)/([^/?]+)", one.url)) and found[1] != "latest":
            self.mapped.setdefault(found[1], self.deployment)
        if one.host == RESOURCE_MANAGER:
            url = self._ours(one.url).replace(f"https://{RESOURCE_MANAGER}", str(self.arm.base_url).rstrip("/"))
            body = {"json": self._ours_json(one.request_body)} if one.request_body else {}
            return self.arm.request(one.method, url, **body)
        url = self._scm_url(one.host) + self._ours(one.url).partition(one.host)[2]
        body = {"content": self.package} if one.method == "POST" else {}
        return self.scm.request(one.method, url, **body)

    def _scm_url(self, host: str) -> str:
        """Return our deployment endpoint of the site that a recorded host name is of."""
        wanted = host.partition(".")[0].lower()
        for resource in self.sites():
            if wanted in (resource["name"].replace("/", "-").lower(), self.hosts.get(resource["name"])):
                states = resource["properties"]["hostNameSslStates"]
                return "http://" + next(one["name"] for one in states if one["hostType"] == "Repository")
        raise AssertionError(f"no site of ours is {host}")

    def clean_up(self) -> None:
        """Delete every group: the next recording uses the same names."""
        groups = self.arm.get(f"/subscriptions/{self.subscription}/resourcegroups", params=VERSION).json()["value"]
        polls = [self.arm.delete(group["id"], params=VERSION).headers["Location"] for group in groups]
        for poll in polls:
            while self.arm.get(poll).status_code == 202:
                time.sleep(0.02)

    def sites(self) -> list[dict[str, Any]]:
        """List our sites and their slots."""
        path = f"/subscriptions/{self.subscription}/providers/Microsoft.Web/sites"
        sites = self.arm.get(path, params=VERSION).json()["value"]
        slots = [self.arm.get(f"{site['id']}/slots", params=VERSION) for site in sites]
        return sites + [slot for answer in slots if answer.status_code == 200 for slot in answer.json()["value"]]

    def _learn(self, one: Recorded, answer: httpx.Response) -> None:
        """Note ours for what the recording names from now on: an operation's address, a deployment's id, a host."""
        properties = one.body.get("properties") if isinstance(one.body, dict) else None
        if isinstance(properties, dict) and (host := properties.get("defaultHostName")):
            self.hosts[one.body["name"]] = str(host).partition(".")[0]
        if "location" in one.headers and "location" in answer.headers:
            theirs, ours = _without_origin(one.headers["location"]), _without_origin(answer.headers["location"])
            self.mapped.setdefault(theirs, ours)
        if one.path.endswith("/api/publish") and answer.status_code == 202:
            self.mapped[one.body] = answer.json()
        self.deployment = answer.headers.get("scm-deployment-id", self.deployment)

    def _ours(self, text: str) -> str:
        for theirs, ours in self.mapped.items():
            text = text.replace(theirs, ours)
        return re.sub(r"(/subscriptions/)[^/?]+", rf"\g<1>{self.subscription}", text)

    def _ours_json(self, body: Any) -> Any:
        return json.loads(self._ours(json.dumps(body)))

    def _theirs_json(self, one: Recorded, body: Any) -> Any:
        """Return our answer in the words of the recording, so that ids compare."""
        text = json.dumps(body)
        if found := re.match(r"/subscriptions/([^/]+)", one.path):
            text = text.replace(self.subscription, found[1])
        for theirs, ours in self.mapped.items():
            text = text.replace(ours, theirs)
        return json.loads(text)


def _is_early(one: Recorded, answer: httpx.Response) -> bool:
    """Tell whether what had ended when it was recorded goes on here."""
    if one.status != 200 or answer.status_code == 202:
        return one.status == 200
    ended = isinstance(one.body, dict) and one.body.get("complete") is True
    return ended and answer.status_code == 200 and answer.json().get("complete") is False


def _without_origin(url: str) -> str:
    # The time in the address changes from poll to poll.
    return re.sub(r"&t=\d+", "", url.partition(urlsplit(url).netloc)[2])


def differences(ours: Any, theirs: Any, place: str = "$", *, is_whole: bool = True) -> Iterator[tuple[str, str]]:
    """Compare two documents: members, types and values; null agrees with absent, in either direction."""
    if ours is None or theirs is None:
        if (ours is None) != (theirs is None) and (theirs is not None or is_whole):
            yield place, f"{_short(ours)}, not {_short(theirs)}"
    elif type(ours) is not type(theirs):
        yield place, f"{type(ours).__name__}, not {type(theirs).__name__}"
    elif isinstance(ours, dict):
        for name in sorted({*ours, *theirs}):
            yield from differences(ours.get(name), theirs.get(name), f"{place}.{name}", is_whole=is_whole)
    elif isinstance(ours, list):
        ours, theirs = _by_name(ours), _by_name(theirs)
        for name in sorted({*ours, *theirs}):
            yield from differences(ours.get(name), theirs.get(name), f"{place}[{name}]", is_whole=is_whole)
    elif ours != theirs:
        yield place, f"{_short(ours)}, not {_short(theirs)}"


def _by_name(items: list[Any]) -> dict[str, Any]:
    """Tell items apart by their type and name, as lists of resources have no order; others by their number."""
    named = all(isinstance(item, dict) and "type" in item and "name" in item for item in items)
    return {f"{item['type']}/{item['name']}" if named else str(n): item for n, item in enumerate(items)}


def _short(value: Any) -> str:
    return "absent" if value is None else repr(value)[:80]
