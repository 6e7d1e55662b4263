"""Why a deployment is refused or fails."""


class PackageError(Exception):
    """The package cannot be unpacked, or must not be."""


class BuildError(Exception):
    """The package's requirements could not be installed."""


class DeploymentRunningError(Exception):
    """The site has a deployment under way already."""


class SiteGoneError(Exception):
    """The site was deleted meanwhile."""
