"""The processes of a stack, as the system lists them."""

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Running:
    """A process."""

    pid: int
    parent: int
    command: str


def processes_of(state_dir: Path) -> list[Running]:
    """List what runs on the state folder: control plane, hosts and workers all name it in their command line."""
    listed = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,ppid=,stat=,args="], capture_output=True, text=True, check=True
    )
    found = []
    for line in listed.stdout.splitlines():
        pid, parent, state, command = line.split(None, 3)
        if str(state_dir) in command and not state.startswith("Z"):
            found.append(Running(int(pid), int(parent), command))
    return found


def children_of(pid: int, running: list[Running]) -> list[int]:
    """List the children of a process: of a host, its workers."""
    return [one.pid for one in running if one.parent == pid]


def strays(root: int, running: list[Running]) -> list[Running]:
    """List those that do not descend from `root`."""
    family = {root}
    while grown := {one.pid for one in running if one.parent in family} - family:
        family |= grown
    return [one for one in running if one.pid not in family]
