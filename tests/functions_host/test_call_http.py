"""`call_http` from a real host: plain and over TLS, redirects, and tokens of a managed identity."""

import datetime
import http.server
import ipaddress
import json
import re
import ssl
import threading
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

APP = """
import azure.durable_functions as df
app = df.DFApp()

@app.orchestration_trigger(context_name="context")
def calls(context):
    wanted = context.get_input()
    token = df.ManagedIdentityTokenSource(wanted["resource"]) if "resource" in wanted else None
    try:
        answer = yield context.call_http(
            wanted["method"], wanted["url"], wanted.get("content"), wanted.get("headers"), token
        )
    except Exception as error:
        return str(error)
    return answer
"""


class Echo(http.server.BaseHTTPRequestHandler):
    """Answers with what it was sent; paths say which status and where to go on."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        seen = {"method": self.command, "path": self.path, "body": body.decode(), "headers": dict(self.headers)}
        status, location = re.match(r"/(?:(\d{3})(?:/to/(.*))?)?", self.path).groups()
        self.send_response(int(status or 200))
        if location:
            self.send_header("Location", location)
        self.send_header("X-Twice", "a")
        self.send_header("X-Twice", "b")
        if self.path.startswith("/msi/"):
            seen = {"access_token": f"token of {self.headers['X-IDENTITY-HEADER']}"}
        content = json.dumps(seen).encode()
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_PUT = do_GET  # noqa: N815 - names of the library

    def log_message(self, *_):
        pass


def certificate(folder: Path) -> tuple[Path, Path]:
    """Write a key and a certificate that 127.0.0.1 vouches for itself with."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    files = folder / "cert.pem", folder / "key.pem"
    files[0].write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    unlocked = serialization.NoEncryption()
    files[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, unlocked))
    return files


@pytest.fixture(scope="module")
def served():
    """Serve Echo, with or without TLS; gives the origin."""
    servers = []

    def serve(tls: ssl.SSLContext | None = None) -> str:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def plain(served) -> str:
    return served()


@pytest.fixture(scope="module")
def call(module_hosts, write_app, plain):
    """Have an orchestration make a call; gives what it saw."""
    folder = module_hosts.folder / "app"
    folder.mkdir()
    trusted, _ = files = certificate(module_hosts.folder)
    app = write_app(folder, APP)
    settings = {"SSL_CERT_FILE": str(trusted), "IDENTITY_ENDPOINT": f"{plain}/msi/token", "IDENTITY_HEADER": "s3cret"}
    host = module_hosts.start(app, **settings)

    def make(**wanted):
        query = {"timeout": 30, "pollingInterval": 1}
        answer = host.http.post(
            "/runtime/webhooks/durabletask/orchestrators/calls", params=query, headers=host.master, json=wanted
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    make.files, make.host = files, host
    return make


def content(answer):
    return json.loads(answer["content"])


def test_method_headers_and_content_arrive_and_the_whole_answer_comes_back(call, plain):
    answer = call(method="put", url=f"{plain}/200/a%20b c?q=ä&r=1", content={"x": 1}, headers={"X-A": "b"})
    assert answer["statusCode"] == 200
    assert answer["headers"]["X-Twice"] == "a, b"
    seen = content(answer)
    assert (seen["method"], seen["path"], seen["body"]) == ("PUT", "/200/a%20b%20c?q=%C3%A4&r=1", '{"x": 1}')
    assert seen["headers"]["X-A"] == "b"
    assert seen["headers"]["Content-Type"] == "application/json"


@pytest.mark.parametrize("status", [202, 404, 500])
def test_any_answer_is_a_success_and_a_202_is_not_polled(call, plain, status):
    assert call(method="GET", url=f"{plain}/{status}")["statusCode"] == status


def test_tls_is_spoken_and_certificates_are_checked(call, served, tmp_path):
    trusted = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trusted.load_cert_chain(*call.files)
    assert content(call(method="GET", url=f"{served(trusted)}/"))["path"] == "/"
    unknown = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    unknown.load_cert_chain(*certificate(tmp_path))
    assert "CERTIFICATE_VERIFY_FAILED" in call(method="GET", url=f"{served(unknown)}/")


@pytest.mark.parametrize(
    ("status", "method", "then", "body"),
    [(302, "GET", "GET", ""), (302, "POST", "GET", ""), (307, "POST", "POST", '"x"'), (303, "PUT", "GET", "")],
)
def test_redirects_are_followed_and_credentials_stay_behind(call, plain, status, method, then, body):
    wanted = {"content": "x"} if method != "GET" else {}
    url = f"{plain}/{status}/to//200?next"
    seen = content(call(method=method, url=url, headers={"Authorization": "Bearer mine", "X-A": "b"}, **wanted))
    assert (seen["method"], seen["path"], seen["body"]) == (then, "/200?next", body)
    assert seen["headers"]["X-A"] == "b"
    assert "Authorization" not in seen["headers"]


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("http://127.0.0.1:1/", "ConnectionRefusedError"),
        ("ftp://127.0.0.1/", "not an absolute http or https address"),
        ("/relative", "not an absolute http or https address"),
        ("http://127.0.0.1:notaport/", "ValueError"),
        ("http://host.invalid/", "gaierror"),
    ],
)
def test_no_answer_is_a_failure_that_says_why(call, url, text):
    failure = call(method="GET", url=url)
    assert failure.startswith("Activity function 'BuiltIn::HttpActivity' failed: ")
    assert text in failure


def test_a_token_source_sends_the_token_of_the_app_s_identity(call, plain):
    seen = content(call(method="GET", url=f"{plain}/", resource="https://management.core.windows.net/"))
    assert seen["headers"]["Authorization"] == "Bearer token of s3cret"


def test_a_token_source_without_an_identity_is_a_failure_that_says_so(module_hosts, write_app, call, plain):
    app = write_app(module_hosts.folder / "without", APP)
    host = module_hosts.start(app, IDENTITY_ENDPOINT="")
    wanted = {"method": "GET", "url": f"{plain}/", "resource": "https://management.core.windows.net/"}
    url = "/runtime/webhooks/durabletask/orchestrators/calls?timeout=30&pollingInterval=1"
    assert (
        "IDENTITY_ENDPOINT and IDENTITY_HEADER are not set"
        in host.http.post(url, headers=host.master, json=wanted).json()
    )


def test_a_host_that_serves_holds_neither_tls_nor_an_http_client(module_hosts, write_app):
    host = module_hosts.start(write_app(module_hosts.folder / "idle", APP))
    assert host.http.get("/admin/host/ping").status_code == 200
    mapped = Path(f"/proc/{host.process.pid}/maps").read_text()
    assert "_http_parser" in mapped  # of the server
    assert [name for name in ("libssl", "libcrypto", "/_ssl.", "/_hashlib.") if name in mapped] == []
