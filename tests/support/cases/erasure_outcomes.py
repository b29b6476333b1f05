"""The two possible outcomes of an erasure, checked in every place: all is deleted, or nothing is lost."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

from chalicelib.core import aws, chain
from chalicelib.core.chain import Chain
from chalicelib.core.ids import AccountId, RightsRequestId
from chalicelib.core.settings import settings
from chalicelib.core.signatures import PublicKeys
from chalicelib.rights.erasure import certify
from chalicelib.rights.erasure import store as erasures
from chalicelib.rights.erasure.certificates.model import ErasureCertificate
from chalicelib.rights.request import receipts, store
from chalicelib.rights.request.terms import Status
from infra.stream_emulator import Emulator
from tests.support.cases import certificates
from tests.support.cases.erasure_requests import events, notes, stored
from tests.support.clouds import cloud
from tests.support.faults import ends
from tests.support.world.world import User

# Sign-ins and mails change these. The others are the same before an erasure and after its cancellation.
_OF_SIGN_INS = {"session", "security_event", "known_device", "challenge", "delivery"}
_EXPIRING = {"challenge", "delivery"}  # the certificate lists them as remaining for days
_OF_HOLDS = {"hold", "holds_version"}  # they outlive the account
_OF_REQUESTS = ("R#", "rights#", "tombstone#")


@dataclass(frozen=True)
class Belongings:
    """Everything that belongs to a user: rows, claims, the user at Stream and the user's messages."""

    rows: list[str]
    at_stream: dict[str, Any]
    messages: list[str]


def belongings(user: User, stream: Emulator) -> Belongings:
    """Read what belongs to a user, without what sign-ins and requests change."""
    state = stream.state()
    at_stream = state["users"].get(user.user_id, {})
    return Belongings(
        rows=sorted(json.dumps(_kept(row), sort_keys=True, default=repr) for row in _rows_of(user)),
        at_stream={name: at_stream.get(name) for name in ("name", "deactivated_at", "deleted_at")},
        messages=messages_of(user, stream),
    )


def messages_of(user: User, stream: Emulator) -> list[str]:
    """Return the texts that Stream has from a user."""
    channels = stream.state()["channels"].values()
    sent = [message for one in channels for message in one["messages"]]
    return [message["text"] for message in sent if message["user"]["id"] == user.user_id]


def _rows_of(user: User) -> list[dict[str, Any]]:
    return [
        row
        for row in ends.rows()
        if user.account_id in json.dumps(row, default=repr)
        and row.get("kind") not in _OF_SIGN_INS
        and not row["pk"].startswith(_OF_REQUESTS)
    ]


def _kept(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in {"revoked_before", *cloud.MARK}}


def counted(user: User) -> Counter[str]:
    """Count the items that name a user, by kind; requests and their evidence outlive the user."""
    items = [item for item in cloud.all_items() if user.account_id in json.dumps(item, default=repr)]
    return Counter(item["kind"]["S"] for item in items if not item["pk"]["S"].startswith(_OF_REQUESTS))


def certificate_of(request_id: RightsRequestId) -> ErasureCertificate:
    """Return the certificate of an erasure, whose signature is verified."""
    envelope = erasures.certificate_of(request_id)
    assert envelope
    assert certify.verify(envelope, PublicKeys(certificates.pem()))
    return ErasureCertificate.read(envelope.certificate)


def assert_erased(
    user: User, request_id: RightsRequestId, stream: Emulator, before: Counter[str] | None = None
) -> None:
    """Assert that a request erased its user everywhere, left its marks, and is certified.

    `before`: the records at the point of no return; the certificate may count fewer, but never more.
    """
    request = stored(request_id)
    assert (request.status, request.next_step) == (Status.COMPLETED, None)
    assert counted(user).keys() <= _EXPIRING | _OF_HOLDS
    assert stream.state()["users"].get(user.user_id, {"deleted_at": "never there"})["deleted_at"]
    assert messages_of(user, stream) == []
    assert erasures.inputs_of(request_id) is None
    assert open_rights(user) == {}
    assert_ordered(certificate_of(request_id))
    if before is not None:
        for one in certificate_of(request_id).deleted:
            assert one.count <= before[one.records], one.records
    assert_marked(request_id)


def assert_ordered(certificate: ErasureCertificate) -> None:
    """Assert that no instant of a certificate contradicts another one."""
    begun, completed = certificate.begun_at, certificate.completed_at
    assert certificate.requested_at <= begun <= certificate.verified_at <= completed
    assert begun <= certificate.stream.asked_at <= certificate.stream.reported_at <= completed
    for one in certificate.deleted:
        assert begun <= one.first_at <= one.last_at <= completed, one.records
    certified = max(certificate.verified_at, certificate.key_deleted_at)  # it may be issued anew much later
    assert all(one.until > certified for one in certificate.remains if one.until)


def assert_marked(request_id: RightsRequestId) -> None:
    """Assert that an erasure left one pending and one final mark, here and in the locked bucket."""
    tombstone = notes(request_id).tombstone
    assert tombstone
    assert [one.event for one in chain.entries(Chain("tombstone", tombstone))] == ["pending", "erased"]
    marks = marks_of(request_id)
    assert [mark["state"] for mark in marks] == ["erased", "pending"]  # as the names of the objects sort
    assert {mark["tombstone_id"] for mark in marks} == {tombstone}
    assert marks[0]["erased_at"] >= marks[0]["captured_at"] == marks[1]["captured_at"]


def marks_of(request_id: RightsRequestId) -> list[dict[str, Any]]:
    """Return the marks of an erasure in the locked bucket."""
    s3, bucket = aws.client("s3"), settings().archive().bucket
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket=bucket).get("Contents", ())]
    marks = [json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read()) for key in keys]
    return [mark for mark in marks if mark["request_id"] == request_id]


def assert_whole(
    user: User,
    request_id: RightsRequestId,
    stream: Emulator,
    before: Belongings,
    device: dict[str, Any] | None = None,
) -> None:
    """Assert that a cancelled erasure left its user as before, and that the user can sign in and chat."""
    request = stored(request_id)
    assert (request.status, request.next_step) == (Status.CANCELLED, None)
    assert "captured" not in events(request_id)
    assert belongings(user, stream) == before
    assert open_rights(user) == {}
    assert erasures.inputs_of(request_id) is None
    assert marks_of(request_id) == []
    again = user.world.a_user(user.phone, device)
    assert (again.account_id, again.user_id) == (user.account_id, user.user_id)
    assert again.session["scope"] == "full"
    assert again.mints_a_chat_token().status == 200


def open_rights(user: User) -> dict[str, RightsRequestId]:
    """Return the rights that a user exercises, by the guards, which an erasure takes too."""
    return store.open_requests_of(AccountId(user.account_id))


def receipt_of(user: User, request_id: RightsRequestId) -> User:
    """Give a user the receipt of a request whose response was lost."""
    user.verified["receipt"] = receipts.of(request_id)
    return user
