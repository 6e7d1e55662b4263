"""THE list of where we differ on purpose, each with its reason: the local Azure from the recorded one, calls and
answers from the contracts.
"""

import re
from dataclasses import dataclass

from recordings import Recorded
from replaying import Disagreement


@dataclass(frozen=True)
class Difference:
    """Disagreements that are meant; what is not given matches all."""

    reason: str
    place: str = ""
    """A regular expression for where in the answer."""
    interaction: str = ""
    """A regular expression for the method and path."""
    words: str = ""

    def covers(self, disagreement: Disagreement) -> bool:
        return (
            re.search(self.place, disagreement.place) is not None
            and re.search(self.interaction, disagreement.interaction) is not None
            and re.search(self.words, disagreement.words) is not None
        )


@dataclass(frozen=True)
class NotServed:
    """Recorded calls that the local Azure does not have."""

    reason: str
    url: str

    def covers(self, one: Recorded) -> bool:
        return re.search(self.url, one.url) is not None


NOT_SERVED = (
    NotServed("template deployments: the router makes its resources one by one", r"/Microsoft\.Resources/deployments/"),
    NotServed("deployment stacks: as template deployments", r"deploymentStack|calculateTemplateHash"),
    NotServed("publishing profiles are passwords; the deployment endpoint takes tokens only", r"/publishxml"),
    NotServed("storage accounts: the router takes a URL of one, and a folder will do here", r"/Microsoft\.Storage/"),
    NotServed("calls of the recorded app itself, which is not here", r"^https://[\w-]+\.azurewebsites\.net/"),
)

_PROPERTIES = r"\.properties\."

DIFFERENCES = (
    # What is another one each time.
    Difference("times are those of now", r"(Time|TimeUtc|_time|timestampUtc)$"),
    Difference("ids of identities and tenants are made up here", r"\.identity\.(principalId|tenantId)$"),
    Difference("keys are secret; the recording blanks them", r"\.(masterKey|functionKeys\.default)$"),
    Difference("plans are numbered by whoever keeps them", rf"{_PROPERTIES}serverFarmId$", words=r"^\d+, not \d+$"),
    Difference("the recordings hide the subscription in the path only", rf"{_PROPERTIES}subscription$"),
    Difference("four letters that nobody reads", rf"{_PROPERTIES}deploymentId$", words="__"),
    Difference(
        "the recording hides the id that it was asked for", r"^\$\.(id|url|log_url)$", "GET scm/api/deployments"
    ),
    # This machine instead of a data centre.
    Difference(
        "a host is an address of this machine with a port",
        r"(hostNames|enabledHostNames|hostNameSslStates)\[\d\](\.name)?$|defaultHostName$|^\$\.(log_)?url$",
    ),
    Difference("there are no network addresses", rf"{_PROPERTIES}(possible)?([Ii]n|[Oo]ut)boundIp(v6)?Address(es)?$"),
    Difference(
        "there are no stamps, web spaces and FTP servers",
        rf"{_PROPERTIES}(selfLink|homeStamp|webSpace|mdmId|ftpUsername|ftpsHostName)$",
    ),
    Difference("there are no custom domains to verify", rf"{_PROPERTIES}customDomainVerificationId$"),
    Difference("there is no log collector", rf"{_PROPERTIES}eligibleLogCategories$"),
    Difference("sites run on no shared machines that tell them apart", rf"{_PROPERTIES}(computeMode|siteMode)$"),
    Difference(
        "there is no web server but the Functions host",
        rf"{_PROPERTIES}(defaultDocuments|virtualApplications|siteAuthSettings|publishingUsername|netFrameworkVersion)",
        "config/web",
    ),
    Difference("features in preview come and go", rf"{_PROPERTIES}inFlightFeatures$"),
    # The recordings are of 2023, 2024 and 2026: what one has, another has not yet.
    Difference(
        "newer than most recordings",
        rf"{_PROPERTIES}(asyncScalingEnabled|currentNumberOfZonesUtilized|maximumNumberOfZones|isCustomMode|powerState"
        r"|blockPathTraversal|useQueryStringAffinity|clientAffinityProxyEnabled|hostNamePrivateStates"
        r"|siteScopedCertificatesEnabled|siteConfig\.webJobsEnabled|defaultHostNameScope|ipMode"
        r"|endToEndEncryptionEnabled|functionsRuntimeAdminIsolationEnabled|vnetConnections(Used|Max)|tags"
        r"|privateEndpointConnections|siteConfig\.functionAppScaleLimit|siteConfig\.clusteringEnabled)$",
        words="not absent$",
    ),
    Difference("older than most recordings, and told by config/web", r"siteConfig\.(scmI|i)pSecurityRestrictions$"),
    Difference("older than most recordings", r"siteConfig\.elasticWebAppScaleLimit$"),
    Difference("told by some lists of resources, and not by others", r"\.managedBy$", words="not ''$"),
    Difference(
        "one program is all of Kudu's versions", r"^\$\.(build_summary|provisioningState|deployer)$", "GET scm/api"
    ),
    # How Azure goes about it.
    Difference(
        "an elastic plan that is made larger is so at once; Azure tells the old size until it is",
        r"capacity$|umberOfWorkers$",
        words="^5, not 1$",
    ),
    Difference(
        "swaps and builds take a moment here",
        r"^(status|\$\.properties\.status)$",
        "GET .*/(operationresults|deploymentStatus)/",
        "^200, not 202|not 'BuildInProgress'",
    ),
    Difference("Azure keeps a machine ready after a swap", r"\.minimumElasticInstanceCount$", words="not 1"),
    Difference("only what is served is listed", r"^\$\.value\[Microsoft\.Storage/"),
)


@dataclass(frozen=True)
class BeyondContract:
    """Mistakes in the eyes of the contracts that are meant."""

    reason: str
    words: str

    def covers(self, mistake: str) -> bool:
        return re.search(self.words, mistake) is not None


BEYOND_CONTRACT = (
    BeyondContract(
        "deletions of sites and plans have been seen to go on after the answer, though the contract has no 202: the "
        "backend must follow them, so the local Azure can be told to answer so",
        r"^DELETE .*/(sites|serverfarms)/[^/ ]+ -> 202: status 202 is not one of",
    ),
    BeyondContract(
        "Resource Manager asks every provider to take tags in a PATCH of a resource; App Service's documents leave it "
        "out. Only a note for people depends on it, and a refusal is logged",
        r"^PATCH .*/sites/[^/ ]+ -> 200: \$\.tags is not in the contract",
    ),
)

# Called and served though no contract has it.
NO_CONTRACT = {
    r"/operation[Rr]esults/": "Azure's addresses of operations are opaque: no document has a path for them",
    r"/locations/local/": "the same, of operations that a fault has made long",
    r"Microsoft\.Authorization/locks": "the folder of contracts has no document of locks",
    r"/hostruntime/": "what the app's own host answers, passed on",
}


def is_meant_beyond(mistake: str) -> bool:
    """Tell whether a mistake in the eyes of the contracts is on the list."""
    return any(entry.covers(mistake) for entry in BEYOND_CONTRACT)


def has_no_contract(text: str) -> bool:
    """Tell whether a path, or a line about one, is of what no contract has."""
    return any(re.search(pattern, text) for pattern in NO_CONTRACT)


def is_meant(disagreement: Disagreement) -> bool:
    """Tell whether a disagreement is on the list."""
    return any(difference.covers(disagreement) for difference in DIFFERENCES)


def is_served(one: Recorded) -> bool:
    """Tell whether an interaction concerns what the local Azure has."""
    return not any(entry.covers(one) for entry in NOT_SERVED)
