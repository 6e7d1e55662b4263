"""`make demo`: the life of two lines, played on a fresh stack, every step checked."""

import tempfile
from pathlib import Path

from rich.console import Console

from devstack.control_plane import free_port, last_lines
from devstack.errors import StackError
from devstack.narrator import Narrator
from devstack.pace import BRISK
from devstack.router_calls import RouterCalls, StoryError
from devstack.scenes import SCENES, Story
from devstack.stack import Stack

TITLE = "Durable Router: two versions of an app, one of them retired when its last order is done"
SUBTITLE = "On this machine: a local Azure, on it the router, and a Functions host for each version app."


def play(console: Console) -> None:
    """Play the story; StackError, shown, when any step goes another way than it must."""
    narrator = Narrator(console)
    narrator.title(TITLE, SUBTITLE)
    try:
        with tempfile.TemporaryDirectory(prefix="durable-router-demo-") as folder:
            _play_in(Path(folder), narrator)
    except StackError as exc:
        narrator.failure("The story took another turn.")
        raise StackError(f"the demo failed: {exc}") from exc
    narrator.end("Every step went as it must, and everything is stopped.")


def _play_in(folder: Path, narrator: Narrator) -> None:
    with Stack(folder, port=free_port(), pace=BRISK, tell=narrator.stage) as stack:
        narrator.stage(f"the router is up: {stack.url}")
        calls = RouterCalls(stack.url, stack.keys, narrator)
        try:
            story = Story(calls, narrator)
            for scene in SCENES:
                scene(story)
        except StoryError as exc:
            raise StoryError(f"{exc}\nThe router's last words:\n{last_lines(stack.router_log, 40)}") from exc
        finally:
            calls.close()
