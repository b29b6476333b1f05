"""The certificate of an erasure: what was deleted where and when, what stays, why and until when.

Invariants:

- A certificate identifies no person. Its types allow only words of closed lists, bounded counts, instants of
  whole seconds, and the ids of the request, the pseudonym and Stream's task. `document` validates again,
  because pydantic's `model_copy` and `model_construct` do not. A refused value appears in no exception text.
- The bytes are canonical (RFC 8785): the same certificate always has the same bytes.
- A certificate that was signed once can be read as long as it is kept. So no word of its closed lists ever
  changes or is removed; a better wording is a new member. Those about Stream are in stream/model.
- It states nothing that is not so (ADR 27), and everything that always stays has to be listed.

Days of backups: the latest of the days for which backups of a table are kept, copies elsewhere included, and
of the end of each backup that is left (`retention/backups`). A sealed field in any backup is unreadable once
no backup has its key. Fields in clear, claim hashes and held records end with the last backup that has them.
A certificate never states an earlier day than recovery allows, nor than the certificate that it replaces.
"""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import AfterValidator, BaseModel, Field, ValidationError, model_validator

from chalicelib.core.canonical import canonical
from chalicelib.core.clock import Instant
from chalicelib.core.ids import Pseudonym, RightsRequestId
from chalicelib.privacy import register
from chalicelib.privacy.declaration import UNDECLARED
from chalicelib.retention.backups.model import USUAL, KnownBackups
from chalicelib.rights.request.notes import DeletionPlace
from chalicelib.stream.model import StreamDataKind, StreamReport


class CertifyingController(StrEnum):
    """The controllers that issued certificates; the current one is `privacy/controller`."""

    RU4M = "RU4M Ltd, Tosin bunar 272B, 11070 Belgrade, RS"


class CountPrecision(StrEnum):
    """How a count was made: a worker that was killed may have deleted records that it did not count."""

    EXACTLY = "exactly"
    AT_LEAST = "at least"


class Remaining(StrEnum):
    """What stays after an erasure."""

    CONSENT_EVIDENCE = "evidence of consents, under the pseudonym"
    CHANGE_EVIDENCE = (
        "evidence that number, email address or language was changed, under the pseudonym, if one was"
    )
    REQUEST_EVIDENCE = "the request and the evidence of how it was handled, under random ids"
    OTHER_REQUESTS = "other requests about rights, with the evidence of how they were handled"
    TOMBSTONE = "the mark that a user id was deleted"
    CLAIM_HASHES = "keyed hashes of the phone number and the email address"
    SUPPRESSION_HASH = "a keyed hash of an email address to which no mail may be sent"
    BARRED_NUMBER = "a keyed hash of the phone number, with which no account can be opened"
    OBJECTION_HASHES = "keyed hashes of the phone number and the email address, which get no direct marketing"
    EXPIRING_RECORDS = "one-time codes and counters, which cannot be found from an account"
    SENT_MAILS = "marks of sent mails, with random ids, in case the mails bounce"
    OTHERS_MESSAGES = "messages that other people wrote, at Stream"
    QUOTES = "quotes in messages that other people wrote, at Stream"
    GROUP_NAMES = "names of groups, at Stream"
    SEALED_GROUP_NAMES = "names of groups, sealed in our database, if there are any"
    SMS_OPT_OUT = "the opt-out of the phone number from text messages, if there is one, at Amazon SNS"
    STREAM_EXPORTS = "files with exports of chat data, at Stream"
    DISCLOSURES = "records of disclosures of the data to authorities and others"
    HOLDS = "records of the holds that kept data, with the evidence of who decided on them"
    REPORTS = "reports of abuse by or about the account, and decisions about them, if there are any"
    BLOCK_HASHES = "a keyed hash of the phone number, in the lists of users who blocked it, if there are any"
    UNDISCLOSED = "data that a law requires us to keep and forbids us to disclose, if there is any"
    UNDISCLOSABLE = "data that we have to keep and that a law forbids us to disclose, if there is any"


