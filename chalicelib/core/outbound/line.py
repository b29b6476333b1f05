"""A TLS connection to a checked address of a host, with bounds on every wait and on the response.

The context is built by hand, since `ssl.create_default_context` reads from the environment a file to which it
writes session keys. Certificates are verified against the system's CAs and the host, with TLS 1.2 or newer.

All addresses of the host have to be on the public internet. A name is looked up once. The connection uses one
of these addresses and not the name, so a second answer of the name server (DNS rebinding) has no effect. If
one address is not public, all are refused: a name with both kinds indicates an attack.

`ipaddress.is_global` is not enough, in any version: it accepts multicast, and IPv6 addresses that contain an
IPv4 address (mapped, compatible, 6to4, NAT64), which may lead into our own network. So of IPv6 only global
unicast (2000::/3, RFC 4291) is accepted, except ranges in it that lead elsewhere.

What fails is distinguished by what the caller may do next. No error has an address, a host or text of the
server.

    NotTaken
    ├── TransferRefused   do not send again: no such name, not a public address, no valid TLS, a redirect, 4xx
    └── Unreachable       may be sent again under the same key: no response, too slow, cut off, 5xx
"""

import socket
import ssl
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from enum import StrEnum
from http.client import HTTPException
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from threading import Thread
from typing import TYPE_CHECKING

from chalicelib.core import clock
from chalicelib.core.figures import Transfers
from chalicelib.core.settings import settings


class NotTakenReason(StrEnum):
    """Why a parcel was not taken, in fixed words that may be logged and shown to the subject."""

    NO_SUCH_NAME = "no_such_name"
    NOT_PUBLIC = "not_a_public_address"
    TLS = "no_valid_tls"
    REDIRECT = "redirect"
    ANSWERED_NO = "answered_no"
    NOT_HTTP = "no_answer_in_http"
    NO_CONNECTION = "no_connection"
    TOO_SLOW = "too_slow"
    ANSWERED_LATER = "answered_later"


class NotTaken(Exception):
    """The server did not accept the parcel, or did not confirm it. The text is the reason."""

    def __init__(self, reason: NotTakenReason, *, status: int | None = None, sent: int = 0) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.status = status  # status of the HTTP response, if one arrived
        self.sent = sent  # bytes of the body that were sent


class TransferRefused(NotTaken):
    """The push must not be repeated: it would fail again."""


class Unreachable(NotTaken):
    """The push may be repeated."""


Address = IPv4Address | IPv6Address

_HANDED_OUT = ip_network("2000::/3")
_NOT_PUBLIC = tuple(
    map(
        ip_network,
        (
            "192.0.0.0/24",  # protocol assignments; ipaddress treats only parts of it as private
            "192.88.99.0/24",  # 6to4 relays
            "2001::/23",  # protocol assignments, including Teredo
            "2002::/16",  # 6to4: contains an IPv4 address
            "3fff::/20",  # documentation (RFC 9637), which ipaddress does not know yet
        ),
    )
)


def is_public(address: Address) -> bool:
    """Return whether an address is in a range of the public internet."""
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    if address.version == 6 and address not in _HANDED_OUT:
        return False
    return not any(address in network for network in _NOT_PUBLIC)


def look_up(host: str, seconds: float) -> tuple[Address, ...]:
    """The addresses of a host, all public, in the order in which to try them.

    Raises:
        TransferRefused: the name does not exist, or an address is not public.
        Unreachable: the look-up failed temporarily, or took longer than `seconds`.
    """
    try:
        found = _resolve(host, seconds)
    except TimeoutError:
        raise Unreachable(NotTakenReason.TOO_SLOW) from None
    except socket.gaierror as error:
        raise _outcome_of_look_up(error) from None
    except OSError:
        raise Unreachable(NotTakenReason.NO_CONNECTION) from None
    if not found or not all(is_public(address) for address in found):
        raise TransferRefused(NotTakenReason.NOT_PUBLIC)
    return found


def _resolve(host: str, seconds: float) -> tuple[Address, ...]:
    """Resolve a host in a thread of its own: the system's resolver has no time limit."""
    answer: Future[tuple[Address, ...]] = Future()

    def ask() -> None:
        try:
            # With a final dot, the resolver appends no search domain to the name.
            found = socket.getaddrinfo(f"{host}.", 443, type=socket.SOCK_STREAM)
            answer.set_result(tuple(dict.fromkeys(ip_address(at[0]) for *_, at in found)))
        except Exception as error:  # noqa: BLE001 - raised again in the waiting thread
            answer.set_exception(error)

    Thread(target=ask, daemon=True).start()
    return answer.result(seconds)


def _outcome_of_look_up(error: socket.gaierror) -> Exception:
    if error.errno in {socket.EAI_NONAME, socket.EAI_NODATA}:
        return TransferRefused(NotTakenReason.NO_SUCH_NAME)
    return Unreachable(NotTakenReason.NO_CONNECTION)


