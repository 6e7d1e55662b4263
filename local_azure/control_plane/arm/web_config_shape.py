"""The configuration of a site's web server as Azure writes it. Pure."""

from typing import Any

from local_azure.control_plane.records import JsonObject, Site

_ANYBODY = [
    {
        "ipAddress": "Any",
        "action": "Allow",
        "priority": 2147483647,
        "name": "Allow all",
        "description": "Allow all access",
    }
]
# What a site has that was asked for nothing else; no local site heeds any of it.
_DEFAULTS: dict[str, Any] = {
    "numberOfWorkers": 1,
    "defaultDocuments": [],
    "netFrameworkVersion": "v4.0",
    "phpVersion": "",
    "pythonVersion": "",
    "nodeVersion": "",
    "powerShellVersion": "",
    "linuxFxVersion": "",
    "windowsConfiguredStacks": [],
    "requestTracingEnabled": False,
    "remoteDebuggingEnabled": False,
    "httpLoggingEnabled": False,
    "acrUseManagedIdentityCreds": False,
    "logsDirectorySizeLimit": 35,
    "detailedErrorLoggingEnabled": False,
    "appSettings": None,
    "scmType": "None",
    "use32BitWorkerProcess": False,
    "webSocketsEnabled": False,
    "alwaysOn": False,
    "appCommandLine": "",
    "managedPipelineMode": "Integrated",
    "winAuthAdminState": 0,
    "winAuthTenantState": 0,
    "customAppPoolIdentityAdminState": False,
    "customAppPoolIdentityTenantState": False,
    "loadBalancing": "LeastRequests",
    "routingRules": [],
    "experiments": {"rampUpRules": []},
    "autoHealEnabled": False,
    "vnetName": "",
    "vnetRouteAllEnabled": False,
    "vnetPrivatePortsCount": 0,
    "siteAuthEnabled": False,
    "localMySqlEnabled": False,
    "ipSecurityRestrictions": _ANYBODY,
    "scmIpSecurityRestrictions": _ANYBODY,
    "scmIpSecurityRestrictionsUseMain": False,
    "http20Enabled": False,
    "minTlsVersion": "1.2",
    "scmMinTlsVersion": "1.2",
    "ftpsState": "FtpsOnly",
    "preWarmedInstanceCount": 0,
    "functionAppScaleLimit": 200,
    "fileChangeAuditEnabled": False,
    "functionsRuntimeScaleMonitoringEnabled": False,
    "minimumElasticInstanceCount": 0,
    "azureStorageAccounts": {},
    "http20ProxyFlag": 0,
    "antivirusScanEnabled": False,
    "storageType": "StorageVolume",
    "sitePrivateLinkHostEnabled": False,
    "clusteringEnabled": False,
}


def web_config(site: Site) -> JsonObject:
    """Write the whole configuration: what was given, and for the rest what Azure takes."""
    return {**_DEFAULTS, **site.site_config}