class Reason(StrEnum):
    """Why something stays."""

    PROOF_OF_CONSENT = "consent has to be proven (Art. 7(1) GDPR)"
    LEGAL_CLAIMS = "it may be needed to establish or defend legal claims (Art. 17(3)(e) GDPR)"
    NEVER_REUSED = "the id must never be given to anyone else"
    RELEASED = "nothing of the deleted account may come back with a number or address that was released"
    MARKETING_OBJECTION = "the objection to direct marketing stays in force (Art. 21(3) GDPR)"
    OBJECTION = "the objection to mail stays in force (Art. 21(3) GDPR)"
    SUSPENSION = "a long suspension outlives the account, against which you can object (Art. 6(1)(f) GDPR)"
    SHORT_LIVED = "it expires within days"
    OF_OTHERS = "it belongs to the people who wrote it"
    NOT_OURS = "only the named service can delete it"
    LAW = "a law requires us to keep it (Art. 17(3)(b) GDPR)"
    BLOCKED = "the decision of other users to block the number stays in force"
    SECRECY = "a law may forbid us for a time to disclose that data is kept (Art. 23 GDPR)"


class Ending(StrEnum):
    """When something that stays ends."""

    AT_INSTANT = "at the stated time"
    AUTHORS = "when the people who wrote it delete it"
    LAST_MEMBER = "when another member renames the group, or its last member leaves"
    HOLDER = "when the holder of the number asks to receive text messages again"
    BLOCKERS = "when those users lift the block or delete their accounts"
    FOR_GOOD = "for good"
    DISCLOSURE = "when the law permits us to disclose it: then a new certificate lists it"


# Why each of them stays, and when it ends.
REMAINDERS: Mapping[Remaining, tuple[Reason, Ending]] = {
    Remaining.CONSENT_EVIDENCE: (Reason.PROOF_OF_CONSENT, Ending.AT_INSTANT),
    Remaining.CHANGE_EVIDENCE: (Reason.RELEASED, Ending.AT_INSTANT),
    Remaining.REQUEST_EVIDENCE: (Reason.LEGAL_CLAIMS, Ending.AT_INSTANT),
    Remaining.OTHER_REQUESTS: (Reason.LEGAL_CLAIMS, Ending.AT_INSTANT),
    Remaining.TOMBSTONE: (Reason.NEVER_REUSED, Ending.FOR_GOOD),
    Remaining.CLAIM_HASHES: (Reason.RELEASED, Ending.AT_INSTANT),
    Remaining.SUPPRESSION_HASH: (Reason.OBJECTION, Ending.AT_INSTANT),
    Remaining.BARRED_NUMBER: (Reason.SUSPENSION, Ending.AT_INSTANT),
    Remaining.OBJECTION_HASHES: (Reason.MARKETING_OBJECTION, Ending.AT_INSTANT),
    Remaining.EXPIRING_RECORDS: (Reason.SHORT_LIVED, Ending.AT_INSTANT),
    Remaining.SENT_MAILS: (Reason.SHORT_LIVED, Ending.AT_INSTANT),
    Remaining.OTHERS_MESSAGES: (Reason.OF_OTHERS, Ending.AUTHORS),
    Remaining.QUOTES: (Reason.OF_OTHERS, Ending.AUTHORS),
    Remaining.GROUP_NAMES: (Reason.OF_OTHERS, Ending.AUTHORS),
    Remaining.SEALED_GROUP_NAMES: (Reason.OF_OTHERS, Ending.LAST_MEMBER),
    Remaining.SMS_OPT_OUT: (Reason.NOT_OURS, Ending.HOLDER),
    Remaining.STREAM_EXPORTS: (Reason.NOT_OURS, Ending.AT_INSTANT),
    Remaining.DISCLOSURES: (Reason.LEGAL_CLAIMS, Ending.AT_INSTANT),
    Remaining.HOLDS: (Reason.LEGAL_CLAIMS, Ending.AT_INSTANT),
    Remaining.REPORTS: (Reason.LEGAL_CLAIMS, Ending.AT_INSTANT),
    Remaining.BLOCK_HASHES: (Reason.BLOCKED, Ending.BLOCKERS),
    Remaining.UNDISCLOSED: (Reason.SECRECY, Ending.DISCLOSURE),
    Remaining.UNDISCLOSABLE: (Reason.SECRECY, Ending.DISCLOSURE),
}

# An omission would state that nothing of it stays.
ALWAYS_REMAINING = frozenset({
    Remaining.CONSENT_EVIDENCE, Remaining.REQUEST_EVIDENCE, Remaining.TOMBSTONE, Remaining.CLAIM_HASHES,
    Remaining.EXPIRING_RECORDS, Remaining.SMS_OPT_OUT,
})  # fmt: skip

