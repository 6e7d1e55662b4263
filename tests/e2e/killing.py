"""Kills with SIGKILL at random moments, spread over everything that a stack is made of."""

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from processes import children_of, processes_of

from devstack.router_site import SITE
from devstack.stack import Stack

VICTIMS = {"router host": 7, "router worker": 9, "app host": 8, "app worker": 8, "control plane": 3}
"""How often each is chosen, relative to the others. The supervisor hesitates longer after each death of the same host
in a row, and the control plane's restart is slow, so those die less often than workers."""
SHORTEST_PAUSE, LONGEST_PAUSE = 0.2, 3.8


class Killer:
    """Kills until it has killed often enough; then, or when it fails, it is over."""

    def __init__(self, stack: Stack, seed: int, kills: int) -> None:
        self.killed: Counter[str] = Counter()
        self.failure: BaseException | None = None
        self._stack, self._chance, self._kills = stack, random.Random(seed), kills
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="killer")

    @property
    def is_over(self) -> bool:
        return self._over.is_set()

    @contextmanager
    def at_large(self) -> Iterator["Killer"]:
        self._thread.start()
        try:
            yield self
        finally:
            self._over.set()
            self._thread.join()

    def _run(self) -> None:
        try:
            while self.killed.total() < self._kills and not self._over.wait(self._pause()):
                victim = self._chance.choices(list(VICTIMS), list(VICTIMS.values()))[0]
                if self._strike(victim):
                    self.killed[victim] += 1
                    print(f"{time.strftime('%X')} kill {self.killed.total()}: {victim}")
        except BaseException as failure:
            self.failure = failure
        finally:
            self._over.set()

    def _pause(self) -> float:
        return self._chance.uniform(SHORTEST_PAUSE, LONGEST_PAUSE)

    def _strike(self, victim: str) -> bool:
        """Kill one of the kind; tell whether there was one."""
        if victim == "control plane":
            # All hosts go with it: they read end of file from their parent.
            self._stack.azure.kill()
            self._stack.azure.start()
            return True
        pid = self._choose(victim)
        return pid is not None and kill(pid)

    def _choose(self, victim: str) -> int | None:
        whose, part = victim.split()
        sites = sorted((site["name"], site) for site in self._stack.arm.list_running_sites())
        hosts = [int(site["pid"]) for name, site in sites if site["pid"] and (name == SITE) == (whose == "router")]
        if part == "worker":
            running = processes_of(self._stack.state_dir)
            hosts = [worker for host in hosts for worker in children_of(host, running)]
        return self._chance.choice(hosts) if hosts else None


def kill(pid: int) -> bool:
    """Kill, and tell whether it was still there."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True
