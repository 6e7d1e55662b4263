"""Which URLs a package may be fetched from: a corpus of tricks, and the addresses behind names."""

import ipaddress

import pytest

from provisioning.package_uris import PackageHost, PackageUriError, is_acceptable, read_host, read_uri

ALLOWED = [PackageHost("store.blob.core.windows.net"), PackageHost("artifacts.example.com", 8443)]
SECRET = "sig=s3cret"


@pytest.mark.parametrize(
    ("url", "host", "path", "query"),
    [
        ("https://store.blob.core.windows.net/c/a.zip", ALLOWED[0], "/c/a.zip", ""),
        ("https://STORE.blob.core.windows.NET/c/a.zip", ALLOWED[0], "/c/a.zip", ""),
        ("https://store.blob.core.windows.net:443/a", ALLOWED[0], "/a", ""),
        ("https://store.blob.core.windows.net/a%20b?sv=1&sig=a%2Fb%3D", ALLOWED[0], "/a%20b", "sv=1&sig=a%2Fb%3D"),
        ("https://artifacts.example.com:8443/a/b.zip", ALLOWED[1], "/a/b.zip", ""),
    ],
)
def test_a_plain_url_to_an_allowed_host_is_read_into_its_parts(url, host, path, query):
    read = read_uri(url, ALLOWED)
    assert (read.host, read.path, read.query) == (host, path, query)


HOST = "store.blob.core.windows.net"
REFUSED = {
    "http": f"http://{HOST}/a",
    "file": "file:///etc/passwd",
    "file with a host": f"file://{HOST}/etc/passwd",
    "ftp": f"ftp://{HOST}/a",
    "gopher": f"gopher://{HOST}/_GET",
    "data": "data:application/zip;base64,UEsF",
    "jar": f"jar:https://{HOST}/a!/b",
    "no scheme": f"//{HOST}/a",
    "a path": "/etc/passwd",
    "nothing": "",
    "no path": f"https://{HOST}",
    "scheme in capitals": f"HTTPS://{HOST}/a",
    "loopback": "https://127.0.0.1/a",
    "loopback, short": "https://127.1/a",
    "loopback, decimal": "https://2130706433/a",
    "loopback, octal": "https://0177.0.0.1/a",
    "loopback, hexadecimal": "https://0x7f.0.0.1/a",
    "loopback, one hexadecimal": "https://0x7f000001/a",
    "loopback, IPv6": "https://[::1]/a",
    "loopback, mapped": "https://[::ffff:127.0.0.1]/a",
    "any address": "https://0.0.0.0/a",
    "localhost": "https://localhost/a",
    "metadata service": "https://169.254.169.254/metadata/instance",
    "metadata service, decimal": "https://2852039166/a",
    "metadata service by name": "https://metadata.google.example/a",
    "Azure's own address": "https://168.63.129.16/machine",
    "user before another host": f"https://{HOST}@evil.example/a",
    "user and password before another host": f"https://{HOST}:443@evil.example/a",
    "user at an allowed host": f"https://{'user'}:pass@{HOST}/a",
    "an empty user": f"https://@{HOST}/a",
    "an escaped at": f"https://{HOST}%40evil.example/a",
    "a backslash": f"https://evil.example\\@{HOST}/a",
    "a backslash after the host": f"https://{HOST}\\.evil.example/a",
    "a fragment that hides a host": f"https://evil.example#@{HOST}/a",
    "a query that hides a host": f"https://evil.example?@{HOST}/a",
    "a fragment": f"https://{HOST}/a#b",
    "a trailing dot": f"https://{HOST}./a",
    "two trailing dots": f"https://{HOST}../a",
    "a name that only ends alike": f"https://evil{HOST}/a",
    "a name that only begins alike": f"https://{HOST}.evil.example/a",
    "a name below": f"https://x.{HOST}/a",
    "the other host's port": f"https://{HOST}:8443/a",
    "the usual port where another is listed": "https://artifacts.example.com/a",
    "port 22": f"https://{HOST}:22/a",
    "port 0": f"https://{HOST}:0/a",
    "a huge port": f"https://{HOST}:65979/a",
    "an empty port": f"https://{HOST}:/a",
    "a Cyrillic letter": "https://ѕtore.blob.core.windows.net/a",
    "a fullwidth letter": "https://ｓtore.blob.core.windows.net/a",
    "a fullwidth dot": "https://store。blob.core.windows.net/a",
    "a fullwidth slash": f"https://evil.example／{HOST}/a",
    "a care-of sign that turns into a slash": f"https://evil.example℀.{HOST}/a",
    "circled digits": "https://①②⑦.⓪.⓪.①/a",
    "a soft hyphen": f"https://st\u00adore{HOST[5:]}/a",
    "the other form of a look-alike": "https://xn--tore-vfd.blob.core.windows.net/a",
    "a space": f"https://{HOST}/a b",
    "a space in front": f" https://{HOST}/a",
    "a newline": f"https://{HOST}/a\nHost: evil",
    "a newline at the end": f"https://{HOST}/a\n",
    "a carriage return in the host": f"https://evil.example\r\n{HOST}/a",
    "a tab in the host": f"https://st\tore{HOST[5:]}/a",
    "NUL": f"https://{HOST}/a\0",
    "a letter that is not ASCII": f"https://{HOST}/ä",
    "too long": f"https://{HOST}/{'a' * 5000}",
    "three slashes": f"https:///{HOST}/a",
    "one slash": f"https:/{HOST}/a",
}


