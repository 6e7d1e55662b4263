"""Names and ids of everything durable in the router. They are deterministic, so that a repeat meets its first."""

from azure.durable_functions import EntityId

RUN_SAGA = "run_saga"
CHANGE_TABLE = "change_table"
ADVANCE_SAGA = "advance_saga"
ROUTING_TABLE = "routing_table"
CATALOGUE = "catalogue"
CATALOGUE_KEY = "all"

DEPLOY_RELEASE = "deploy_release"
RETIRE_LINE = "retire_line"
DELIVER_START = "deliver_start"
MONITOR = "monitor"


def table_entity(application: str) -> EntityId:
    """Name the entity that holds the application's routing table."""
    return EntityId(ROUTING_TABLE, application)


def catalogue_entity() -> EntityId:
    """Name the entity that holds the set of applications."""
    return EntityId(CATALOGUE, CATALOGUE_KEY)


def deploy_id(application: str, version: str, table_generation: int) -> str:
    """Name the deploy that begins at a generation of the table."""
    return f"deploy~{application}~{version}~{table_generation}"


def start_id(application: str, public_id: str) -> str:
    """Name the saga that delivers one waiting start."""
    return f"start~{application}~{public_id}"


def monitor_id(application: str) -> str:
    """Name the eternal monitor of an application."""
    return f"monitor~{application}"
