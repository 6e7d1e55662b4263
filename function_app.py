"""What Azure loads: the worker accepts only a module in the root."""

from router_app.app import create_app

app = create_app()
