"""The records of an erasure that outlive the account, and the signed file of a certificate.

The records are the inputs of its steps, its certificate, and its checks at Stream.

Keys of a check, in the table Rights:

    R#<request>, stream_check#<user>   the next check of an erased user; in the index due
    O#<user>, stream_check#<user>      the same of a user that had no account

The partition of `due` names the stage of a check, and the sort key of the item the user. So a run knows from
the index alone whom to look for and what comes next.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal, Self

from chalicelib.core import clock, shards
from chalicelib.core.canonical import canonical
from chalicelib.core.clock import DAY, Instant
from chalicelib.core.ids import Pseudonym, RightsRequestId, UserId
from chalicelib.core.settings import ErasureExtent
from chalicelib.core.table_names import Table
from chalicelib.privacy.periods import After, Period, Statutory
from chalicelib.privacy.personal import NOT_PERSONAL, KeyClass, NotPersonal, Record, personal
from chalicelib.privacy.purposes import Category, LegalBasis, Purpose, Source
from chalicelib.privacy.recipients import Recipient
from chalicelib.rights.request.terms import EVIDENCE_LAW
from chalicelib.stream.model import StreamDeletionTask, StreamReport

_INNER = NotPersonal(withheld="internal state of our work on the deletion")

CHECK_SHARDS = shards.names(16)
CHECK_PREFIX = "stream_check#"


class ErasureInputs(
    Record,
    table=Table.CHALLENGES,
    kind="erasure_inputs",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=After(Period.ERASURE_INPUTS, since="extended_at"),
    key_class=KeyClass.TRANSIENT,
):
    """The inputs of an erasure, which its steps need without the account. The table has no backups."""

    request_id: Annotated[RightsRequestId, NOT_PERSONAL]
    phone: Annotated[
        str | None, personal(Category.PHONE_NUMBER, Source.PROVIDED, to=(Recipient.SMS_CARRIERS,))
    ] = None
    email: Annotated[
        str | None, personal(Category.EMAIL, Source.PROVIDED, to=(Recipient.MAIL_PROVIDERS,))
    ] = None
    username: Annotated[str | None, personal(Category.USERNAME, Source.PROVIDED)] = None
    locale: Annotated[str | None, personal(Category.LANGUAGE, Source.PROVIDED)] = None
    pseudonym: Annotated[Pseudonym, personal(Category.PSEUDONYM, Source.GENERATED)]
    extended_at: Annotated[Instant, NOT_PERSONAL]


class IssuedCertificate(
    Record,
    table=Table.RIGHTS,
    kind="certificate",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=Statutory(Period.RIGHTS_EVIDENCE, law=EVIDENCE_LAW, since="issued_at"),
    key_class=KeyClass.RETAINED,
):
    """The signed certificate of an erasure, for its subject and the holder of the receipt.

    It is issued in the transaction that closes the request, so both are kept for the same time.
    """

    request_id: Annotated[RightsRequestId, NOT_PERSONAL]
    issued_at: Annotated[Instant, NOT_PERSONAL]
    # Sealed: the table shows no link between the request's account id and the pseudonym of its evidence.
    document: Annotated[str, personal(Category.PSEUDONYM, Source.GENERATED)]


class CheckStage(StrEnum):
    """How many days after the erasure a check is due. `REPAIR`: the user was found and is deleted again."""

    FIRST = "1"
    SECOND = "7"
    THIRD = "30"
    LAST = "90"
    REPAIR = "repair"

    def due_at(self, erased_at: datetime) -> datetime:
        """When the check of this stage is due."""
        return erased_at + int(self) * DAY

    def after(self, due_at: datetime) -> "tuple[CheckStage, datetime] | None":
        """The next stage and its instant, from the instant of this one; None after the last."""
        following = _NEXT.get(self)
        return (following, due_at + (int(following) - int(self)) * DAY) if following else None


_NEXT: Mapping[CheckStage, CheckStage] = {
    CheckStage.FIRST: CheckStage.SECOND,
    CheckStage.SECOND: CheckStage.THIRD,
    CheckStage.THIRD: CheckStage.LAST,
}


class StreamCheck(
    Record,
    table=Table.RIGHTS,
    kind="stream_check",
    purpose=Purpose.LEGAL_OBLIGATION,
    basis=LegalBasis.LEGAL_OBLIGATION,
    retention=After(Period.STREAM_CHECK, since="counted_from"),
):
    """The next check of one erased user. Its sort key contains the user id, so a check needs no read of it.

    Attributes:
        request_id: the erasure; None for a user that had no account.
        counted_from: when the erasure was complete, or the newest step of a repair.
        reported: what Stream had reported about the user.
        repair_*: the deletion that is under way, if the user was found.
        found: how often the user was found.
    """

    request_id: Annotated[RightsRequestId | None, NOT_PERSONAL] = None
    user_id: Annotated[UserId, NOT_PERSONAL]
    counted_from: Annotated[Instant, NOT_PERSONAL]
    reported: Annotated[StreamReport, _INNER]
    repair_task: Annotated[str | None, _INNER] = None
    repair_at: Annotated[Instant | None, _INNER] = None
    repair_attempts: Annotated[int, _INNER] = 0
    repair_extent: Annotated[ErasureExtent | None, _INNER] = None
    found: Annotated[int, _INNER] = 0
    version: Annotated[int, _INNER] = 1

    @property
    def repair(self) -> StreamDeletionTask | None:
        """The deletion that is under way; None if the user was not found since it was deleted."""
        if self.repair_at is None or self.repair_extent is None:
            return None
        return StreamDeletionTask(self.repair_task, self.repair_at, self.repair_attempts, self.repair_extent)

    def moved(self, repair: StreamDeletionTask | None, **changes: object) -> "StreamCheck":
        """The next version, with this deletion under way."""
        task = {
            "repair_task": repair.task_id if repair else None,
            "repair_at": repair.at if repair else None,
            "repair_attempts": repair.attempts if repair else 0,
            "repair_extent": repair.extent if repair else None,
        }
        return self.model_copy(update={**task, **changes, "version": self.version + 1})


def check_place(request_id: RightsRequestId | None, user_id: UserId) -> tuple[str, str]:
    """The partition and sort key of a check in the table Rights."""
    return (f"R#{request_id}" if request_id else f"O#{user_id}"), f"{CHECK_PREFIX}{user_id}"


def check_due(user_id: UserId, stage: CheckStage, at: datetime) -> dict[str, str]:
    """The keys of a check in the index due."""
    shard = shards.shard_of(user_id, CHECK_SHARDS)
    return {"due": check_partition(stage, shard), "due_at": clock.to_text(at)}


def check_partition(stage: CheckStage, shard: str) -> str:
    """The partition of the index due with the checks of a stage and a shard."""
    return f"check_{stage}#{shard}"


ALGORITHM: Literal["ECDSA_SHA_256"] = "ECDSA_SHA_256"


class NotAnEnvelope(ValueError):
    """The bytes are not a signed certificate; the text quotes nothing of them."""


@dataclass(frozen=True)
class Envelope:
    """A signed certificate: the certificate's bytes, and the signature over them in DER.

    It needs neither KMS nor the certificate's own types.
    """

    kid: str  # SHA-256 of the public key in DER, in hex
    signature: bytes
    certificate: bytes

    def document(self) -> bytes:
        """The envelope as it is stored and downloaded: canonical JSON, bytes as base64url with padding."""
        parts = {
            "algorithm": ALGORITHM,
            "certificate": urlsafe_b64encode(self.certificate).decode(),
            "kid": self.kid,
            "signature": urlsafe_b64encode(self.signature).decode(),
        }
        return canonical(parts).encode()

    @classmethod
    def read(cls, document: bytes) -> Self:
        """The envelope of a stored document; the signature is not verified.

        Raises:
            NotAnEnvelope: the document is not one that `document` gives.
        """
        try:
            parts = json.loads(document)
            found = cls(
                kid=str(parts["kid"]),
                signature=urlsafe_b64decode(parts["signature"]),
                certificate=urlsafe_b64decode(parts["certificate"]),
            )
            if found.document() == document:
                return found
        except (KeyError, TypeError, ValueError, RecursionError):
            pass
        raise NotAnEnvelope("not a signed certificate")
