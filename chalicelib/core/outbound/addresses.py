"""Looks up the addresses of a host, and checks that all of them are on the public internet.

A name is looked up once. The connection uses one of these addresses and not the name, so a second answer of
the name server (DNS rebinding) has no effect. If one address is not public, all are refused: a name with both
kinds indicates an attack.

`ipaddress.is_global` is not enough, in any version: it accepts multicast, and IPv6 addresses that contain an
IPv4 address (mapped, compatible, 6to4, NAT64), which may lead into our own network. So of IPv6 only global
unicast (2000::/3, RFC 4291) is accepted, except ranges in it that lead elsewhere.
"""

import socket
from concurrent.futures import Future
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from threading import Thread

from chalicelib.core.outbound.outcomes import NotTakenReason, TransferRefused, Unreachable

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
        raise _meaning(error) from None
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


def _meaning(error: socket.gaierror) -> Exception:
    if error.errno in {socket.EAI_NONAME, socket.EAI_NODATA}:
        return TransferRefused(NotTakenReason.NO_SUCH_NAME)
    return Unreachable(NotTakenReason.NO_CONNECTION)
