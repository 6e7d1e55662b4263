"""HTTP functions for release pipelines."""

from collections.abc import Iterator

import azure.durable_functions as df

from router_app.http import releasing
from router_app.http.declaring import Declarer
from router_app.http.status_check import show_status_check
from router_app.parts import Parts


def release_functions(parts: Parts) -> Iterator[df.Blueprint]:
    """Declare them: one group changes, the other only reads."""
    changing = Declarer(parts, "release")
    changing.add("put_release", "PUT", "{application}/releases/{version}", releasing.put_release)
    yield changing.blueprint
    reading = Declarer(parts, "read")
    reading.add("list_releases", "GET", "{application}/releases", releasing.list_releases)
    reading.add("show_release", "GET", "{application}/releases/{version}", releasing.show_release)
    reading.add("show_status_check", "GET", "{application}/status-check", show_status_check)
    yield reading.blueprint
