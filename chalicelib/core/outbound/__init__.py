"""The only code that sends data to an address that a subject submitted (Art. 20(2) GDPR, RGT-8).

    target = outbound.Target.parse(text)  # at intake; BadTarget says what is wrong
    parcel = outbound.Parcel(opened, length, sha256, request_id)
    outbound.push(parcel, target, to=Recipient.NAMED_CONTROLLER, purpose=..., categories=...)

The subject chooses the address, so it may point into our own network, and the server may send any response.
Invariants (docs/adr/0018-sending-to-an-address-a-subject-named.md):

- Data goes only to a recipient on the register (core/egress); this is checked before the host is looked up.
- The connection goes to an address that was checked, over TLS with a certificate for the host. Redirects are
  not followed.
- Bounds apply to each wait and to their sum, to the bytes sent and read, and to the memory in use.
- A body that differs from the announced length or digest never arrives as a complete request.
- No address, host or response appears in an exception, a log or a metric.

It uses http.client over a socket of our own, which uses no proxy of the environment, follows no redirect,
sends nothing again and writes no log. urllib3 and requests do all of that by default, log hosts, and look
names up themselves.
"""

from chalicelib.core.outbound.line import NotTaken, NotTakenReason, TransferRefused, Unreachable
from chalicelib.core.outbound.post import BodyChanged, ByteSource, Parcel, TooLarge, TransferTaken, push
from chalicelib.core.outbound.target import BadTarget, Target, TargetFault
