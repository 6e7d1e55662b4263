"""The HTTP surface of one site's deployment endpoint."""

import asyncio
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from local_azure.control_plane.arm.plan_lookup import find_plan
from local_azure.control_plane.clock import timestamp
from local_azure.control_plane.faults.striking import DEPLOYMENT_FAULT
from local_azure.control_plane.hosting.paths import SitePaths
from local_azure.control_plane.identity import Identities, TokenRejectedError
from local_azure.control_plane.kudu.deployer import Deployer
from local_azure.control_plane.kudu.errors import DeploymentRunningError, PackageError, SiteGoneError
from local_azure.control_plane.kudu.journal import read_journal
from local_azure.control_plane.kudu.shapes import ONE_DEPLOY, deployment_json
from local_azure.control_plane.kudu.upload import receive_package
from local_azure.control_plane.records import Deployment, DeploymentStatus, JsonObject, Site
from local_azure.control_plane.store import Store

ZIP_DEPLOY = "ZipDeploy"
RUNS_FROM_URL = (
    "Run-From-Zip is set to a remote URL using WEBSITE_RUN_FROM_PACKAGE or WEBSITE_USE_ZIP app setting. "
    "Deployment is not supported in this configuration."
)
# With it, clients ask Resource Manager for the deployment's status.
DEPLOYMENT_HEADER = "SCM-DEPLOYMENT-ID"


@dataclass(frozen=True, slots=True)
class Scm:
    """The deployment endpoint of one site."""

    key: str
    store: Store
    deployer: Deployer
    paths: SitePaths
    max_bytes: int

    async def publish(self, request: web.Request) -> web.Response:
        """Accept a package; 202 with the deployment's id, as on Flex."""
        remote_build = request.query.get("RemoteBuild", "false").lower() == "true"
        deployment, _ = await self._accept(request, way=ONE_DEPLOY, remote_build=remote_build)
        location = f"{_origin(request)}/api/deployments/{deployment.id}"
        headers = {"Location": location, DEPLOYMENT_HEADER: deployment.id}
        return web.json_response(deployment.id, status=202, headers=headers)

    async def zip_deploy(self, request: web.Request) -> web.Response:
        """Accept a package the older way, which Flex does not have; without isAsync, answer when it is deployed."""
        plan = find_plan(self.store, self._site().plan_id)
        if plan is not None and plan.is_flex:
            raise web.HTTPNotFound(text="Flex Consumption sites take packages at /api/publish.")
        deployment, task = await self._accept(request, way=ZIP_DEPLOY, remote_build=True)
        if request.query.get("isAsync", "false").lower() == "true":
            time_of_day = f"{datetime.now(UTC):%Y-%m-%d_%H-%M-%SZ}"
            query = urlencode({"deployer": deployment.deployer, "time": time_of_day})
            location = f"{_origin(request)}/api/deployments/latest?{query}"
            return web.Response(status=202, headers={"Location": location, DEPLOYMENT_HEADER: deployment.id})
        await task
        ended = self.store.deployments.get(deployment.id)
        if ended is None or ended.status is not DeploymentStatus.SUCCESS:
            return web.Response(status=500, text=ended.status_text if ended else "The site was deleted.")
        return web.Response(status=200)

    async def list(self, request: web.Request) -> web.Response:
        """List the deployments, the latest first."""
        found = sorted(self.store.deployments.find(site=self.key), key=lambda one: -one.sequence)
        return web.json_response([self._json(request, deployment) for deployment in found])

    async def get(self, request: web.Request) -> web.Response:
        """Return one deployment; 202 while it goes on, when it is asked for as the latest."""
        deployment = self._require(request)
        is_latest = request.match_info["id"] == "latest"
        document = self._json(request, deployment)
        return web.json_response(document, status=202 if is_latest and not document["complete"] else 200)

    async def log(self, request: web.Request) -> web.Response:
        """Return what has been said about a deployment."""
        return web.json_response(read_journal(self.paths.deployment_log(self._require(request).id)))

    async def _accept(
        self, request: web.Request, *, way: str, remote_build: bool
    ) -> tuple[Deployment, "asyncio.Task[None]"]:
        if self._site().package_url is not None:
            raise web.HTTPConflict(text=RUNS_FROM_URL)
        fault = request.get(DEPLOYMENT_FAULT, "")
        deployment = Deployment(
            str(uuid.uuid4()), self.key, _deployer(request) or way, remote_build, timestamp(), fault=fault, way=way
        )
        try:
            with self.deployer.reserve(self.key):
                package = self.paths.package(deployment.id)
                await receive_package(request.content, package, max_bytes=self.max_bytes)
                return deployment, self.deployer.accept(deployment)
        except DeploymentRunningError as exc:
            raise web.HTTPConflict(text=str(exc)) from exc
        except SiteGoneError as exc:
            raise web.HTTPNotFound(text=str(exc)) from exc
        except PackageError as exc:
            raise web.HTTPRequestEntityTooLarge(self.max_bytes, text=str(exc)) from exc

    def _require(self, request: web.Request) -> Deployment:
        wanted = request.match_info["id"]
        found = self.store.deployments.find(site=self.key)
        if wanted == "latest" and found:
            return max(found, key=lambda one: one.sequence)
        for deployment in found:
            if deployment.id == wanted.lower():
                return deployment
        raise web.HTTPNotFound(text=f"There is no deployment '{wanted}'.")

    def _site(self) -> Site:
        site = self.store.sites.get(self.key)
        if site is None:
            raise web.HTTPNotFound(text="This site has been deleted.")
        return site

    def _json(self, request: web.Request, deployment: Deployment) -> JsonObject:
        site = self._site()
        active = site.active_deployment == deployment.id
        return deployment_json(deployment, site.app, active=active, scm_url=_origin(request))


def scm_app(scm: Scm, identities: Identities, own_audience: str, *around: Middleware) -> web.Application:
    """Build the application of one deployment endpoint; every call needs a token."""

    @web.middleware
    async def authenticate(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            identities.check(request.headers.get("Authorization", ""), own_audience, int(time.time()))
        except TokenRejectedError as exc:
            raise web.HTTPUnauthorized(text=str(exc), headers={"WWW-Authenticate": "Bearer"}) from exc
        return await handler(request)

    app = web.Application(middlewares=[authenticate, *around])
    app.add_routes(
        [
            web.post("/api/publish", scm.publish),
            web.post("/api/zipdeploy", scm.zip_deploy),
            web.get("/api/deployments", scm.list),
            web.get("/api/deployments/", scm.list),
            web.get("/api/deployments/{id}", scm.get),
            web.get("/api/deployments/{id}/log", scm.log),
        ]
    )
    return app


def _deployer(request: web.Request) -> str:
    """Return who publishes, as the publisher puts it; clients do not agree on the case of the parameter."""
    return next((value for name, value in request.query.items() if name.lower() == "deployer"), "")


def _origin(request: web.Request) -> str:
    return f"{request.scheme}://{request.host}"
