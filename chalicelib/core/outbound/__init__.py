"""Sending to an address that a subject named (Art. 20(2) GDPR, RGT-8): the one place that does.

    target = outbound.Target.parse(text)  # at intake; BadTarget says what is wrong
    parcel = outbound.Parcel(opened, length, sha256, request_id)
    outbound.push(parcel, target, to=Recipient.NAMED_CONTROLLER, purpose=..., categories=...)

Somebody else chooses the address, so it may be an attack on our own network, and the other side may
answer anything. What always holds (docs/adr/0018-sending-to-an-address-a-subject-named.md):

- Only who is on the register gets anything (core/egress), and before that nothing is looked up.
- Connected to is an address that was checked, over TLS with the host's own certificate; no redirect is
  followed.
- Each wait is bounded, all of them together too; so are what is sent, what is read, and the memory it takes.
- A body that is not what was announced never arrives as a whole request.
- No address, host or answer gets into an exception, a log or a metric.

http.client over a socket of ours: it takes no proxy from the environment, follows nothing, tries nothing
twice and writes no log. urllib3 does all of that unless told otherwise, logs hosts, and looks names up
itself; requests too.

    target     Target.parse, pure               addresses  looked up once, all of them public
    line       TLS with a deadline and a bound  sending    push
    outcomes   Taken, Refused, Unreachable
"""

from chalicelib.core.outbound.outcomes import (
    BodyChanged,
    NotTaken,
    NotTakenReason,
    TooLarge,
    TransferRefused,
    TransferTaken,
    Unreachable,
)
from chalicelib.core.outbound.sending import ByteSource, Parcel, push
from chalicelib.core.outbound.target import BadTarget, Target, TargetFault

__all__ = [
    "BadTarget",
    "BodyChanged",
    "ByteSource",
    "NotTaken",
    "NotTakenReason",
    "Parcel",
    "Target",
    "TargetFault",
    "TooLarge",
    "TransferRefused",
    "TransferTaken",
    "Unreachable",
    "push",
]
