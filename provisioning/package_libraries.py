"""Does a package bring the libraries that it asks for, so that it can run without having been built?"""

import zipfile
from pathlib import Path

LIBRARIES = ".python_packages/lib/site-packages/"


def lacks_libraries(package: Path) -> bool:
    """Tell whether the package asks for libraries in requirements.txt and holds none."""
    with zipfile.ZipFile(package) as archive:
        names = archive.namelist()
        if "requirements.txt" not in names or any(name.startswith(LIBRARIES) for name in names):
            return False
        lines = archive.read("requirements.txt").decode(errors="replace").splitlines()
    return any(line.strip() and not line.strip().startswith("#") for line in lines)
