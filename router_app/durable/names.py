"""Names of everything durable in the router. Ids of its orchestrations: version_registry/identifiers.py."""

from azure.durable_functions import EntityId

RUN_SAGA = "run_saga"
CHANGE_TABLE = "change_table"
ADVANCE_SAGA = "advance_saga"
ROUTING_TABLE = "routing_table"
CATALOGUE = "catalogue"
CATALOGUE_KEY = "all"
ENSURE_MONITORS = "ensure_monitors"
KEEP_HOUSE = "keep_house"

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
