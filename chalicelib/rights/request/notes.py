"""The notes of requests: what the work on a request leaves for later runs.

They contain ids, keys, numbers and instants, and no personal values. A note is never renamed, and only those
that differ from their default are stored: a container of an older version can then read every request that
does not use a new note.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from pydantic import TypeAdapter

from chalicelib.core.clock import DAY, Instant
from chalicelib.core.ids import DisclosureId, HeldId, MailId, StaffId, TombstoneId
from chalicelib.core.settings import ErasureExtent
from chalicelib.core.table_names import Table
from chalicelib.privacy.purposes import Purpose
from chalicelib.privacy.restraint import Ground
from chalicelib.rights.request.deadline import ExtensionReason
from chalicelib.stream.model import StreamDeletion, StreamDeletionTask, StreamReport


class DeletionPlace(StrEnum):
    """Where data was deleted."""

    ACCOUNTS = "our database, table accounts"
    CLAIMS = "our database, table claims"
    CHALLENGES = "our database, table challenges"
    KEYS = "our database, table keys"
    USAGE = "our database, table usage"
    RIGHTS = "our database, table rights"
    BILLING = "our database, table billing"
    HELD = "our database, table held"
    COPIES = "our storage of copies of data (Amazon S3)"
    PICTURES = "our storage of pictures (Amazon S3)"
    MAIL_LIST = "the suppression list of our mail service (Amazon SES)"

    @classmethod
    def of_table(cls, table: Table) -> "DeletionPlace":
        """The place of a table.

        Raises:
            KeyError: the table is the Ledger, from which nothing is deleted.
        """
        return cls[table.name]


@dataclass(frozen=True)
class ProposedExtension:
    """An extension that waits for a second operator, of a request that was entered."""

    by: StaffId
    days: int
    reason: ExtensionReason


N = TypeVar("N", bound="RequestNotes")


class RequestAnnouncement(StrEnum):
    """The events of a request that are announced to its subject."""

    ANSWER = "answer"
    EXTENSION = "extension"
    CONFIRMATION = "confirmation"  # of an erasure, at once
    CANCELLATION = "cancellation"  # of an erasure
    # Of what was requested without a session and waits; one to each channel of the account.
    WARNING_BY_MAIL = "warning_by_mail"
    WARNING_BY_TEXT = "warning_by_text"
    # That proof of identity is outstanding: at once, to the channels that proved nothing, and later.
    PROOF_ASKED_BY_MAIL = "proof_asked_by_mail"
    PROOF_ASKED_BY_TEXT = "proof_asked_by_text"
    RELEASE_ASKED = "release_asked"  # that two operators have to check the identity
    FIRST_PROOF_REMINDER = "first_proof_reminder"
    LAST_PROOF_REMINDER = "last_proof_reminder"
    LIFTING = "lifting"  # of a restriction by us, before it takes effect (Art. 18(3))


class RecipientOutcome(StrEnum):
    """The outcome of notifying a recipient (Art. 19 GDPR). PENDING: not notified so far."""

    PENDING = "pending"
    NOTIFIED = "notified"
    NOT_APPLICABLE = "not_applicable"  # it holds nothing that can be corrected
    DEFERRED = "deferred"  # it is notified when the account is active again


@dataclass(frozen=True)
class RecipientNotice:
    """A recipient that has to be notified, and the outcome.

    Attributes:
        recipient: its name in the register of recipients; None: that of a disclosure.
        disclosure: the disclosure, whose record names the recipient and says whether it is secret.
        owed_since: when it was listed.
        at: when it was notified; an operator records the day.
        why: a fixed word, if there is nothing to notify.
    """

    owed_since: Instant
    recipient: str | None = None
    disclosure: DisclosureId | None = None
    outcome: RecipientOutcome = RecipientOutcome.PENDING
    at: Instant | None = None
    why: str | None = None


@dataclass(frozen=True)
class Release:
    """The decision of two operators that the owner of an account may have another number (ADR 68).

    Attributes:
        to: the one of them who gets the release key; not the one who got the receipt with the entry.
        at: when the second one decided; the key is made of it.
        was_contested: a session contested it, or an earlier one; none can contest another one.
    """

    to: StaffId
    at: Instant
    was_contested: bool = False


@dataclass(frozen=True, kw_only=True)
class RequestNotes:
    """The notes that requests of every right have."""

    # The id of each message, a text message included. It may or may not have arrived: the id is noted before
    # it is sent, except that of an erasure's confirmation.
    mails: Mapping[RequestAnnouncement, MailId] = field(default_factory=dict)
    extension_announced: bool = False  # by mail, or in the app only
    # Never recorded as changed notes: the evidence is in the subject's copy, and some disclosures are secret.
    recipients: tuple[RecipientNotice, ...] | None = None  # None: not listed yet
    identity_asked_at: Instant | None = None  # the subject was asked for proof of identity, last
    identity_reminded: int = 0  # number of reminders of that
    identity_checked_by: StaffId | None = None  # the first of two operators who check it
    proposed_extension: ProposedExtension | None = None
    unwarned: bool = False  # of an entered request: no message certainly reached a channel of the account
    cools_until: Instant | None = None  # nothing irreversible is done before
    # The instant of the backup after whose restore the work began again (ADR 32).
    restored_from: Instant | None = None
    entered_by: StaffId | None = None  # and so has the receipt, if two operators check the request
    # Of a number that operators let the owner of an account have: the decision; when a session of the account
    # said no; when a code gave the number; and from when on a code takes it from another account.
    release: Release | None = None
    contested_at: Instant | None = None
    number_given_at: Instant | None = None
    number_again_at: Instant | None = None

    @property
    def is_sending(self) -> bool:
        """Whether another controller may be receiving data."""
        return False

    @property
    def is_irrevocable(self) -> bool:
        """Whether the work has passed its point of no return: no person can cancel or decide the request."""
        return False

    @property
    def cancellable_until(self) -> datetime | None:
        """Until when the request can be cancelled at least, if that is known."""
        return None

    @property
    def unproven_at(self) -> datetime | None:
        """When operators have to be notified that the work is not proven; None if it is not irrevocable."""
        return None

    def stored(self) -> dict[str, Any]:
        """The notes that differ from their default, as JSON values."""
        found: dict[str, Any] = _ADAPTERS[type(self)].dump_python(self, mode="json", exclude_defaults=True)
        return found

    def all(self) -> dict[str, Any]:
        """All notes, as JSON values."""
        found: dict[str, Any] = _ADAPTERS[type(self)].dump_python(self, mode="json")
        return found


def read(kind: type[N], stored: object) -> N:
    """The notes of a kind from their stored form."""
    found: N = _ADAPTERS[kind].validate_python(stored)
    return found


def changes(before: RequestNotes, after: RequestNotes) -> dict[str, Any]:
    """The notes that differ, as evidence states them."""
    known = before.all()
    return {name: value for name, value in after.all().items() if known[name] != value}


@dataclass(frozen=True)
class MadeCopy:
    """A copy that was assembled: the SHA-256 in hexadecimal, the size in bytes, the time."""

    sha256: str
    size: int
    made_at: Instant


@dataclass(frozen=True, kw_only=True)
class CopyNotes(RequestNotes):
    """The notes of the steps that make, transfer and deliver a copy.

    Attributes:
        stream_task: the id of the export that Stream makes. `stream_missing` has the reason if it made none.
        made_again: how often the copy was made again, because it was too old or missing.
        transfer_begun: the attempts to transfer the copy, one that is running included.
    """

    stream_task: str | None = None
    stream_asked_at: Instant | None = None
    stream_asked_again: bool = False
    stream_ready: bool = False
    stream_missing: str | None = None
    copy: MadeCopy | None = None
    made_again: int = 0
    transfer_begun: int = 0
    transfer_failed: str | None = None
    transferred: bool = False

    @property
    def is_sending(self) -> bool:
        """From the first attempt on, until the transfer is given up."""
        return self.transfer_begun > 0 and not self.transfer_failed


@dataclass(frozen=True)
class Lifting:
    """The end of a restriction by operators: one proposes it, another one approves it.

    Attributes:
        by: the operator who proposed it, at `at`.
        approved_by: the one who approved it.
        ends_at: when the restriction ends; the subject is notified before.
        announced_at: when the subject was notified.
    """

    by: StaffId
    at: Instant
    approved_by: StaffId | None = None
    ends_at: Instant | None = None
    announced_at: Instant | None = None


@dataclass(frozen=True, kw_only=True)
class RestraintNotes(CopyNotes):
    """The notes of a restriction or objection (ADR 48).

    Attributes:
        since: when it took effect; None if it places no restraint: an objection to direct marketing, or a
            request without an account.
        purposes: those that it names; a restriction without any covers all.
        ground: of a restriction.
        upheld: whether a decision upheld an objection.
        ended_at: when it ended; `decisions` of the subject do not have it from then on.
        lifting: how operators end it.
        resumed_at: when the user was first resumed at Stream.
        unweighed_at: when an alarm last reported that an objection is not weighed in time.
    """

    since: Instant | None = None
    purposes: tuple[Purpose, ...] = ()
    ground: Ground | None = None
    upheld: bool = False
    ended_at: Instant | None = None
    lifting: Lifting | None = None
    resumed_at: Instant | None = None
    unweighed_at: Instant | None = None

    @property
    def is_in_force(self) -> bool:
        """Whether it took effect and did not end."""
        return self.since is not None and self.ended_at is None


@dataclass(frozen=True)
class StreamAnswer:
    """Stream's final report about the user, and when the deletion was first requested and reported."""

    user: StreamReport
    extent: ErasureExtent
    task_id: str | None
    asked_at: Instant
    reported_at: Instant


