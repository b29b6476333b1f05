"""Certificates of erasures in tests, and the key of the template that signs them."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.core import aws
from chalicelib.core.ids import Pseudonym, RightsRequestId
from chalicelib.core.languages import Language
from chalicelib.core.settings import settings
from chalicelib.core.signatures import fingerprint_of, pem_of
from chalicelib.core.table_names import Table
from chalicelib.rights.erasure.certificates.model import (
    ALWAYS_REMAINING,
    REMAINDERS,
    CertifiedStreamDeletion,
    CountPrecision,
    DeletedRecords,
    Ending,
    ErasureCertificate,
    HeldRecords,
    Reason,
    Remaining,
    Remains,
    StreamResult,
    known_kinds,
)
from chalicelib.rights.erasure.certificates.page import page
from chalicelib.rights.erasure.model import Envelope
from chalicelib.rights.request.notes import DeletionPlace
from chalicelib.stream.model import StreamDataKind, StreamReport
from infra.template import load

REQUESTED = datetime(2026, 11, 16, 8, 5, 30, tzinfo=UTC)
BEGUN = REQUESTED + timedelta(days=7)
DONE = BEGUN + timedelta(minutes=24)
REQUEST = RightsRequestId("r_01jdd4f3v0qk7m8x2c5t9w6zre")
PSEUDONYM = Pseudonym("p_01jdd4f3v0qk7m8x2c5t9w6zrf")
KID = "9d5a3f0e" * 8
TASK = "1f0c6a52-0b7d-4c1e-9a53-5d3a8c9f2b11"

_OF_ACCOUNTS = ("account", "profile", "session", "known_device", "security_event", "acceptance", "purposes")


def deleted(
    records: str, place: DeletionPlace, count: int, counted: CountPrecision = CountPrecision.EXACTLY
) -> DeletedRecords:
    first = BEGUN + timedelta(minutes=6)
    last = first + timedelta(seconds=count % 600)
    return DeletedRecords(
        records=records, place=place, counted=counted, count=count, first_at=first, last_at=last
    )


def stream(report: StreamReport = StreamReport.DELETED, **changes: Any) -> CertifiedStreamDeletion:
    reports = dict.fromkeys(StreamDataKind, report) | {StreamDataKind.CONVERSATIONS: StreamReport.KEPT}
    given: dict[str, Any] = {
        "task_id": TASK,
        "asked_at": BEGUN + timedelta(minutes=2),
        "reported_at": BEGUN + timedelta(minutes=4),
        "results": tuple(StreamResult(data=data, report=one) for data, one in reports.items()),
    }
    return CertifiedStreamDeletion(**given | changes)


def remains(*more: Remaining) -> tuple[Remains, ...]:
    chosen = [what for what in Remaining if what in ALWAYS_REMAINING or what in more]
    years = {Remaining.CONSENT_EVIDENCE: 5 * 365, Remaining.REQUEST_EVIDENCE: 3 * 365}
    return tuple(
        Remains.of(
            what,
            DONE + timedelta(days=years.get(what, 30)) if REMAINDERS[what][1] is Ending.AT_INSTANT else None,
        )
        for what in chosen
    )


def parts(**changes: Any) -> dict[str, Any]:
    """Return the arguments of `ErasureCertificate.issue` for an erasure with everything."""
    return {
        "request": REQUEST,
        "consent_pseudonym": PSEUDONYM,
        "requested_at": REQUESTED,
        "begun_at": BEGUN,
        "verified_at": DONE - timedelta(minutes=2),
        "key_deleted_at": DONE - timedelta(minutes=1),
        "completed_at": DONE,
        "deleted": (
            *(
                deleted(kind, DeletionPlace.of_table(Table.ACCOUNTS), n + 1)
                for n, kind in enumerate(_OF_ACCOUNTS)
            ),
            deleted("claim", DeletionPlace.CLAIMS, 2),
            deleted("usage_event", DeletionPlace.USAGE, 4_218, CountPrecision.AT_LEAST),
            deleted("diagnostics_event", DeletionPlace.USAGE, 3),
            deleted("export_copy", DeletionPlace.COPIES, 1),
        ),
        "stream": stream(),
        "remains": remains(*Remaining),
        "held": (),
        **changes,
    }


def a_certificate(**changes: Any) -> ErasureCertificate:
    return ErasureCertificate.issue(**parts(**changes))


def held_records() -> tuple[HeldRecords, ...]:
    until = DONE + timedelta(days=3650)
    return (HeldRecords(records="acceptance", count=2, why=Reason.LAW, until=until),)


def a_long_certificate() -> ErasureCertificate:
    """Return a certificate of 20 kB: each kind of record in each place."""
    every = tuple(deleted(kind, place, 999_999) for kind in sorted(known_kinds()) for place in DeletionPlace)
    return a_certificate(deleted=every, held=held_records())


def a_page(
    certificate: ErasureCertificate | None = None,
    language: Language = Language.ENGLISH,
    country: str | None = None,
) -> str:
    document = (certificate or a_certificate()).document()
    return page(Envelope(KID, b"", document), "privacy@test.example", language, country)


def create_key(alias: str | None = None) -> str:
    """Create a key of the template with the alias of the settings; return its id."""
    key = load("vault")["Resources"]["CertificateKey"]["Properties"]
    kms, name = aws.client("kms"), alias or settings().certificate_key()
    made: str = kms.create_key(KeySpec=key["KeySpec"], KeyUsage=key["KeyUsage"])["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName=name, TargetKeyId=made)
    return made


def rotate_key() -> str:
    """Give the alias to a new key, as a deployment of a changed vault does; return its id."""
    made = create_key("alias/ru4m-test-certificates-next")
    aws.client("kms").update_alias(AliasName=settings().certificate_key(), TargetKeyId=made)
    return made


def pem(key: str | None = None) -> str:
    return pem_of(aws.client("kms").get_public_key(KeyId=key or settings().certificate_key())["PublicKey"])


def published(*pems: str) -> str:
    """Return the configuration of the function that publishes these keys."""
    return json.dumps({"keys": [{"kid": fingerprint_of(one), "pem": one} for one in pems]})
