"""Composes the Function app: reads the settings and registers every function."""

import logging

import azure.durable_functions as df
import azure.functions as func

from router_app.durable.functions import durable_functions
from router_app.http.admin_functions import admin_functions
from router_app.http.client_functions import client_functions
from router_app.http.release_functions import release_functions
from router_app.parts import Parts
from router_app.settings import Settings, read_settings


def create_app(settings: Settings | None = None) -> df.DFApp:
    """Build the router; SettingError if its settings are not complete."""
    # At INFO the Azure SDKs log each request with its URL and headers.
    logging.getLogger("azure").setLevel(logging.WARNING)
    parts = Parts(settings or read_settings())
    app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
    blueprints = (
        durable_functions(parts),
        client_functions(parts),
        *release_functions(parts),
        *admin_functions(parts),
    )
    for blueprint in blueprints:
        app.register_functions(blueprint)
    return app
