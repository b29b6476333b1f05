"""The server of another controller: TLS on this machine, with a certificate of a test CA."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import time_machine
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

_DAY = timedelta(days=1)


class Authority:
    """A CA; `file` is what a client has to trust."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(f"CA {folder.name}")
        certificate = (
            self._certificate_builder(self._name, self._key, _machine_time() + _DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.file = folder / "ca.pem"
        self.file.write_bytes(certificate.public_bytes(Encoding.PEM))

    def certificate(self, host: str, *, until: datetime | None = None) -> Path:
        """Return a file with a certificate for a host and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            self._certificate_builder(_name(host), key, until or _machine_time() + _DAY)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        file = self._folder / f"{host}.pem"
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file.write_bytes(certificate.public_bytes(Encoding.PEM) + private)
        return file

    def _certificate_builder(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, until: datetime
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(until - 30 * _DAY)
            .not_valid_after(until)
        )


def _machine_time() -> datetime:
    """Return the machine's time, which TLS uses even if a test has moved the clock."""
    if not time_machine.escape_hatch.is_travelling():
        return datetime.now(UTC)
    now: datetime = time_machine.escape_hatch.datetime.datetime.now(UTC)
    return now


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


@dataclass
class Talk:
    """One connection, from the server's side, and the data received on it."""

    connection: ssl.SSLSocket
    head: str = ""
    body: bytes = b""
    error: Exception | None = None

    @property
    def headers(self) -> dict[str, str]:
        lines = self.head.split("\r\n")[1:]
        return {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}

    def read_head(self) -> None:
        heard = b""
        while b"\r\n\r\n" not in heard:
            more = self.connection.recv(4096)
            if not more:
                raise ConnectionError
            heard += more
        head, _, self.body = heard.partition(b"\r\n\r\n")
        self.head = head.decode()

    def read_all(self) -> None:
        self.read_head()
        self.read_body(int(self.headers["content-length"]))

    def read_body(self, size: int) -> None:
        """Read until at least so much of the body has arrived."""
        while len(self.body) < size:
            more = self.connection.recv(65536)
            if not more:
                raise ConnectionError
            self.body += more

    def say(self, text: str) -> None:
        self.connection.sendall(text.encode())


Behaviour = Callable[[Talk], None]


def answering(text: str) -> Behaviour:
    """Return a behaviour that reads the whole request and then sends a text."""

    def behave(talk: Talk) -> None:
        talk.read_all()
        talk.say(text)

    return behave


def status(line: str, *headers: str) -> Behaviour:
    return answering("\r\n".join([f"HTTP/1.1 {line}", *headers, "content-length: 0", "", ""]))


@dataclass
class Receiver:
    """The server at an address; `talks` are its connections, in order."""

    port: int
    talks: list[Talk] = field(default_factory=list)
    refused: list[Exception] = field(default_factory=list)  # failed handshakes

    @property
    def talk(self) -> Talk:
        (talk,) = self.talks
        return talk


@contextmanager
def receiving(
    certificate: Path, behave: Behaviour, *, newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
) -> Iterator[Receiver]:
    """Run a server that behaves the same on every connection, until the block ends."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.maximum_version = newest
    if newest < ssl.TLSVersion.TLSv1_2:
        context.set_ciphers("ALL:@SECLEVEL=0")
    context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        receiver = Receiver(listener.getsockname()[1])
        thread = threading.Thread(target=_serve, args=(listener, context, behave, receiver))
        thread.start()
        try:
            yield receiver
        finally:
            listener.shutdown(socket.SHUT_RDWR)  # wakes the thread
            thread.join(timeout=10)


def _serve(listener: socket.socket, context: ssl.SSLContext, behave: Behaviour, receiver: Receiver) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        connection.settimeout(10)
        try:
            secured = context.wrap_socket(connection, server_side=True)
        except OSError as error:
            receiver.refused.append(error)
            connection.close()
            continue
        talk = Talk(secured)
        receiver.talks.append(talk)
        with secured:
            try:
                behave(talk)
            except OSError as error:
                talk.error = error
            with contextlib.suppress(OSError):
                secured.shutdown(socket.SHUT_WR)
