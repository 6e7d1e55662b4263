"""A stand-in router on real HTTP: answers what a test scripted and remembers what it was asked."""

import json
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from router_cli.main import main


@dataclass
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class StandInRouter:
    """Gives each path its scripted answers in turn; the last one stays."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    answers: dict[str, deque[tuple[int, Any, dict[str, str]]]] = field(default_factory=lambda: defaultdict(deque))

    def answer(self, call: str, status: int, body: Any = None, **headers: str) -> None:
        self.answers[call].append((status, body, {name.replace("_", "-"): value for name, value in headers.items()}))

    def next_answer(self, call: str) -> tuple[int, Any, dict[str, str]]:
        scripted = self.answers.get(call)
        if not scripted:
            return 404, {"title": "not scripted", "detail": call}, {}
        return scripted.popleft() if len(scripted) > 1 else scripted[0]


@pytest.fixture
def router() -> Iterator[StandInRouter]:
    stand_in = StandInRouter()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            stand_in.asked.append(Asked(self.command, self.path, headers, body))
            status, document, extra = stand_in.next_answer(f"{self.command} {self.path}")
            content = b"" if document is None else json.dumps(document).encode()
            self.send_response(status)
            for name, value in extra.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PUT = do_POST = do_DELETE = answer  # noqa: N815 - the base class asks for these names

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stand_in.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield stand_in
    server.shutdown()
    server.server_close()
    thread.join()


@dataclass(frozen=True)
class Result:
    exit_code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Result]


@pytest.fixture
def command(router: StandInRouter, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command line against the stand-in, told where it is by the environment."""
    monkeypatch.setenv("DURABLE_ROUTER_URL", router.url)
    monkeypatch.setenv("DURABLE_ROUTER_KEY", "the-key")
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str) -> Result:
        monkeypatch.setattr("sys.argv", ["durable-router", *arguments])
        try:
            main()
            code = 0
        except SystemExit as ended:
            code = int(ended.code or 0)
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return run
