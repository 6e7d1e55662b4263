"""The `local-azure` command: serve, and status."""

import argparse
import asyncio
import logging
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from local_azure.control_plane.control_plane import running
from local_azure.control_plane.errors import ControlPlaneError
from local_azure.control_plane.settings import DEFAULT_HOST_COMMAND, Settings
from local_azure.control_plane.status import show_status
from local_azure.functions_host.ending import wait_for_end

HOST_COMMAND_VARIABLE = "LOCAL_AZURE_HOST_COMMAND"
DEFAULT_STATE = Path(".local/azure")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; what a person can mend is told in one line."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "serve":
            asyncio.run(_serve(_settings(options), options.exit_with_fd))
        else:
            show_status(options.state)
    except ControlPlaneError as exc:
        print(f"local-azure: {exc}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="local-azure", description="Azure in a box, for laptops and tests.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="run the control plane and the sites in its state folder")
    serve.add_argument("--port", type=int, default=7070, help="port of Resource Manager (7070; 0 for any free one)")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    serve.add_argument("--max-plans", type=int, metavar="N", help="answer Azure's quota error beyond N Flex plans")
    serve.add_argument("--exit-with-fd", type=int, metavar="N", help="end when this descriptor reads end of file")
    status = commands.add_parser("status", help="show the sites of a running control plane")
    for command in (serve, status):
        command.add_argument("--state", type=Path, default=DEFAULT_STATE, help=f"state folder ({DEFAULT_STATE})")
    return parser


def _settings(options: argparse.Namespace) -> Settings:
    host_command = shlex.split(os.environ.get(HOST_COMMAND_VARIABLE, ""))
    return Settings(
        state_dir=options.state.resolve(),
        host=options.host,
        port=options.port,
        host_command=tuple(host_command) or DEFAULT_HOST_COMMAND,
        max_flex_plans=options.max_plans,
    )


async def _serve(settings: Settings, exit_with_fd: int | None) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    end = asyncio.create_task(wait_for_end(exit_with_fd))
    async with running(settings) as base_url:
        print(f"Local Azure is ready on {base_url} (state: {settings.state_dir})", flush=True)
        await end
        print("Local Azure is stopping …", flush=True)
