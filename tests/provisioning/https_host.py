"""A package host for tests: https with a certificate of its own making, which does what its paths say."""

import datetime
import ipaddress
import ssl
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

ONE_DAY = datetime.timedelta(days=1)


def write_certificate(folder: Path, name: str = "localhost") -> Path:
    """Make a key and a certificate for a name, signed by itself; one PEM file holds both."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - ONE_DAY)
        .not_valid_after(now + ONE_DAY)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / f"{name}.pem"
    path.write_bytes(secret + certificate.public_bytes(serialization.Encoding.PEM))
    return path


@dataclass
class PackageHost:
    """Serves `content`; keeps what it was asked for."""

    certificate: Path
    content: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "PackageHost":
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), answering(self))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    @property
    def port(self) -> int:
        return int(self.server.server_address[1])

    def url(self, path: str, query: str = "") -> str:
        return f"https://localhost:{self.port}{path}{'?' + query if query else ''}"


def answering(host: PackageHost) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            host.asked.append(self.path)
            path = self.path.partition("?")[0]
            if path.startswith("/redirect/"):
                self.say(302, Location="https://169.254.169.254/")
            elif path.startswith("/status/"):
                self.say(int(path.rpartition("/")[2]))
            elif path == "/silent":
                host.released.wait()
            elif path == "/slow":
                self.drip()
            elif path == "/endless":
                self.pour()
            elif path == "/cut":
                self.say(200, b"half of it", **{"Content-Length": "1000"})
            elif path in host.content:
                self.say(200, host.content[path])
            else:
                self.say(404)

        def say(self, status: int, body: bytes = b"", **headers: str) -> None:
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def drip(self) -> None:
            """Send a byte at a time, so that no single read is slow."""
            self.send_response(200)
            self.end_headers()
            while not host.released.wait(0.05):
                if not self.sent(b"x"):
                    return

        def pour(self) -> None:
            self.send_response(200)
            self.end_headers()
            while not host.released.is_set() and self.sent(b"x" * 65536):
                pass

        def sent(self, data: bytes) -> bool:
            try:
                self.wfile.write(data)
                self.wfile.flush()
            except OSError:
                return False
            return True

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler


LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))
