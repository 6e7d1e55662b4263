"""A tracking store that version apps share: their instances and histories in one place, for queries across versions.

Each app keeps a task hub of its own for its work; only the two tables that say what became of instances are shared.
"""

from collections.abc import Mapping

_CONNECTION = "TrackingStore"
_HOST_SETTING = "AzureFunctionsJobHost__extensions__durableTask__storageProvider__"
_CONNECTION_NAME = f"{_HOST_SETTING}trackingStoreConnectionName"
_NAME_PREFIX = f"{_HOST_SETTING}trackingStoreNamePrefix"


def tracking_store_settings(account: str, prefix: str, *, client_id: str | None = None) -> dict[str, str]:
    """Return the app settings that make an app use the store, reached with its identity.

    `prefix` names the tables (`{prefix}History`, `{prefix}Instances`): the same for all apps that share them.
    """
    settings = {
        # The prefix alone does nothing: the store is shared only by name of a connection.
        _CONNECTION_NAME: _CONNECTION,
        _NAME_PREFIX: prefix,
        f"{_CONNECTION}__accountName": account,
        f"{_CONNECTION}__credential": "managedidentity",
    }
    return settings | ({f"{_CONNECTION}__clientId": client_id} if client_id else {})


def shares_tracking_store(settings: Mapping[str, str]) -> bool:
    """Tell whether an app with these settings may have its tracking tables in common with others.

    Settings that come from elsewhere count as well, in the runtime's other spelling and whatever the case.
    """
    names = {name.replace(":", "__").casefold() for name, value in settings.items() if value}
    return bool(names & {_CONNECTION_NAME.casefold(), _NAME_PREFIX.casefold()})
