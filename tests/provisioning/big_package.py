"""Carries a big package through one part of the router in a process of its own, and prints what memory it took.

Run as `python big_package.py MEBIBYTES STEP WORK_FOLDER STORE_URL`; the steps build on each other's folder.
"""

import hashlib
import json
import os
import resource
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from provisioning import PackageStore, check_zip, index_package, open_store

MIB = 1024 * 1024
APP = "import azure.functions as func\napp = func.FunctionApp()\n"


def package_bytes(folder: Path, mebibytes: int) -> Path:
    """Write a zip whose bulk does not compress, once."""
    path = folder / "big.zip"
    if not path.exists():
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("host.json", '{"version": "2.0"}')
            archive.writestr("function_app.py", APP)
            for number in range(mebibytes // 16):
                with archive.open(f"data/{number}.bin", "w") as entry:
                    for _ in range(16):
                        entry.write(os.urandom(MIB))
    return path


def chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while chunk := stream.read(MIB):
            yield chunk


def digest_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def receive_and_put(packages: PackageStore, path: Path) -> None:
    received = packages.receive(chunks(path))
    assert packages.put("orders", received)
    assert not packages.put("orders", received)
    received.discard()


def fetch(packages: PackageStore, path: Path) -> None:
    assert packages.fetch("orders", digest_of(path)).stat().st_size == path.stat().st_size


def check(packages: PackageStore, path: Path) -> None:
    assert check_zip(path) == ()
    index_package(path)


def publish(packages: PackageStore, path: Path) -> None:
    from azure.core.credentials import AccessToken

    from provisioning.azure_backend.http_calls import HttpCalls
    from provisioning.azure_backend.site_http import SiteHttp

    class Credential:
        def get_token(self, *_scopes: str, **_more: object) -> AccessToken:
            return AccessToken("t", 2**40)

    answer = SiteHttp("http", HttpCalls(Credential())).post_file(
        os.environ["SCM"], "/api/publish", path, content_type="application/zip"
    )
    assert answer.status == 202, answer


STEPS: dict[str, Callable[[PackageStore, Path], None]] = {
    "receive_and_put": receive_and_put,
    "fetch": fetch,
    "check": check,
    "publish": publish,
}


def peak() -> float:
    """Return the most memory that this process has held, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (MIB if sys.platform == "darwin" else 1024)


def open_packages(folder: Path, url: str) -> PackageStore:
    # Azurite is opened with its well-known key, as it knows no identities.
    store = open_store(url, os.environ.get("BLOB_KEY"))  # type: ignore[arg-type]
    return PackageStore(store, folder / "work", max_bytes=2**31)


def main(mebibytes: int, step: str, folder: Path, url: str) -> None:
    packages = open_packages(folder, url)
    path = package_bytes(folder, mebibytes)
    before = peak()
    STEPS[step](packages, path)
    print(json.dumps({"package": path.stat().st_size / MIB, "before": before, "peak": peak()}))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), sys.argv[4])
