"""One round of housekeeping: what has no place in an orchestration, because nothing waits for it."""

import logging

from provisioning import ProvisioningError
from router_app.durable.client import Hub, HubError, utc_now
from router_app.housekeeping.histories import purge_histories
from router_app.housekeeping.orphans import sweep_orphans
from router_app.housekeeping.tombstones import archive_tombstones
from router_app.parts import Parts

log = logging.getLogger("durable_router")


async def keep_house(parts: Parts, hub: Hub) -> None:
    """Do each chore; one that cannot be done now is done in the next round."""
    for chore in (_purge_histories, archive_tombstones, sweep_orphans):
        try:
            await chore(parts, hub)
        except (HubError, ProvisioningError) as error:
            log.warning("Housekeeping: %s is put off: %s", chore.__name__.strip("_"), error)


async def _purge_histories(parts: Parts, hub: Hub) -> None:
    if purged := await purge_histories(parts, hub, utc_now()):
        log.info("Housekeeping: %d histories of ended operations are purged", purged)
