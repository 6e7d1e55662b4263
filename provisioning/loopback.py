"""Is a host this machine itself? Bearer tokens and keys may travel without TLS only there."""

import ipaddress


def is_loopback(host: str | None) -> bool:
    """Tell whether the host name or address is loopback. Names are not resolved: only `localhost` and below count."""
    if not host:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
