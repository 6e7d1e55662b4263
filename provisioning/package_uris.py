"""Which URLs a package may be fetched from; pure.

A URL is read by one strict pattern and sent on as its parts: two parsers that disagree about a URL are how a request
gets to a host that nobody checked. No error repeats the URL, whose query may be a signature that opens the package.
"""

import ipaddress
import re
from collections.abc import Collection
from dataclasses import dataclass, field

HTTPS_PORT = 443
MAX_LENGTH = 4096
URL_PATTERN = re.compile(
    r"https://(?P<host>[A-Za-z0-9.-]{1,253})(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)(?:\?(?P<query>[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*))?"
)
# The last label has a letter in front: 127.1, 2130706433 and 0x7f.0.0.1 are addresses to some readers of URLs.
HOST_NAME = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

NEVER_PUBLIC: tuple[Network, ...] = (
    # Azure's own virtual address for DNS, health probes and the machine's agent: registered as public, yet inside.
    ipaddress.ip_network("168.63.129.16/32"),
    # Private once, and still so in Python's list for some versions and not for others.
    ipaddress.ip_network("fec0::/10"),
    # Addresses that stand for IPv4 ones by way of a translator, which may be a private one.
    ipaddress.ip_network("64:ff9b::/96"),
    ipaddress.ip_network("64:ff9b:1::/48"),
    ipaddress.ip_network("::/96"),
    ipaddress.ip_network("2001::/32"),
    ipaddress.ip_network("2002::/16"),
)


class PackageUriError(ValueError):
    """The URL is not one that a package is fetched from; the message says why and does not repeat it."""


@dataclass(frozen=True, slots=True)
class PackageHost:
    """A host that packages may come from."""

    name: str
    port: int = HTTPS_PORT

    def __str__(self) -> str:
        return self.name if self.port == HTTPS_PORT else f"{self.name}:{self.port}"


@dataclass(frozen=True, slots=True)
class PackageUri:
    """A URL that was let through, in parts. Path and query are escaped; the query may be a secret."""

    host: PackageHost
    path: str = field(repr=False)
    query: str = field(repr=False)


def read_host(text: str) -> PackageHost:
    """Read `name` or `name:port` of an allow-list; ValueError if it is neither."""
    name, colon, port = text.strip().lower().partition(":")
    if HOST_NAME.fullmatch(name) is None or len(name) > 253:
        raise ValueError(f"{text!r} is not a host name, with or without a port (addresses and wildcards are not taken)")
    if not colon:
        return PackageHost(name)
    if re.fullmatch(r"[0-9]{1,5}", port) is None or not 0 < int(port) < 65536:
        raise ValueError(f"{text!r} has no port that can be")
    return PackageHost(name, int(port))


def read_uri(text: str, allowed: Collection[PackageHost]) -> PackageUri:
    """Read a URL; PackageUriError unless it is plain https to one of the hosts."""
    if len(text) > MAX_LENGTH:
        raise PackageUriError(f"it is longer than {MAX_LENGTH} characters")
    found = URL_PATTERN.fullmatch(text)
    if found is None:
        raise PackageUriError(_shape_problem(text))
    host = PackageHost(found["host"].lower(), int(found["port"] or HTTPS_PORT))
    if host not in allowed:
        names = ", ".join(sorted(map(str, allowed))) or "none"
        raise PackageUriError(f"packages are fetched from these hosts only: {names}")
    return PackageUri(host, found["path"], found["query"] or "")


def _shape_problem(text: str) -> str:
    if not text.lower().startswith("https://"):
        return "it must begin with https://"
    if "@" in re.split(r"[/?#\\]", text[len("https://") :], maxsplit=1)[0]:
        return "it must not hold a user name or password"
    return "it must be https://host/path, escaped, in ASCII, without fragment"


def is_acceptable(address: str, extra: Collection[Network] = ()) -> bool:
    """Tell whether a package may be fetched from an address: a public one, or in a network that the router is told."""
    found = plain_address(address)
    if any(found in network for network in extra):
        return True
    return found.is_global and not found.is_multicast and not any(found in network for network in NEVER_PUBLIC)


def plain_address(address: str) -> Address:
    """Read an address; one that only wraps an IPv4 address is that one."""
    found = ipaddress.ip_address(address)
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found
