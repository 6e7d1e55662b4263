"""The remote build: gives a package the distributions that its requirements.txt asks for."""

import asyncio
import hashlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

from local_azure.control_plane.kudu.errors import BuildError
from local_azure.control_plane.kudu.journal import Journal
from local_azure.control_plane.kudu.requirements import installed_version, unmet_requirements

SITE_PACKAGES = Path(".python_packages/lib/site-packages")
UNFINISHED = "building-"


class RemoteBuild:
    """Installs package sets, one for each distinct requirements.txt, and links them into the apps that need them."""

    def __init__(self, cache: Path) -> None:
        """Keep the sets in `cache`."""
        self._cache = cache

    async def run(self, content: Path, journal: Journal) -> None:
        """Make the requirements of an unpacked package importable, or raise BuildError."""
        requirements = content / "requirements.txt"
        if not requirements.exists():
            journal.say("No requirements.txt: nothing to install.")
            return
        if (content / SITE_PACKAGES).exists():
            journal.say(f"The package brings its own {SITE_PACKAGES}: nothing to install.")
            return
        missing = unmet_requirements(requirements.read_text(), installed_version)
        if not missing:
            journal.say("Every requirement is installed already: nothing to install.")
            return
        journal.say(f"Not installed: {'; '.join(missing)}")
        self._link(await self._ensure_set(requirements, journal), content)

    async def _ensure_set(self, requirements: Path, journal: Journal) -> Path:
        finished = self._cache / set_name(requirements.read_bytes())
        if finished.exists():
            journal.say("These requirements were installed by an earlier build: that set is used again.")
            return finished
        self._cache.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=self._cache, prefix=UNFINISHED))
        try:
            await _pip_install(requirements, fresh, journal)
            # The rename makes a set appear whole; another build may have been faster.
            if not finished.exists():
                fresh.rename(finished)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
        return finished

    def sweep(self) -> None:
        """Drop the sets whose building a crash interrupted."""
        for unfinished in self._cache.glob(f"{UNFINISHED}*"):
            shutil.rmtree(unfinished, ignore_errors=True)

    def _link(self, packages: Path, content: Path) -> None:
        link = content / SITE_PACKAGES
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(packages, target_is_directory=True)


def set_name(requirements: bytes) -> str:
    """Name a package set after what was asked for and the interpreter it is for."""
    version = f"{sys.implementation.cache_tag}"
    return f"{version}-{hashlib.sha256(requirements).hexdigest()[:32]}"


async def _pip_install(requirements: Path, target: Path, journal: Journal) -> None:
    command = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--quiet"]
    command += ["--target", str(target), "-r", str(requirements)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    journal.say("Running pip install …")
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=environment,
        cwd=requirements.parent,
    )
    try:
        assert process.stdout is not None
        async for line in process.stdout:
            journal.say(line.decode(errors="replace").rstrip())
        code = await process.wait()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    if code != 0:
        raise BuildError(f"pip install ended with exit code {code}; the deployment's log has its words")
    journal.say("Installed.")