FORMER_KINDS: frozenset[str] = frozenset()  # kinds that certificates name and no class declares now
_EARLIEST, _LATEST = datetime(2024, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
MAX_COUNTED = 999_999  # with more digits, a count could be a phone number; more is "at least" this
_TASK_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class NotACertificate(ValueError):
    """A value is not allowed in a certificate; the text says which field, never the value."""


def _known_kind(kind: str) -> str:
    if kind not in known_kinds():
        raise ValueError("not a kind of record of the register")
    return kind


def _plausible(at: datetime) -> datetime:
    if at.microsecond or not _EARLIEST <= at < _LATEST:
        raise ValueError("not a whole second of this time")
    return at.astimezone(UTC)


RecordKind = Annotated[str, AfterValidator(_known_kind)]
CertifiedInstant = Annotated[Instant, AfterValidator(_plausible)]
Count = Annotated[int, Field(ge=0, le=MAX_COUNTED)]
StreamTaskId = Annotated[str, Field(pattern=f"^{_TASK_ID.pattern}$")]


class _Part(BaseModel, frozen=True, extra="forbid", strict=True, hide_input_in_errors=True):
    """A part of a certificate; an error quotes no value of it."""


P = TypeVar("P", bound=_Part)


class DeletedRecords(_Part):
    """The records of one kind that were deleted in one place."""

    records: RecordKind
    place: DeletionPlace
    counted: CountPrecision
    count: Count
    first_at: CertifiedInstant
    last_at: CertifiedInstant


class StreamResult(_Part):
    """What Stream reported about one kind of data."""

    data: StreamDataKind
    report: StreamReport


class CertifiedStreamDeletion(_Part):
    """The deletion at Stream: its task, and a result for each kind of data."""

    task_id: StreamTaskId | None  # None: there was no task, or its id has another form
    asked_at: CertifiedInstant
    reported_at: CertifiedInstant
    results: tuple[StreamResult, ...]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if [result.data for result in self.results] != [*StreamDataKind]:
            raise ValueError("one result for each kind of data at Stream, in their order")
        return self


class Remains(_Part):
    """Something that stays, why, and until when."""

    what: Remaining
    why: Reason
    ends: Ending
    until: CertifiedInstant | None = None

    @classmethod
    def of(cls, what: Remaining, until: datetime | None = None) -> Self:
        """Something that stays, with its reason and its end.

        Raises:
            NotACertificate: it ends at an instant and none is given, or the reverse.
        """
        why, ends = REMAINDERS[what]
        return _checked(cls, what=what, why=why, ends=ends, until=until)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.why, self.ends) != REMAINDERS[self.what]:
            raise ValueError("not the reason and the end of what remains")
        if (self.until is None) is (self.ends is Ending.AT_INSTANT):
            raise ValueError("an instant exactly if it ends at one")
        return self


class HeldRecords(_Part):
    """Records of one kind that a law or a legal claim keeps, locked until their end."""

    records: RecordKind
    count: Count
    why: Literal[Reason.LAW, Reason.LEGAL_CLAIMS]
    until: CertifiedInstant


class Backups(_Part):
    """From when on no backup has readable data of the subject."""

    sealed_fields_from: CertifiedInstant
    clear_ids_from: CertifiedInstant
    claim_hashes_from: CertifiedInstant
    held_records_from: CertifiedInstant | None = None

    def latest(self, *others: Self) -> Self:
        """The later of each instant; it has held records if this one has."""
        ends = {name: [getattr(one, name) for one in (self, *others)] for name in type(self).model_fields}
        return self.model_copy(update={name: at[0] and max(filter(None, at)) for name, at in ends.items()})


