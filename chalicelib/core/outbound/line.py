"""A TLS connection to a checked address, on which every wait and every answer has an end.

The context is made by hand, since `ssl.create_default_context` takes a file for the session's keys from
the environment. Certificates are held against the system's CAs and the name, at TLS 1.2 or newer.
"""

import io
import socket
import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from ipaddress import ip_address
from typing import TYPE_CHECKING

from chalicelib.core import clock
from chalicelib.core.figures import Push
from chalicelib.core.outbound.addresses import Address, look_up
from chalicelib.core.settings import settings

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# Of an answer, its status and headers; nobody reads more, and nothing of it is kept but the status.
MOST_READ = 8 * 1024


class TooMuchAnswer(HTTPException):
    """Headers without an end."""


class Deadline:
    """The end of a push, whatever it is waiting for then."""

    def __init__(self, seconds: float) -> None:
        self._end = clock.ticks() + seconds

    def within(self, seconds: float) -> float:
        """So many seconds, or what is left.

        Raises:
            TimeoutError: nothing is left.
        """
        left = self._end - clock.ticks()
        if left <= 0:
            raise TimeoutError
        return min(seconds, left)


class Line:
    """What http.client needs of a socket."""

    def __init__(self, connection: ssl.SSLSocket, silence: float, deadline: Deadline) -> None:
        self._connection = connection
        self._silence = silence
        self._deadline = deadline
        self._may_read = MOST_READ

    def sendall(self, data: bytes) -> None:
        """Send all of it.

        Raises:
            ConnectionError: cut off.
            TimeoutError: it does not go on.
            ssl.SSLError: TLS is broken off.
        """
        rest = memoryview(data)
        while rest:
            self._set_timer()
            with _plain_errors():
                rest = rest[self._connection.send(rest) :]

    def receive(self, into: "WriteableBuffer") -> int:
        """Read what is there, as far as anything may still be read.

        Raises:
            TooMuchAnswer: all that may be read was read.
            ConnectionError, TimeoutError, ssl.SSLError: as above.
        """
        if not self._may_read:
            raise TooMuchAnswer
        self._set_timer()
        room = memoryview(into)[: self._may_read]
        with _plain_errors():
            read = self._connection.recv_into(room)
        self._may_read -= read
        return read

    def makefile(self, _mode: str) -> io.BufferedReader:
        """What http.client reads an answer from."""
        return io.BufferedReader(_Answer(self))

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def _set_timer(self) -> None:
        self._connection.settimeout(self._deadline.within(self._silence))


class _Answer(io.RawIOBase):
    """The reading side of a line, as io wants it."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def readable(self) -> bool:
        return True

    def readinto(self, into: "WriteableBuffer") -> int:
        return self._line.receive(into)


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Only what TLS itself finds wrong stays an `ssl.SSLError`, which stands for dead connections too."""
    try:
        yield
    except ssl.SSLError as error:
        if error.library == "SSL" and not isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
            raise
        raise ConnectionError from None


def open_line(host: str, patience: Push, deadline: Deadline) -> Line:
    """Look a host up, connect to one of its addresses, and make sure who answers there.

    Raises:
        Refused, Unreachable: as `addresses.look_up` says.
        ssl.SSLError: it is not who it should be, or speaks no TLS that we speak.
        OSError: nobody answers.
    """
    routes, trusted = _routes(host, deadline.within(patience.connect_seconds))
    connection = _connect_to_first(routes, patience.connect_seconds, deadline)
    try:
        # A handshake is one wait for Python, so it can't be stretched by sending octet after octet.
        connection.settimeout(deadline.within(patience.silence_seconds))
        with _plain_errors():
            secured = _context(trusted).wrap_socket(connection, server_hostname=host)
    except BaseException:
        connection.close()
        raise
    return Line(secured, patience.silence_seconds, deadline)


def _routes(host: str, seconds: float) -> tuple[tuple[tuple[Address, int], ...], str | None]:
    """Where to connect to, and a file with a CA to trust beside the system's."""
    local = settings().local_targets.get(host)  # empty on any stage but `local`
    if local:
        return ((ip_address(local.address), local.port),), local.ca_file
    return tuple((address, 443) for address in look_up(host, seconds)), None


def _connect_to_first(
    routes: Iterable[tuple[Address, int]], seconds: float, deadline: Deadline
) -> socket.socket:
    """A connection to the first of them that takes one; the error of the last if none does."""
    failed: OSError = ConnectionError()
    for address, port in routes:
        try:
            return dial(address, port, deadline.within(seconds))
        except OSError as error:
            failed = error
    raise failed


def dial(address: Address, port: int, seconds: float) -> socket.socket:
    """A connection to an address; no name is involved, so nothing is looked up.

    Raises:
        OSError: it takes none.
    """
    connection = socket.socket(socket.AF_INET if address.version == 4 else socket.AF_INET6)
    try:
        connection.settimeout(seconds)
        connection.connect((str(address), port))
    except BaseException:
        connection.close()
        raise
    return connection


def _context(trusted: str | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # which checks certificate and name
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.hostname_checks_common_name = False
    context.set_alpn_protocols(["http/1.1"])
    context.load_default_certs()
    if trusted:
        context.load_verify_locations(trusted)
    return context
