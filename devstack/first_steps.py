"""What to do with a router that has just come up: three calls to paste."""

import sys
from pathlib import Path

from devstack.router_site import CHECKOUT
from devstack.stack import Stack
from router_cli.packaging import pack_folder

EXAMPLE = CHECKOUT / "examples" / "orders" / "1.0.0"


def describe_first_steps(stack: Stack) -> str:
    """Say where everything is, and give three calls; the keys are read from their file, never printed."""
    package = stack.state_dir / "orders-1.0.0.zip"
    package.write_bytes(pack_folder(EXAMPLE))
    url, state = stack.url, _short(stack.state_dir)
    key = f"{_short(Path(sys.executable))} -m devstack key --state {state}"
    return f"""
The router is up:  {url}
  local Azure      http://127.0.0.1:{stack.azure.port}
  keys             {_short(stack.keys_file)}   (client, release, admin)
  log              {_short(stack.router_log)}

Release 1.0.0 of the orders example:
  curl -X PUT {url}/api/orders/releases/1.0.0 --data-binary @{_short(package)} \\
    -H "content-type: application/zip" -H "x-functions-key: $({key} release)"
Start an order (it is accepted at once, and begins as soon as 1.0 is up):
  curl "{url}/api/orders/orchestrations/place_order/first?version=1.0" -d '{{"item": "book", "quantity": 2}}' \\
    -H "content-type: application/json" -H "x-functions-key: $({key} client)"
See what it is doing:
  curl {url}/api/orders/instances/1.0~first -H "x-functions-key: $({key} client)"

Ctrl-C stops everything; the state stays in {state}.
"""


def _short(path: Path) -> str:
    """Prefer the path that can be pasted in the current folder."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
