"""Effects on the platform that version apps run on: apps, packages, keys, and the apps' own HTTP API.

Importing this package loads no Azure SDK: those are loaded when a platform or a blob store is first used.
"""

from provisioning.app_http import AppAnswer, VersionAppError, open_session
from provisioning.archive import Archive
from provisioning.azure_backend import AzurePlatform, AzureSettings
from provisioning.claims import Claim, Claims
from provisioning.credentials import open_credential
from provisioning.errors import NotOursError, PackageError, PermanentError, ProvisioningError, TemporaryError
from provisioning.functions import AppFunction, TriggerKind
from provisioning.host_error import hide_private
from provisioning.hosting import TRAITS, Hosting, HostingTraits, tier_of
from provisioning.instances import InstancePage, UnfinishedCount, UnfinishedInstance
from provisioning.object_store import ObjectStore, open_store
from provisioning.package_check import PackageProblem, ZipLimits, check_zip
from provisioning.package_fetch import FetchLimits, open_package
from provisioning.package_index import PackageIndex, index_package
from provisioning.package_uris import PackageHost, PackageUri, PackageUriError, read_host, read_uri
from provisioning.packages import PackageStore, ReceivedPackage
from provisioning.port import (
    AppHealth,
    AppPlatform,
    DeploymentState,
    DeploymentStatus,
    HostKeys,
    OwnedApp,
    Pending,
    Ready,
)
from provisioning.spec import (
    AppSpec,
    VersionAppRef,
    app_name,
    candidate_names,
    choose_plan_name,
    deployment_storage_beside,
    ownership_tags,
    plan_name,
)
from provisioning.tracking_store import tracking_store_settings
from provisioning.version_app import VersionApp

__all__ = [
    "TRAITS",
    "AppAnswer",
    "AppFunction",
    "AppHealth",
    "AppPlatform",
    "AppSpec",
    "Archive",
    "AzurePlatform",
    "AzureSettings",
    "Claim",
    "Claims",
    "DeploymentState",
    "DeploymentStatus",
    "FetchLimits",
    "HostKeys",
    "Hosting",
    "HostingTraits",
    "InstancePage",
    "NotOursError",
    "ObjectStore",
    "OwnedApp",
    "PackageError",
    "PackageHost",
    "PackageIndex",
    "PackageProblem",
    "PackageStore",
    "PackageUri",
    "PackageUriError",
    "Pending",
    "PermanentError",
    "ProvisioningError",
    "Ready",
    "ReceivedPackage",
    "TemporaryError",
    "TriggerKind",
    "UnfinishedCount",
    "UnfinishedInstance",
    "VersionApp",
    "VersionAppError",
    "VersionAppRef",
    "ZipLimits",
    "app_name",
    "candidate_names",
    "check_zip",
    "choose_plan_name",
    "deployment_storage_beside",
    "hide_private",
    "index_package",
    "open_credential",
    "open_package",
    "open_session",
    "open_store",
    "ownership_tags",
    "plan_name",
    "read_host",
    "read_uri",
    "tier_of",
    "tracking_store_settings",
]
