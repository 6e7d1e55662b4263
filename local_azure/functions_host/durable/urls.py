"""The URLs of the Durable HTTP API that clients are handed."""

from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit

INSTANCE_ID_PLACEHOLDER = "INSTANCEID"


@dataclass(frozen=True, slots=True)
class DurableUrls:
    """Where the Durable HTTP API of this host is, and what has to be in the query to use it."""

    base_url: str
    """E.g. `http://127.0.0.1:7071/runtime/webhooks/durabletask`, without a slash at the end."""
    code: str
    hub: str
    connection: str = "Storage"

    @property
    def required_query(self) -> str:
        """Return the part of the query that is the key."""
        return urlencode({"code": self.code})

    @property
    def query(self) -> str:
        """Return the query that every management URL carries."""
        return urlencode({"taskHub": self.hub, "connection": self.connection, "code": self.code})

    def at_origin(self, origin: str) -> "DurableUrls":
        """Return the same URLs as seen by a client that reached this host as `origin`."""
        path = urlsplit(self.base_url).path
        return DurableUrls(origin.rstrip("/") + path, self.code, self.hub, self.connection)

    def status(self, instance_id: str) -> str:
        """Return where an instance's status is."""
        return self.management(instance_id)["statusQueryGetUri"]

    def management(self, instance_id: str) -> dict[str, str]:
        """Return the check-status object: the id and everything that can be done with the instance."""
        instance = f"{self.base_url}/instances/{quote(instance_id, safe='')}"
        query = self.query
        return {
            "id": instance_id,
            "statusQueryGetUri": f"{instance}?{query}",
            "sendEventPostUri": f"{instance}/raiseEvent/{{eventName}}?{query}",
            "terminatePostUri": f"{instance}/terminate?reason={{text}}&{query}",
            "rewindPostUri": f"{instance}/rewind?reason={{text}}&{query}",
            "purgeHistoryDeleteUri": f"{instance}?{query}",
            "restartPostUri": f"{instance}/restart?{query}",
            "suspendPostUri": f"{instance}/suspend?reason={{text}}&{query}",
            "resumePostUri": f"{instance}/resume?reason={{text}}&{query}",
        }

    def creation(self) -> dict[str, str]:
        """Return the templates for starting instances."""
        start = f"{self.base_url}/orchestrators/{{functionName}}[/{{instanceId}}]"
        return {
            "createNewInstancePostUri": f"{start}?{self.required_query}",
            "createAndWaitOnNewInstancePostUri": (
                f"{start}?timeout={{timeoutInSeconds}}&pollingInterval={{intervalInSeconds}}&{self.required_query}"
            ),
        }
