"""What a pipeline and an admin do with the trips application while it is under attack."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from trip_clients import PATIENCE_SECONDS, TripCalls
from trips_app import pack_trips

Json = dict[str, Any]


class TripStory:
    """Releases versions one after the other; each call is repeated until it is answered."""

    def __init__(self, url: str, admin_key: str, folder: Path) -> None:
        self.calls = TripCalls(url, admin_key)
        self.lines: list[str] = []
        """Every line that the product knows, oldest first."""
        self.notes = folder / "executions"
        self._folder = folder

    def set_policy(self, **fields: Any) -> None:
        assert self.calls.insist("PUT", "/policy", json=fields).status_code == 200

    def put(self, version: str, **params: str) -> None:
        package = pack_trips(version, self._folder / version, self.notes)
        sent = {"content": package, "headers": {"content-type": "application/zip"}, "params": params}
        answer = self.calls.insist("PUT", f"/releases/{version}", **sent)
        assert answer.status_code in (200, 201, 202), f"{version}: {answer.status_code} {answer.text}"
        line = version.rpartition(".")[0]
        if line not in self.lines:
            self.lines.append(line)

    def release(self, version: str) -> None:
        """Release it and wait until it is active, or until a newer one has overtaken it."""
        self.put(version)
        self.wait(
            lambda: self._read(f"/releases/{version}"),
            lambda release: release["status"] in ("active", "superseded", "retired"),
            f"{version} active",
        )

    def routes(self) -> Json:
        return self._read("/routes")

    def line(self, name: str) -> Json:
        return next(dict(line) for line in self.routes()["lines"] if line["name"] == name)

    def wait(self, look: Callable[[], Json], is_so: Callable[[Json], bool], what: str, seconds: float = 0) -> Json:
        deadline = time.monotonic() + (seconds or PATIENCE_SECONDS)
        while not is_so(found := look()):
            assert time.monotonic() < deadline, f"waited for {what}; last seen: {found}"
            time.sleep(0.2)
        return found

    def _read(self, path: str) -> Json:
        answer = self.calls.insist("GET", path)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text}"
        return dict(answer.json())
