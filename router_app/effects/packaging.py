"""Effects on stored packages."""

import asyncio

from provisioning import PackageIndex, check_zip, index_package
from router_app.effects.context import Args, EffectContext
from router_app.effects.outcomes import failed, ok
from router_app.parts import Parts
from version_registry.sagas import Json


async def check_package(context: EffectContext, args: Args) -> Json:
    """Fetch the stored package, check it and read which functions it declares."""
    return await asyncio.to_thread(_check, context.parts, args["application"], args["digest"])


def _check(parts: Parts, application: str, digest: str) -> Json:
    path = parts.packages.fetch(application, digest)
    if problems := check_zip(path):
        return failed("package_corrupt", " ".join(problem.message for problem in problems))
    index = index_package(path)
    return ok(functions=encode_functions(index), complete=index.complete)


def encode_functions(index: PackageIndex) -> list[dict[str, str]]:
    """Encode the functions that a package declares."""
    return [{"name": function.name, "kind": function.kind.value} for function in index.functions]
