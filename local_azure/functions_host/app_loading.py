"""From an app folder to a running worker pool and the model of the app; what fails becomes a state, not a crash."""

import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local_azure.functions_host.app_model import LoadedApp, build_app, failed_app
from local_azure.functions_host.app_settings import SettingsError, merge_settings, read_local_settings
from local_azure.functions_host.host_json import HostJson, read_host_json
from local_azure.functions_host.ports import WorkerLost
from local_azure.functions_host.worker.logs import LEVEL_SETTING
from local_azure.functions_host.workers.pool import PoolOptions, WorkerPool
from local_azure.functions_host.workers.process import WorkerSpec

PROCESS_COUNT_SETTING = "FUNCTIONS_WORKER_PROCESS_COUNT"
MOST_PROCESSES = 10


@dataclass(frozen=True, slots=True)
class Configuration:
    """All that is configured for an app; with an `error`, the rest is defaults."""

    settings: Mapping[str, str]
    host_json: HostJson
    error: str | None = None


def read_configuration(app_folder: Path) -> Configuration:
    """Read the app's settings and its host.json."""
    settings: Mapping[str, str] = dict(os.environ)
    try:
        settings = merge_settings(read_local_settings(app_folder), os.environ)
        return Configuration(settings, read_host_json(app_folder, settings))
    except (SettingsError, OSError) as error:
        return Configuration(settings, HostJson(), str(error))


def build_pool(app_folder: Path, configuration: Configuration, hostname: str) -> WorkerPool:
    """Build the pool that will run the app; nothing is started yet."""
    environment = {
        "AZURE_FUNCTIONS_ENVIRONMENT": "Development",
        "WEBSITE_HOSTNAME": hostname,
        **configuration.settings,
        "AzureWebJobsScriptRoot": str(app_folder),
        "FUNCTIONS_WORKER_RUNTIME": "python",
        LEVEL_SETTING: configuration.host_json.worker_log_level,
    }
    size = process_count(configuration.settings.get(PROCESS_COUNT_SETTING))
    options = PoolOptions(size, configuration.host_json.function_timeout_s)
    return WorkerPool(WorkerSpec(app_folder, environment), options)


async def load_app(pool: WorkerPool, configuration: Configuration) -> LoadedApp:
    """Load the app in the pool's first worker; an app that cannot be loaded is a model with an error."""
    if configuration.error:
        return failed_app(configuration.error)
    try:
        report = await pool.load()
    except WorkerLost as lost:
        return failed_app(f"the app could not be loaded: {lost}")
    if report.header["op"] == "failed":
        return failed_app(report.header["message"], report.header["traceback"])
    return build_app(report.header["functions"], configuration.settings)


def process_count(text: str | None) -> int:
    """Read the number of workers, 1 to 10."""
    return min(max(int(text), 1), MOST_PROCESSES) if text and text.isdecimal() else 1


def host_id(settings: Mapping[str, str], app_folder: Path) -> str:
    """Return the id that names this app's host: the site's name, or one made of the folder."""
    site = settings.get("AzureFunctionsWebHost__hostid") or settings.get("WEBSITE_SITE_NAME")
    return (site or f"{app_folder.name}-{zlib.crc32(str(app_folder).encode()):08x}").lower()[:32]
