"""HTTP functions for release pipelines."""

from router_app.access import Right
from router_app.http import releasing
from router_app.http.operations import Answer, Body, Operation
from router_app.http.problem_groups import APP
from router_app.http.status_check import show_status_check

RELEASE = "{application}/releases/{version}"
DEPLOYING = Answer(
    "It is being deployed.", "answers.Release", headers=("Location", "Operation-Location", "Retry-After")
)

RELEASE_OPERATIONS = (
    Operation(
        "put_release",
        "PUT",
        RELEASE,
        Right.RELEASE,
        releasing.put_release,
        "Register a version with its package, and deploy it.",
        answers={
            200: Answer("There is nothing to deploy: the release is as it was.", "answers.Release"),
            201: Answer("It is registered, and deployed when it is first asked for.", "answers.Release"),
            202: DEPLOYING,
        },
        problems=(
            "invalid-version",
            "invalid-parameter",
            "invalid-body",
            "unsupported-media-type",
            "body-too-large",
            "package-too-large",
            "package-uri-refused",
            "package-not-fetched",
            "too-many-calls",
            "corrupt-package",
            "digest-mismatch",
            "digest-conflict",
            "app-limit",
            "not-allowed",
            "busy",
            "bad-gateway",
        ),
        query="queries.PutRelease",
        path="paths.Release",
        headers="headers.PutRelease",
        body=(
            Body("The package: a zip of the version's Function app.", media="application/zip", required=True),
            Body("Where the package is, and its digest.", "releases.PackageSource", required=True),
        ),
    ),
    Operation(
        "list_releases",
        "GET",
        "{application}/releases",
        Right.READ,
        releasing.list_releases,
        "List the application's releases.",
        answers={200: Answer("All of them.", "answers.Releases")},
        problems=("unknown-application",),
    ),
    Operation(
        "show_release",
        "GET",
        RELEASE,
        Right.READ,
        releasing.show_release,
        "Show a release: its status, its conditions, and how its deploy goes.",
        answers={200: Answer("The release.", "answers.Release")},
        problems=("invalid-version", "invalid-parameter", "unknown-application", "unknown-release"),
        query="queries.ShowRelease",
        path="paths.Release",
    ),
    Operation(
        "show_status_check",
        "GET",
        "{application}/status-check",
        Right.READ,
        show_status_check,
        "Tell whether anything of the application still runs.",
        answers={200: Answer("What runs; what is not known counts as running.", "answers.StatusCheck")},
        problems=("unknown-application", *APP),
    ),
)
