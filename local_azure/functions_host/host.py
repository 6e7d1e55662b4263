"""The host process: one app with its workers, durable engine, HTTP surface and timers, started and stopped in order."""

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from aiohttp import web

from local_azure.functions_host.announcement import announce
from local_azure.functions_host.app_loading import build_pool, host_id, load_app, read_configuration
from local_azure.functions_host.app_model import LoadedApp, failed_app, without
from local_azure.functions_host.collection import settle_collection
from local_azure.functions_host.ending import wait_for_end
from local_azure.functions_host.http_front.admin import AdminApi
from local_azure.functions_host.http_front.application import app_failed, build_application
from local_azure.functions_host.http_front.front_door import FrontDoor
from local_azure.functions_host.http_front.function_triggers import FunctionTriggers
from local_azure.functions_host.http_front.route_table import RouteTable, build_route_table
from local_azure.functions_host.keys import DURABLE_SYSTEM_KEY, HostKeys, ensure_system_key, load_or_create
from local_azure.functions_host.listening import PortTaken, loopback_origin, open_listener
from local_azure.functions_host.log_output import set_up_log
from local_azure.functions_host.ports import FunctionInfo
from local_azure.functions_host.start_options import StartOptions
from local_azure.functions_host.timers.primary import PrimaryLock
from local_azure.functions_host.timers.timer_loop import Timer, TimerLoops, timer_payload
from local_azure.functions_host.timers.timer_state import TimerStore
from local_azure.functions_host.timers.timer_triggers import TimerTriggers, read_timers, timer_zone

if TYPE_CHECKING:
    from local_azure.functions_host.durable_part import DurablePart

# With the engine's own grace and the workers' this stays below the ten seconds that a supervisor waits.
HTTP_STOP_TIMEOUT_S = 3.0

log = logging.getLogger(__name__)


def run(options: StartOptions) -> int:
    """Run a host until it is told to end; return the process's exit code."""
    set_up_log(verbose=options.verbose)
    try:
        asyncio.run(serve(options))
    except PortTaken as error:
        log.error("%s", error)
        return 1
    return 0


async def serve(options: StartOptions) -> None:
    """Start a host, wait for the end, stop it; the end may come before the app is loaded."""
    host = Host(options)
    end = asyncio.create_task(wait_for_end(options.exit_with_fd))
    start = asyncio.create_task(host.start())
    try:
        await asyncio.wait({end, start}, return_when=asyncio.FIRST_COMPLETED)
        if start.done():
            start.result()
            await end
        log.info("Stopping")
    finally:
        start.cancel()
        await asyncio.gather(start, return_exceptions=True)
        await host.stop()


class Host:
    """One running app."""

    def __init__(self, options: StartOptions) -> None:
        self._options = options
        self._started = time.monotonic()
        # Bound before the app is loaded: clients that come early wait in the backlog.
        self._listener = open_listener(options.host, options.port, options.listening_fd)
        self._door = FrontDoor(self._listener)
        self._origin = loopback_origin(self._listener)
        self._configuration = read_configuration(options.script_root)
        self._pool = build_pool(options.script_root, self._configuration, self._origin.partition("://")[2])
        self._timer_triggers = TimerTriggers(self._pool, lambda: self._client_text(self._origin))
        self._durable: DurablePart | None = None
        self._runner: web.AppRunner | None = None
        self._loops: TimerLoops | None = None
        self._runs: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Load the app and serve it."""
        self._options.state_dir.mkdir(parents=True, exist_ok=True)
        app = await load_app(self._pool, self._configuration)
        table = build_route_table(app.model.functions, self._configuration.host_json.route_prefix)
        timers, bad_schedules = read_timers(app.model.functions, timer_zone(self._configuration.settings))
        app = without(app, {**table.refused, **bad_schedules})
        if app.model.error is None:
            self._pool.keep_running()
            app = await self._open_durable(app)
        await self._listen(app, table, load_or_create(self._options.state_dir))
        if app.model.error is None:
            self._start_timers(timers)
        settle_collection()
        log.info("%s", announce(app, table, self._origin, verbose=self._options.verbose))
        log.info("Ready: listening on %s (state %s)", self._origin, "Error" if app.model.error else "Running")

    async def stop(self) -> None:
        """Take no more work, let requests and turns under way finish, end the workers."""
        if self._durable is not None:
            self._durable.stop_waiting()
        await self._door.close()
        if self._loops is not None:
            await self._loops.stop()
        if self._runner is not None:
            await self._runner.cleanup()
        self._listener.close()
        if self._durable is not None:
            await self._durable.close()
        await self._pool.stop()

    async def _open_durable(self, app: LoadedApp) -> LoadedApp:
        """Open the engine for an app that has anything durable; an app whose store cannot be opened has failed."""
        if app.model.durable_sdk is None:
            return app
        # Imported only here: an app without durable functions does not pay for the engine.
        from local_azure.functions_host.durable_part import DurablePlan, StoreUnavailableError, open_durable_part

        keys = ensure_system_key(self._options.state_dir, DURABLE_SYSTEM_KEY)
        plan = DurablePlan(self._options.state_dir, self._origin, keys, self._configuration.host_json.durable)
        try:
            self._durable = await open_durable_part(plan, app.model, self._pool)
        except StoreUnavailableError as error:
            return failed_app(str(error))
        return app

    async def _listen(self, app: LoadedApp, table: RouteTable, keys: HostKeys) -> None:
        host_json = self._configuration.host_json
        name = host_id(self._configuration.settings, self._options.script_root)
        admin = AdminApi(name, app, table, keys, self._run_now, self._started)
        triggers = FunctionTriggers(self._pool, table, keys, self._client_text)
        application = build_application(
            [*admin.routes(), *(self._durable.routes if self._durable else ())],
            app_failed if app.model.error else triggers.answer,
            max_body_bytes=host_json.max_body_bytes,
            has_root_function=table.find("GET", "/") is not None,
        )
        application.on_response_prepare.append(self._door.say_goodbye)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=HTTP_STOP_TIMEOUT_S)
        await self._runner.setup()
        assert self._runner.server is not None  # set up just now
        self._door.open(self._runner.server)

    def _start_timers(self, timers: list[Timer]) -> None:
        state_dir = self._options.state_dir
        self._loops = TimerLoops(timers, TimerStore(state_dir), PrimaryLock(state_dir), self._timer_triggers.fire)
        self._loops.start()

    def _run_now(self, function: FunctionInfo) -> None:
        run = asyncio.create_task(self._timer_triggers.fire(function, timer_payload(None, past_due=False)))
        self._runs.add(run)
        run.add_done_callback(self._runs.discard)

    def _client_text(self, origin: str) -> str:
        # Nobody asks without a client binding, and with one there is an engine.
        return self._durable.client_text(origin) if self._durable else ""