@dataclass(frozen=True)
class DeletedKind:
    """The records of one kind that were deleted in one place: at least how many, and when."""

    place: DeletionPlace
    kind: str
    count: int
    first_at: Instant
    last_at: Instant


@dataclass(frozen=True, kw_only=True)
class ErasureNotes(RequestNotes):
    """The notes of an erasure (ADR 30).

    Attributes:
        idle: whether the account was unused for so long that its number may have a new owner.
        waives_grace: whether the subject waived most of the grace period, and the wait for copies.
        grace_ends_at: when the grace period ends; from the freeze on, the account has it too.
        captured_at: the point of no return. From then on no person can stop the erasure.
        held: names what is kept of the account in the table Held.
        unreadable: records that had to be kept and could not be opened; they were deleted.
        claims_until: when the claims on number and mailbox leave quarantine.
        barred_until: when the keyed hash of the number ends with which no account can be opened, if any.
        suppressed_until: when the keyed hashes end that remember an objection to direct marketing, if any.
        stream: the deletion at Stream while it is pending.
        stream_asked_at: just before the first request to Stream.
        copies_after: the place in the list of requests up to which copies in S3 were deleted or searched for.
        clean_from: when the second pass may begin; set again by each deletion of the records.
        found_again: how often the second pass found something.
        resumed_at: when the user was first resumed at Stream, after a cancellation or refusal.
        reported_unproven_at: when it was last recorded that the erasure is unproven.
    """

    waives_grace: bool = False
    idle: bool = False
    grace_ends_at: Instant | None = None
    frozen_at: Instant | None = None
    captured_at: Instant | None = None
    tombstone: TombstoneId | None = None
    held: HeldId | None = None
    unreadable: int = 0
    claims_until: Instant | None = None
    barred_until: Instant | None = None
    suppressed_until: Instant | None = None
    stream: StreamDeletionTask | None = None
    stream_asked_at: Instant | None = None
    stream_answer: StreamAnswer | None = None
    copies_after: Mapping[str, str] | None = None
    deleted: tuple[DeletedKind, ...] = ()
    clean_from: Instant | None = None
    found_again: int = 0
    verified_at: Instant | None = None
    key_deleted_at: Instant | None = None
    reported_unproven_at: Instant | None = None
    resumed_at: Instant | None = None

    @property
    def is_unconfirmed(self) -> bool:
        """Whether Stream did not report of some data at Stream whether it was deleted."""
        answer = self.stream_answer
        return answer is not None and bool(StreamDeletion(answer.user, answer.extent).unconfirmed)

    @property
    def is_irrevocable(self) -> bool:
        """From the capture on: data is deleted that cannot be restored."""
        return self.captured_at is not None

    @property
    def cancellable_until(self) -> datetime | None:
        """The end of the grace period, once it is fixed."""
        return self.grace_ends_at

    @property
    def unproven_at(self) -> datetime | None:
        """A day after the point of no return, and each day from then on."""
        since = self.reported_unproven_at or self.captured_at
        return since + DAY if since else None

    def with_deleted(self, place: DeletionPlace, counts: Mapping[str, int], at: datetime) -> "ErasureNotes":
        """These notes after more records of a place were deleted; `counts` is by kind."""
        known = {(one.place, one.kind): one for one in self.deleted}
        for kind, number in counts.items():
            before = known.get((place, kind)) or DeletedKind(place, kind, 0, at, at)
            last_at = max(at, before.last_at)
            known[place, kind] = replace(before, count=before.count + number, last_at=last_at)
        return replace(self, deleted=tuple(known.values()))


_ADAPTERS: Mapping[type, TypeAdapter[Any]] = {
    kind: TypeAdapter(kind) for kind in (RequestNotes, CopyNotes, ErasureNotes, RestraintNotes)
}
