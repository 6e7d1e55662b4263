"""`func start`: Core Tools' command name and flags, for this host.

Only argparse here: what parses the command line stays in memory for as long as the host serves.
"""

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from local_azure.functions_host.app_settings import DEFAULT_PORT, read_local_port
from local_azure.functions_host.start_options import STATE_DIR_SETTING, STATE_FOLDER, StartOptions

VERSION = "4.0.0 (local_azure Functions host)"
GENUINE_SETTING = "FUNC_GENUINE"


def main() -> None:
    """Run the command line."""
    arguments = sys.argv[1:]
    if os.environ.get(GENUINE_SETTING, "").lower() in {"1", "true"}:
        run_genuine(arguments)
    options, ignored = parse_start(arguments, os.environ.get(STATE_DIR_SETTING))
    if ignored:
        print(f"Not used by this host: {' '.join(ignored)}", file=sys.stderr)
    if not options.script_root.is_dir():
        raise SystemExit(f"func: the app folder {options.script_root} does not exist")
    raise SystemExit(serve(options))


def serve(options: StartOptions) -> int:
    """Become the host, with no more in memory than it takes."""
    from local_azure.functions_host.lean_imports import leave_out_client, without_tls

    leave_out_client()
    with without_tls():
        from local_azure.functions_host.host import run
    return run(options)


def parse_start(arguments: Sequence[str], state_dir: str | None) -> tuple[StartOptions, list[str]]:
    """Parse the arguments; also return Core Tools' flags that mean nothing here."""
    words = list(arguments)
    if words[:2] == ["host", "start"]:
        words = words[1:]
    parsed, ignored = build_parser().parse_known_args(words)
    root = Path(parsed.script_root).resolve()
    state = parsed.state_dir or state_dir
    options = StartOptions(
        script_root=root,
        state_dir=Path(state).resolve() if state else root / STATE_FOLDER,
        host=parsed.host,
        port=read_local_port(root) if parsed.port is None else parsed.port,
        verbose=parsed.verbose,
        listening_fd=parsed.fd,
        exit_with_fd=parsed.exit_with_fd,
    )
    return options, ignored


def build_parser() -> argparse.ArgumentParser:
    """Declare the command line."""
    parser = argparse.ArgumentParser(
        prog="func",
        description="Runs a Python v2-model Function app on this machine.",
        epilog=f"{GENUINE_SETTING}=1 hands over to Azure Functions Core Tools, the next `func` on PATH.",
    )
    parser.add_argument("--version", action="version", version=VERSION)
    commands = parser.add_subparsers(dest="command", required=True)
    start = commands.add_parser("start", help="start the host (also: func host start)")
    start.add_argument("--port", "-p", type=int, help=f"port to listen on ({DEFAULT_PORT}; 0 picks a free one)")
    start.add_argument("--host", default="127.0.0.1", help="address to listen on")
    start.add_argument("--script-root", "--prefix", default=".", metavar="DIR", help="the app's folder")
    start.add_argument("--state-dir", metavar="DIR", help=f"keys, durable state (<app>/{STATE_FOLDER})")
    start.add_argument("--verbose", action="store_true", help="log more")
    start.add_argument("--fd", type=int, metavar="N", help="serve on this inherited listening socket")
    start.add_argument("--exit-with-fd", type=int, metavar="N", help="end when this descriptor reads end of file")
    return parser


def run_genuine(arguments: Sequence[str]) -> None:
    """Become Azure Functions Core Tools: the first `func` on PATH that is not this program."""
    own = Path(sys.argv[0]).resolve()
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        found = shutil.which("func", path=folder)
        if found and Path(found).resolve() != own:
            print(f"func: handing over to {found}, because {GENUINE_SETTING} is set", file=sys.stderr, flush=True)
            os.execv(found, [found, *arguments])
    raise SystemExit(
        f"func: {GENUINE_SETTING} is set, but PATH has no other `func`. Azure Functions Core Tools are a separate"
        " installation (npm package azure-functions-core-tools); put their folder on PATH, or call them by full path."
    )


if __name__ == "__main__":
    main()
