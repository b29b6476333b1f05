"""All DynamoDB access of erasures, except the deletion of records (`privacy/erasure`).

    erasure#<request>          in Challenges: the inputs of the steps after the account is deleted
    A#<account>, open#<right>  in Rights: the guards of all rights, which name the open request of a right
    R#<request>, certificate   in Rights: the certificate, stored once
    R#<request>, stream_check#<user>   in Rights: the next check of the user at Stream (`model`)
    idle, state                in Rights: the state of the job that closes idle accounts

At its point of no return an erasure takes the guards of all other rights. So no other request is open then,
and none can be made afterwards.
"""

from collections.abc import Iterable

from chalicelib.core import clock, table
from chalicelib.core.ids import AccountId, RightsRequestId
from chalicelib.core.sealing import skip_unreadable
from chalicelib.core.table import ALWAYS, Attr, Change, Conflict, Create, Delete, Key, Replace, Table
from chalicelib.core.transactions import Write
from chalicelib.privacy import codec
from chalicelib.privacy.leases import LeasedState
from chalicelib.retention.model import IdleState
from chalicelib.rights.erasure.model import (
    CheckStage,
    Envelope,
    ErasureInputs,
    IssuedCertificate,
    StreamCheck,
    check_due,
    check_place,
)
from chalicelib.rights.request.model import GUARDS, OpenRequest
from chalicelib.rights.request.store import guard_key, key
from chalicelib.rights.request.terms import Right

IDLE_STATE = LeasedState(Key(Table.RIGHTS, "idle", "state"), lambda: IdleState(touched_at=clock.now()))
_OTHER_GUARDS = tuple(guard for guard in GUARDS if guard != Right.ERASURE)


class CertificateExists(Conflict):
    """The request has a certificate, which is not replaced."""


class OthersAreOpen(Conflict):
    """Another request of the subject is open."""


def inputs_key(request_id: RightsRequestId) -> Key:
    """The key of the inputs of an erasure."""
    return Key(Table.CHALLENGES, f"erasure#{request_id}")


def keeping_inputs(inputs: ErasureInputs) -> Write:
    """The write that stores the inputs of an erasure, for the transaction of the point of no return."""
    place = inputs_key(inputs.request_id)
    return Create(place, codec.to_item(inputs, place))


def inputs_of(request_id: RightsRequestId) -> ErasureInputs | None:
    """The stored inputs of an erasure; None before the point of no return, once expired, and at the end."""
    return codec.read(ErasureInputs, inputs_key(request_id))


def extend_inputs(inputs: ErasureInputs) -> None:
    """Keep the inputs of an erasure for another period, if they are still stored."""
    renewed = inputs.model_copy(update={"extended_at": clock.now()})
    put = {"extended_at": clock.to_text(renewed.extended_at), **codec.times(renewed)}
    table.try_write(Change(inputs_key(inputs.request_id), put=put))  # refused if they were just deleted


def delete_inputs(request_id: RightsRequestId) -> None:
    """Delete the inputs of an erasure; it may be repeated."""
    table.try_write(Delete(inputs_key(request_id)))


def guard_writes(account_id: AccountId, request_id: RightsRequestId) -> list[Write]:
    """The writes that make an erasure the open request of every other right.

    Their conflict OthersAreOpen means that another request is open.
    """
    keys = [guard_key(account_id, guard) for guard in _OTHER_GUARDS]
    item = OpenRequest(request_id=request_id)
    return [Create(place, codec.to_item(item, place), conflict=OthersAreOpen) for place in keys]


def delete_guards(account_id: AccountId, request_id: RightsRequestId) -> None:
    """Delete the guards that an erasure took; it may be repeated."""
    for guard in _OTHER_GUARDS:
        table.try_write(Delete(guard_key(account_id, guard), Attr("request_id").eq(request_id)))


def certificate_key(request_id: RightsRequestId) -> Key:
    """The key of a request's certificate."""
    return Key(Table.RIGHTS, key(request_id).pk, "certificate")


def certificate_of(request_id: RightsRequestId) -> Envelope | None:
    """The certificate of a request; None if there is none, or it has expired."""
    issued = codec.read(IssuedCertificate, certificate_key(request_id))
    return Envelope.read(issued.document.encode()) if issued else None


def certificates_of(request_ids: Iterable[RightsRequestId]) -> dict[RightsRequestId, Envelope]:
    """The certificates of up to 100 requests that have one; one that cannot be read is logged and omitted."""
    places = {certificate_key(request_id): request_id for request_id in request_ids}
    found = dict[RightsRequestId, Envelope]()
    for place, item in table.batch_get(places).items():
        with skip_unreadable("certificate_unreadable", request_id=places[place]):
            document = codec.opened(IssuedCertificate, item).document
            found[places[place]] = Envelope.read(document.encode())
    return found


def keeping_certificate(certificate: IssuedCertificate) -> Write:
    """The write that stores a certificate; it fails with `CertificateExists` if there is one."""
    place = certificate_key(certificate.request_id)
    return Create(place, codec.to_item(certificate, place), conflict=CertificateExists)


def replacing_certificate(certificate: IssuedCertificate) -> Write:
    """The write that stores a certificate in place of an earlier one.

    Commit it with a move of the request, so that of two workers only one replaces it.
    """
    place = certificate_key(certificate.request_id)
    earlier = Attr("issued_at").lte(clock.to_text(certificate.issued_at))
    return Replace(place, codec.to_item(certificate, place), only_if=earlier, conflict=CertificateExists)


def planning_checks(check: StreamCheck) -> Create:
    """The write that plans the checks of the erased user, for the transaction that completes the erasure."""
    place, stage = Key(Table.RIGHTS, *check_place(check.request_id, check.user_id)), CheckStage.FIRST
    item = codec.to_item(check, place) | check_due(check.user_id, stage, stage.due_at(check.counted_from))
    # An erasure that was repeated after a restore plans its checks again.
    return Create(place, item, or_over=ALWAYS)
