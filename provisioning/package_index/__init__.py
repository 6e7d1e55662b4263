"""Which functions does a package declare? Found by reading its source, never by running it."""

from provisioning.package_index.indexing import PackageIndex, index_package

__all__ = ["PackageIndex", "index_package"]
