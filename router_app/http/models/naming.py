"""Finds a model by the name that the route table knows it by."""

from importlib import import_module

from pydantic import BaseModel


def find_model(name: str) -> type[BaseModel]:
    """Return the model of `module.Class` in this folder."""
    module, _, class_name = name.partition(".")
    found: type[BaseModel] = getattr(import_module(f"router_app.http.models.{module}"), class_name)
    return found
