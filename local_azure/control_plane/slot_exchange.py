"""What a swap of two slots exchanges. Pure."""

from dataclasses import replace

from local_azure.control_plane.records import JsonObject, Site

PRODUCTION = "Production"


def exchanged(source: Site, target: Site, *, at: str) -> tuple[Site, Site]:
    """Return both with each other's code and configuration; names, hosts, identities and what is sticky stay.

    Durable state stays too: a task hub is named after the slot that it is of.
    """
    app = target if not target.slot else source
    sticky = {str(name) for name in app.sticky_names.get("appSettingNames") or ()}
    swap = {
        "timestampUtc": at,
        "sourceSlotName": source.slot or PRODUCTION,
        "destinationSlotName": target.slot or PRODUCTION,
    }
    return _taking_over(source, target, sticky, swap), _taking_over(target, source, sticky, swap)


def _taking_over(site: Site, other: Site, sticky: set[str], swap: JsonObject) -> Site:
    kept = {name: value for name, value in site.app_settings.items() if name in sticky}
    taken = {name: value for name, value in other.app_settings.items() if name not in sticky}
    return replace(
        site,
        active_deployment=other.active_deployment,
        app_settings={**taken, **kept},
        site_config=other.site_config,
        modified=str(swap["timestampUtc"]),
        last_swap=swap,
    )
