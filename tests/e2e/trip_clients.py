"""Clients of the trips application, who write down what they were promised and hold the product to it."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

PATIENCE_SECONDS = 120.0
ENDED = ("Completed", "Failed", "Terminated", "Canceled")


@dataclass(slots=True)
class Trip:
    """A start that was accepted: its final id, and what must come of it."""

    id: str
    nonce: str
    waits: bool
    key: str | None
    accepted_at: float = field(default_factory=time.monotonic)
    sent_off: bool = False

    @property
    def line(self) -> str:
        return self.id.partition("~")[0]


class TripCalls:
    """The calls of one client; what is not answered, or answered with a 5xx, is None."""

    def __init__(self, url: str, client_key: str) -> None:
        self._http = httpx.Client(base_url=f"{url}/api/trips", headers={"x-functions-key": client_key}, timeout=15)

    def close(self) -> None:
        self._http.close()

    def call(self, method: str, path: str, **sent: Any) -> httpx.Response | None:
        try:
            answer = self._http.request(method, path, **sent)
        except httpx.TransportError:
            return None
        return None if answer.is_server_error else answer

    def insist(self, method: str, path: str, **sent: Any) -> httpx.Response:
        """Repeat a call that may be repeated until it is answered."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (answer := self.call(method, path, **sent)) is None:
            assert time.monotonic() < deadline, f"{method} {path} was not answered in {PATIENCE_SECONDS:.0f} s"
            time.sleep(0.2)
        return answer

    def start(self, nonce: str, key: str | None, version: str, given: dict[str, Any]) -> httpx.Response | None:
        """Start with a key, which is repeated until it is answered; or with an id, which is tried once."""
        sent: dict[str, Any] = {"json": given, "params": {"version": version} if version else {}}
        if key is not None:
            return self.insist("POST", "/orchestrations/trip", headers={"Idempotency-Key": key}, **sent)
        # A lost answer leaves open whether it was started, and a repeat of an id that has ended would run it again.
        return self.call("POST", f"/orchestrations/trip/{nonce}", **sent)

    def send_off(self, trip: Trip) -> None:
        """Raise the event that the trip waits for, unless it has no app yet."""
        answer = self.insist("POST", f"/instances/{trip.id}/raiseEvent/go", json="go")
        # 410: an earlier one, whose answer was lost, has ended it. 409: its start still waits.
        assert answer.status_code in (202, 409, 410), f"{trip}: {answer.status_code} {answer.text}"
        trip.sent_off = answer.status_code != 409

    def look(self, trip: Trip) -> dict[str, Any]:
        answer = self.insist("GET", f"/instances/{trip.id}")
        assert answer.status_code in (200, 202), f"{trip}: {answer.status_code} {answer.text}"
        return dict(answer.json())

    def find(self, nonce: str, waits: bool, lines: list[str]) -> list[Trip]:
        """Find what came of a start whose answer was lost."""
        places = {f"{line}~{nonce}": self.insist("GET", f"/instances/{line}~{nonce}").status_code for line in lines}
        return [Trip(place, nonce, waits, None) for place, status in places.items() if status != 404]

    def see_through(self, trip: Trip) -> dict[str, Any]:
        """Wait until the trip has ended, and give it what it waits for."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (status := self.look(trip))["runtimeStatus"] not in ENDED:
            assert time.monotonic() < deadline, f"{trip} does not end: {status}"
            if trip.waits and not trip.sent_off:
                self.send_off(trip)
            time.sleep(0.1)
        return status


class Traveller:
    """One client at random: starts of every kind, events, and repeats."""

    def __init__(self, name: str, calls: TripCalls, chance: random.Random, lines: list[str]) -> None:
        self.name, self.calls, self.trips = name, calls, list[Trip]()
        self.doubtful: list[tuple[str, bool]] = []
        """Names of trips, and whether they wait: started or not, their answer was lost."""
        self.failure: BaseException | None = None
        self._chance, self._lines = chance, lines
        self._asked = 0

    def thread(self, over: Callable[[], bool]) -> threading.Thread:
        return threading.Thread(target=self._travel, args=(over,), name=self.name)

    def _travel(self, over: Callable[[], bool]) -> None:
        try:
            while not over():
                self.set_out(self._any_version())
                waiting = [trip for trip in self.trips if trip.waits and not trip.sent_off]
                if waiting and self._chance.random() < 0.8:
                    self.calls.send_off(self._chance.choice(waiting))
                time.sleep(self._chance.uniform(0.1, 1.2))
        except BaseException as failure:
            self.failure = failure

    def _any_version(self) -> str:
        return self._chance.choices(["", "latest", self._chance.choice(self._lines)], [6, 1, 1.5])[0]

    def set_out(self, version: str) -> Trip | None:
        """Start a trip and write it down if that was accepted."""
        self._asked += 1
        nonce = f"{self.name}-{self._asked}"
        key = f"key-{nonce}" if self._chance.random() < 0.5 else None
        given = {"nonce": nonce, "seconds": round(self._chance.uniform(0, 2), 2), "waits": self._chance.random() < 0.5}
        answer = self.calls.start(nonce, key, version, given)
        if answer is None:
            self.doubtful.append((nonce, given["waits"]))
            return None
        assert answer.status_code == 202, f"{nonce} to {version!r}: {answer.status_code} {answer.text}"
        trip = Trip(answer.json()["id"], nonce, given["waits"], key)
        self.trips.append(trip)
        if key is not None and self._chance.random() < 0.3:
            repeated = self.calls.start(nonce, key, "", given)
            assert repeated is not None
            assert (repeated.status_code, repeated.json().get("id")) == (202, trip.id), repeated.text
        return trip
