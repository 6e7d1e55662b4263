"""What is to be hidden of the version app that a request goes to."""

from router_app.http.call import Call, origin
from router_app.http.hiding import Hidden
from router_app.parts import Parts
from version_registry.model import VersionApp


async def hidden_of(parts: Parts, call: Call, line: str, app: VersionApp) -> Hidden:
    """Collect what must not be seen of the app, and the router's URLs in its place."""
    return Hidden(
        host=app.host,
        secrets=await parts.apps.secrets(app),
        application_url=f"{origin(parts, call)}/api/{call.application}",
        line=line,
    )
