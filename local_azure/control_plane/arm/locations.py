"""Azure answers a region's display name where it was asked with the programmatic one."""

_DISPLAY_NAMES = (
    "East US", "East US 2", "West US", "West US 2", "West US 3", "Central US", "North Central US", "South Central US",
    "North Europe", "West Europe", "UK South", "UK West", "France Central", "Germany West Central", "Sweden Central",
    "Norway East", "Switzerland North", "East Asia", "Southeast Asia", "Japan East", "Japan West", "Australia East",
    "Canada Central", "Brazil South", "Central India", "Korea Central",
)  # fmt: skip
_BY_PROGRAMMATIC_NAME = {name.replace(" ", "").lower(): name for name in _DISPLAY_NAMES}


def programmatic_name(location: str) -> str:
    """Return the name of a region as programs write it."""
    return location.replace(" ", "").lower()


def display_name(location: str) -> str:
    """Return the display name of a region; one that is not known stays as it is."""
    return _BY_PROGRAMMATIC_NAME.get(programmatic_name(location), location)