@pytest.mark.parametrize("url", REFUSED.values(), ids=REFUSED)
def test_anything_else_is_refused_and_not_repeated(url):
    with pytest.raises(PackageUriError) as caught:
        read_uri(f"{url}?{SECRET}" if url and "#" not in url and "\n" not in url else url, ALLOWED)
    assert "s3cret" not in str(caught.value)
    assert "evil" not in str(caught.value)


def test_without_hosts_nothing_is_allowed():
    with pytest.raises(PackageUriError, match="none"):
        read_uri(f"https://{HOST}/a", [])


def test_a_signature_is_not_shown_when_a_uri_is_printed():
    assert SECRET not in repr(read_uri(f"https://{HOST}/a?{SECRET}", ALLOWED))


@pytest.mark.parametrize("text", ["store.example", " Store.Example ", "store.example:443"])
def test_hosts_of_the_list_are_names_in_any_case(text):
    assert read_host(text) == PackageHost("store.example")


@pytest.mark.parametrize(
    "text",
    [
        *("", "*", "*.example.com", "https://store.example", "store.example/a", "user@store.example"),
        *("127.0.0.1", "2130706433", "0x7f.1", "[::1]", "::1", "store.example:0", "store.example:99999"),
        *("store.example:", "store.example:http", "-a.example", "a..b", "store.example.", "stоre.example", "a b"),
    ],
)
def test_what_is_no_name_is_not_taken_into_the_list(text):
    with pytest.raises(ValueError, match=r"is not a host name|no port"):
        read_host(text)


# Private networks are written in two parts: the repository holds no address of anybody's.
ADDRESSES = {
    "93.184.216.34": True,
    "2606:2800:220:1:248:1893:25c8:1946": True,
    "::ffff:93.184.216.34": True,
    "127.0.0.1": False,
    "127.255.255.254": False,
    "0.0.0.0": False,
    f"{'10'}.1.2.3": False,
    f"{'172'}.16.0.1": False,
    f"{'172'}.31.255.255": False,
    f"{'192'}.168.0.1": False,
    "100.64.0.1": False,
    "169.254.169.254": False,
    "168.63.129.16": False,
    "192.0.0.1": False,
    "192.0.2.1": False,
    "198.18.0.1": False,
    "224.0.0.1": False,
    "255.255.255.255": False,
    "::": False,
    "::1": False,
    "::127.0.0.1": False,
    "::ffff:127.0.0.1": False,
    f"::ffff:{'10'}.0.0.1": False,
    "::ffff:168.63.129.16": False,
    "64:ff9b::7f00:1": False,
    "64:ff9b::a9fe:a9fe": False,
    "2002:7f00:1::": False,
    "2001:0:7f00:1::": False,
    "fe80::1": False,
    "fe80::1%eth0": False,
    "fc00::1": False,
    "fd12:3456::1": False,
    "fec0::1": False,
    "ff02::1": False,
    "2001:db8::1": False,
}


@pytest.mark.parametrize(("address", "expected"), ADDRESSES.items())
def test_only_public_addresses_are_connected_to(address, expected):
    assert is_acceptable(address) is expected


def test_networks_can_be_listed_that_are_not_public():
    inside = [ipaddress.ip_network("198.18.0.0/16")]
    addresses = {"198.18.2.3": True, "::ffff:198.18.2.3": True, "198.19.0.1": False, "::1": False}
    assert {address: is_acceptable(address, inside) for address in addresses} == addresses
