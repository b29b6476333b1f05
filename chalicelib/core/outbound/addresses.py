"""Which machines a name stands for, and whether all of them are out on the public internet.

A name is looked up once, and what is connected to is one of these addresses and no name, so a second
answer of the name server (DNS rebinding) is never asked for. One address that is not public refuses all:
whoever mixes them is trying something.

`ipaddress.is_global` is not enough, in any version: it takes multicast, and addresses of version 6 that
carry one of version 4 inside (mapped, compatible, 6to4, NAT64), behind which our own network may be.
Hence of version 6 only what is handed out as global unicast (2000::/3, RFC 4291) passes, less what is
known there to lead somewhere else.
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
            "192.0.0.0/24",  # protocol assignments; only parts of them count as private
            "192.88.99.0/24",  # relays of 6to4
            "2001::/23",  # protocol assignments, Teredo among them
            "2002::/16",  # 6to4: an address of version 4 inside
            "3fff::/20",  # documentation (RFC 9637), which ipaddress does not know yet
        ),
    )
)


def is_public(address: Address) -> bool:
    """Whether an address belongs to some machine on the public internet, as far as its number tells."""
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    if address.version == 6 and address not in _HANDED_OUT:
        return False
    return not any(address in network for network in _NOT_PUBLIC)


def look_up(host: str, seconds: float) -> tuple[Address, ...]:
    """The addresses of a host, in the order in which they should be tried; all of them are public.

    Raises:
        TransferRefused: there is no such name, or an address is not public.
        Unreachable: the name can't be looked up now, or not in that time.
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
    """Asked in a thread of its own: the system's resolver knows no time limit, and can't be stopped."""
    answer: Future[tuple[Address, ...]] = Future()

    def ask() -> None:
        try:
            # With a final dot the resolver appends no domain of its own to the name.
            found = socket.getaddrinfo(f"{host}.", 443, type=socket.SOCK_STREAM)
            answer.set_result(tuple(dict.fromkeys(ip_address(at[0]) for *_, at in found)))
        except Exception as error:  # noqa: BLE001 - raised in the thread that waits for it
            answer.set_exception(error)

    Thread(target=ask, daemon=True).start()
    return answer.result(seconds)


def _meaning(error: socket.gaierror) -> Exception:
    if error.errno in {socket.EAI_NONAME, socket.EAI_NODATA}:
        return TransferRefused(NotTakenReason.NO_SUCH_NAME)
    return Unreachable(NotTakenReason.NO_CONNECTION)