class ErasureCertificate(_Part):
    """The certificate of one erasure. `issue` makes one."""

    format: Literal["ru4m.erasure-certificate.v1"] = "ru4m.erasure-certificate.v1"
    controller: CertifyingController
    request: RightsRequestId
    consent_pseudonym: Pseudonym
    requested_at: CertifiedInstant
    begun_at: CertifiedInstant  # from here on, the erasure could not be cancelled
    key_deleted_at: CertifiedInstant
    verified_at: CertifiedInstant  # when a second pass found no record
    completed_at: CertifiedInstant
    deleted: tuple[DeletedRecords, ...]
    stream: CertifiedStreamDeletion
    remains: tuple[Remains, ...]
    held: tuple[HeldRecords, ...]
    backups: Backups

    @classmethod
    def issue(
        cls,
        *,
        known: KnownBackups = USUAL,
        before: Self | None = None,
        **parts: Any,  # noqa: ANN401 - pydantic checks each part
    ) -> Self:
        """Make a certificate of the current controller, with the days of its backups.

        The instants must not go backwards. A caller whose clock jumped takes the later of two instants.

        Args:
            known: what is known about backups.
            before: the certificate that this one replaces.
            **parts: all fields except `format`, `controller` and `backups`.

        Raises:
            NotACertificate: a part is missing, not allowed, or contradicts another one.
        """
        try:
            dates = (parts["key_deleted_at"], parts["deleted"], parts["remains"], parts["held"])
            backups = _backups(*dates, known).latest(*([before.backups] if before else []))
        except (KeyError, TypeError, AttributeError, ValueError):
            raise NotACertificate("a part is missing or of another type") from None
        return _checked(cls, **parts, controller=CertifyingController.RU4M, backups=backups)

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        if not self.requested_at <= self.begun_at <= self.verified_at <= self.completed_at:
            raise ValueError("the instants are not in their order")
        if not self.begun_at <= self.key_deleted_at <= self.completed_at:
            raise ValueError("the key was not deleted during the erasure")
        if len({(one.place, one.records) for one in self.deleted}) != len(self.deleted):
            raise ValueError("records of one kind and place are listed twice")
        remaining = [one.what for one in self.remains]
        if len({*remaining}) != len(remaining) or not {*remaining} >= ALWAYS_REMAINING:
            raise ValueError("what always remains is not listed once")
        least = _backups(self.key_deleted_at, self.deleted, self.remains, self.held, USUAL)
        if self.backups != least.latest(self.backups):
            raise ValueError("backups end later")
        return self

    def document(self) -> bytes:
        """The canonical bytes, which are signed.

        Raises:
            NotACertificate: the certificate was made or changed without validation.
        """
        try:
            document = canonical(json.loads(self.model_dump_json(warnings="none"))).encode()
        except (TypeError, ValueError, AttributeError):
            raise NotACertificate("the certificate has no canonical bytes") from None
        if type(self).read(document) != self:
            raise NotACertificate("the certificate cannot be read from its bytes")
        return document

    @classmethod
    def read(cls, document: bytes) -> Self:
        """The certificate of these bytes; verify their signature first.

        Raises:
            NotACertificate: the bytes are not those of a certificate.
        """
        try:
            return cls.model_validate_json(document)
        except ValidationError as refused:
            raise NotACertificate(_fields(refused)) from None


def known_kinds() -> frozenset[str]:
    """The kinds of records that a certificate may name."""
    return register.kinds_about_users() | FORMER_KINDS | {UNDECLARED}


def task_id_of(text: str | None) -> str | None:
    """Stream's id of a task if it has the form of one, else None: any other text may identify a person."""
    return text if text is not None and _TASK_ID.fullmatch(text) else None


def _backups(
    key_deleted_at: datetime,
    deleted: Iterable[DeletedRecords],
    remains: Iterable[Remains],
    held: Iterable[HeldRecords],
    known: KnownBackups,
) -> Backups:
    claims = [one.until for one in remains if one.what is Remaining.CLAIM_HASHES and one.until]
    deleted_at = [one.last_at for one in deleted]
    lapsed = [one.last_at for one in deleted if one.place is DeletionPlace.HELD]
    ends = [*(one.until for one in held), *lapsed]

    def end(kept_for: timedelta, left_until: datetime | None, *dates: datetime) -> datetime:
        return max(max(dates) + kept_for, left_until or key_deleted_at)

    others = known.others_for, known.others_until
    return Backups(
        sealed_fields_from=end(known.keys_for, known.keys_until, key_deleted_at),
        clear_ids_from=end(*others, key_deleted_at, *deleted_at),
        claim_hashes_from=end(*others, key_deleted_at, *claims),
        held_records_from=end(*others, *ends) if ends else None,
    )


def _checked(kind: type[P], **values: Any) -> P:  # noqa: ANN401 - pydantic checks them
    try:
        return kind(**values)
    except ValidationError as refused:
        raise NotACertificate(_fields(refused)) from None


def _fields(refused: ValidationError) -> str:
    """The refused fields; names that are not ours are left out, because a name may be a value."""
    places = {part for error in refused.errors(include_input=False) for part in error["loc"]}
    return f"refused: {', '.join(sorted(_NAMES & places)) or 'a part'}"


_NAMES = {name for part in (*_Part.__subclasses__(),) for name in part.model_fields}
