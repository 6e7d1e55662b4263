"""Composes the Function app: reads the settings and registers every function."""

import logging

import azure.durable_functions as df
import azure.functions as func

from router_app.durable.functions import durable_functions
from router_app.http.declaring import declare
from router_app.http.route_table import OPERATIONS
from router_app.parts import Parts
from router_app.settings import Settings, read_settings


def create_app(settings: Settings | None = None) -> df.DFApp:
    """Build the router; SettingError if its settings are not complete."""
    # At INFO the Azure SDKs log each request with its URL and headers.
    logging.getLogger("azure").setLevel(logging.WARNING)
    parts = Parts(settings or read_settings())
    app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
    app.register_functions(durable_functions(parts))
    app.register_functions(declare(parts, OPERATIONS))
    return app