if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

# Bytes of status line and headers. The body of a response is not read, and only the status is used.
MAX_READ = 8 * 1024


class TooMuchAnswer(HTTPException):
    """The headers of the response are longer than `MAX_READ`."""


class Deadline:
    """The end of a push, which bounds each of its waits."""

    def __init__(self, seconds: float) -> None:
        self._end = clock.ticks() + seconds

    def within(self, seconds: float) -> float:
        """Return so many seconds, or the time that is left if that is less.

        Raises:
            TimeoutError: no time is left.
        """
        left = self._end - clock.ticks()
        if left <= 0:
            raise TimeoutError
        return min(seconds, left)


class Line(ssl.SSLSocket):
    """A TLS connection whose waits end at a deadline, and of which at most `MAX_READ` bytes are read.

    `silence` and `deadline` are set when it is connected: a context makes its sockets without arguments.
    """

    silence: float
    deadline: Deadline
    may_read = MAX_READ

    def send(self, data: "ReadableBuffer", flags: int = 0) -> int:
        """Send the beginning of some data, and return how much it was; `sendall` repeats it.

        Raises:
            ConnectionError: the connection was closed.
            TimeoutError: nothing could be sent in time.
            ssl.SSLError: TLS failed.
        """
        self.settimeout(self.deadline.within(self.silence))
        with _plain_errors():
            return super().send(data, flags)

    def recv_into(self, buffer: "WriteableBuffer", nbytes: int | None = None, flags: int = 0) -> int:
        """Read what has arrived, up to what is left of `MAX_READ`.

        Raises:
            TooMuchAnswer: `MAX_READ` bytes were read.
            ConnectionError, TimeoutError, ssl.SSLError: as for `send`.
        """
        if not self.may_read:
            raise TooMuchAnswer
        self.settimeout(self.deadline.within(self.silence))
        with _plain_errors():
            read = super().recv_into(memoryview(buffer)[: self.may_read], nbytes, flags)
        self.may_read -= read
        return read


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Keep `ssl.SSLError` for errors of TLS only: Python raises it for closed connections too."""
    try:
        yield
    except ssl.SSLError as error:
        if error.library == "SSL" and not isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
            raise
        raise ConnectionError from None


def open_line(host: str, limits: Transfers, deadline: Deadline) -> Line:
    """Look up a host, connect to one of its addresses, and verify its certificate.

    Raises:
        TransferRefused, Unreachable: see `look_up`.
        ssl.SSLError: the certificate is not valid for the host, or no common TLS version.
        OSError: no connection.
    """
    routes, trusted = _routes(host, deadline.within(limits.connect_seconds))
    # The TLS socket takes the connection over; what the block closes is then nothing, or a failed handshake.
    with _connect_to_first(routes, limits.connect_seconds, deadline) as connection, _plain_errors():
        # Python applies the timeout to the handshake as a whole, so slow single bytes do not extend it.
        connection.settimeout(deadline.within(limits.silence_seconds))
        line = _context(trusted).wrap_socket(connection, server_hostname=host)
    assert isinstance(line, Line)  # noqa: S101 - the context's class (mypy)
    line.silence, line.deadline = limits.silence_seconds, deadline
    return line


def _routes(host: str, seconds: float) -> tuple[tuple[tuple[Address, int], ...], str | None]:
    """The addresses to connect to, and the file of an additional CA to trust."""
    local = settings().local_targets.get(host)  # empty on any stage but `local`
    if local:
        return ((ip_address(local.address), local.port),), local.ca_file
    return tuple((address, 443) for address in look_up(host, seconds)), None


def _connect_to_first(
    routes: Iterable[tuple[Address, int]], seconds: float, deadline: Deadline
) -> socket.socket:
    """A connection to the first address that accepts one; raises the last error if none does."""
    failed: OSError = ConnectionError()
    for address, port in routes:
        try:
            return dial(address, port, deadline.within(seconds))
        except OSError as error:
            failed = error
    raise failed


def dial(address: Address, port: int, seconds: float) -> socket.socket:
    """A connection to an address, without any look-up.

    Raises:
        OSError: no connection.
    """
    connection = socket.socket(socket.AF_INET if address.version == 4 else socket.AF_INET6)
    try:
        connection.settimeout(seconds)
        connection.connect((str(address), port))
    except BaseException:
        connection.close()
        raise
    return connection


def verified_context() -> ssl.SSLContext:
    """Return a context that verifies certificate and host with the system's CAs, by TLS 1.2 or newer."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # verifies certificate and host name
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.hostname_checks_common_name = False
    context.load_default_certs()
    return context


def _context(trusted: str | None) -> ssl.SSLContext:
    context = verified_context()
    context.sslsocket_class = Line
    context.set_alpn_protocols(["http/1.1"])
    if trusted:
        context.load_verify_locations(trusted)
    return context
