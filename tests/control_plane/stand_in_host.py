"""A Functions host in miniature, for tests of the supervisor: serves JSON about itself on the inherited socket."""

import argparse
import json
import os
import signal
import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--fd", type=int)
parser.add_argument("--exit-with-fd", type=int)
parser.add_argument("--script-root", type=Path)
parser.add_argument("--state-dir", type=Path)
options = parser.parse_args()

if (options.script_root / "crash_at_start").exists():
    sys.exit("told to crash")
if (options.script_root / "ignore_sigterm").exists():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
else:
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))


def exit_with_parent() -> None:
    os.read(options.exit_with_fd, 1)
    if not (options.script_root / "ignore_parent").exists():
        os._exit(0)


threading.Thread(target=exit_with_parent, daemon=True).start()


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        version = options.script_root / "version.txt"
        about = {
            "path": self.path,
            "pid": os.getpid(),
            "version": version.read_text() if version.exists() else None,
            "scriptRoot": str(options.script_root),
            "environment": dict(os.environ),
        }
        content = json.dumps([{"name": "hello"}] if self.path == "/admin/functions" else about).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Answer, bind_and_activate=False)
server.socket.close()
server.socket = socket.socket(fileno=options.fd)
server.socket.setblocking(True)
print("ready", flush=True)
server.serve_forever()
