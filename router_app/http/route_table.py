"""The route table: every HTTP function of the router."""

from router_app.http.admin_functions import ADMIN_OPERATIONS
from router_app.http.client_functions import CLIENT_OPERATIONS
from router_app.http.mirror_functions import MIRROR_OPERATIONS
from router_app.http.operations import Operation
from router_app.http.public_functions import PUBLIC_OPERATIONS
from router_app.http.release_functions import RELEASE_OPERATIONS

OPERATIONS: tuple[Operation, ...] = (
    *CLIENT_OPERATIONS,
    *MIRROR_OPERATIONS,
    *RELEASE_OPERATIONS,
    *ADMIN_OPERATIONS,
    *PUBLIC_OPERATIONS,
)
"""What is not here cannot be called, and whatever is here has a right."""
