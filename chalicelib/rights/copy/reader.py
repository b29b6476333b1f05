"""Reads and opens all data of one subject as of an instant, in one pass and constant memory.

Invariants (RGT-1):

- Every kind of record in the register is searched for where `lookup_path` says, with one Query per table.
- Records that had not expired at the instant are included, even if they have expired since. Records that were
  added or changed later are included as they are now, because the tables keep no earlier versions.
- A record that cannot be opened, or is of an unknown kind, is reported as `Unread`, and reading continues.
  Otherwise a reader of the copy would assume that there is no more data.
- A record that is stored twice (by its declaration, privacy/bundles) is included once.
- A record that a law forbids to disclose now is neither included nor reported (`Record.undisclosed_until`).
- A record whose consent has lapsed is not included, whenever the request was received: it is due for deletion
  (ADR 28).
- If a table or KMS does not respond, nothing is reported as missing: `Unavailable` is raised and everything
  is read again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import assert_never

from pydantic import BaseModel

from chalicelib.accounts import service as accounts
from chalicelib.accounts.avatars.model import Avatar
from chalicelib.accounts.avatars.service import AVATAR
from chalicelib.accounts.model import Account, ChangeKind, LastChange
from chalicelib.accounts.profiles import service as profiles
from chalicelib.accounts.profiles.model import Profile
from chalicelib.consents import evidence
from chalicelib.consents.model import Purposes
from chalicelib.consents.service import PURPOSES
from chalicelib.core import chain, clock, needs
from chalicelib.core.chain import Chain
from chalicelib.core.ids import AccountId, RightsRequestId, UserId
from chalicelib.core.sealing import KeyNotFound, SealBroken, SealingError, Unfit
from chalicelib.core.table_names import Table
from chalicelib.privacy import bundles, codec, register
from chalicelib.privacy.declaration import LookupPath, lookup_path
from chalicelib.privacy.periods import After
from chalicelib.privacy.personal import Record
from chalicelib.privacy.purposes import ExplainedEnum, LegalBasis, has_lapsed
from chalicelib.privacy.subject_keys import DATA_KEY, SubjectKeys
from chalicelib.rights.copy import store
from chalicelib.rights.copy.selection import EVIDENCE, REQUEST_EVIDENCE, Evidence, Selection
from chalicelib.rights.copy.store import StoredItem
from chalicelib.rights.request import store as requests
from chalicelib.rights.request.evidence import history_of
from chalicelib.safety.reports import service as reports


class UnreadableReason(ExplainedEnum):
    """Why stored data is not in the copy; the copy shows the explanation to the subject.

    The explanations describe single records, except those of NO_LEAD, which concern all records of a kind.
    """

    BROKEN = ("seal_broken", "the stored data was altered, so it cannot be decrypted")
    KEY_GONE = ("key_gone", "the key to decrypt the stored data no longer exists")
    UNFIT = ("unfit", "the stored data is in a format that can no longer be read")
    UNKNOWN = ("unknown_kind", "the kind of record is no longer known")
    ALTERED = ("altered", "the stored data was altered after it was written")
    FILE_GONE = ("file_gone", "the file of the picture is no longer stored")
    UNDECIDED = (
        "consent_unknown",
        "using the data requires your consent, and your decision about that could not be read",
    )
    NO_LEAD = (
        "no_lead",
        "we could not look for these records, because the data needed to find them could not be read",
    )


UNKNOWN = "unknown"


@dataclass(frozen=True, order=True)
class Unread:
    """A record of the subject that cannot be included.

    Contains neither its location nor its content.
    """

    kind: str
    reason: UnreadableReason


Read = tuple[str, BaseModel] | Unread

_REASONS = {
    SealBroken: UnreadableReason.BROKEN,
    KeyNotFound: UnreadableReason.KEY_GONE,
    Unfit: UnreadableReason.UNFIT,
}


class Reading:
    """Iterates once over a subject's records; then `user_id` and `avatar` are set, if they exist."""

    def __init__(self, account_id: AccountId, as_of: datetime, wanted: Selection) -> None:
        self._account_id = account_id
        self._as_of = as_of
        self._wanted = wanted.parts
        self._classes = {record.declaration.kind: record for record in register.records()}
        self._account: Account | None = None
        self._choices: Purposes | None = None
        self._choices_lost = False
        self._profile: Profile | None = None
        self._changed: list[ChangeKind] = []
        self._unread: set[str] = set()
        self._distinct = bundles.Distinct()
        self.user_id: UserId | None = None
        self.avatar: Avatar | None = None

    def __iter__(self) -> Iterator[Read]:
        """Yield kind and record, or `Unread`; ordered by table and key.

        Raises:
            Unavailable: a table or KMS does not respond.
        """
        (known,) = needs.read_accounts([self._account_id], (PURPOSES, AVATAR, DATA_KEY))
        self.avatar = known[AVATAR]
        keys = known[DATA_KEY]
        try:
            self._choices = known[PURPOSES]
        except SealingError:
            self._choices_lost = True
        tables = {part.section.table for part in self._wanted.values()}
        # First the tables whose records lead to records in other tables.
        for where in sorted(tables, key=lambda one: (lookup_path(one) is not LookupPath.BY_ACCOUNT, one)):
            yield from self._of_table(where, keys)

    @cached_property
    def _requests(self) -> tuple[RightsRequestId, ...]:
        """The subject's requests, which lead to records and evidence; the index is read once."""
        return tuple(requests.ids_of(self._account_id))

    def _of_table(self, where: Table, keys: SubjectKeys) -> Iterator[Read]:
        match way := lookup_path(where):
            case LookupPath.BY_ACCOUNT:
                for item in store.items_by_account(where, self._account_id, self._as_of):
                    yield from self._opened(item, keys)
            case LookupPath.BY_CLAIM:
                yield from self._claims(keys)
            case LookupPath.BY_INDEX:
                for item in store.items_by_request(self._account_id, self._requests, self._as_of):
                    yield from self._opened(item, keys)
                for item in reports.items_of(self._account_id, self._as_of):
                    yield from self._opened(item, keys)
            case LookupPath.BY_PSEUDONYM:
                yield from self._evidence()
            case LookupPath.BY_NOTHING | LookupPath.BY_ERASURE:
                return  # reported as withheld, by kind
            case _:
                assert_never(way)

    def _claims(self, keys: SubjectKeys) -> Iterator[Read]:
        """Read the claims of the account's own values; without the value, a claim cannot be found."""
        if self._unread & {"account", "profile"}:
            yield Unread("claim", UnreadableReason.NO_LEAD)
        if self._account:
            for item in accounts.claims_of(profiles.claimed(self._account, self._profile)):
                yield from self._opened(item, keys)

    def _evidence(self) -> Iterator[Read]:
        """Read the histories under the account's pseudonym, and those of its requests."""
        for kind, history in self._histories():
            for entry in chain.entries_as_of(history, self._as_of):
                yield (kind, Evidence.of(entry)) if entry else Unread(kind, UnreadableReason.ALTERED)
        if self._account is None and "account" in self._unread:
            yield Unread(EVIDENCE.kind, UnreadableReason.NO_LEAD)

    def _histories(self) -> Iterator[tuple[str, Chain]]:
        if self._account:
            pseudonym = self._account.pseudonym
            yield EVIDENCE.kind, evidence.chain_of(pseudonym)
            for kind in self._changed:
                yield EVIDENCE.kind, Chain(kind, pseudonym)
        for request_id in self._requests:
            yield REQUEST_EVIDENCE.kind, history_of(request_id)

    def _opened(self, item: StoredItem, keys: SubjectKeys) -> Iterator[Read]:
        """Open the records of an item that belong to this copy, each once."""
        model = self._classes.get(item.get("kind", ""))
        if model is None:
            yield Unread(UNKNOWN, UnreadableReason.UNKNOWN)
            return
        kind = model.declaration.kind
        if kind not in self._wanted:
            return
        try:
            if model is Account:
                self.user_id = codec.glance(Account, item).user_id
            rows = bundles.unpacked(model, item)
        except Unfit:
            yield self._unreadable(kind, UnreadableReason.UNFIT)
            return
        for row in rows:
            try:
                if self._is_undisclosed(model, row):
                    continue
                record = codec.opened(model, row, keys)
            except (SealBroken, KeyNotFound, Unfit) as broken:
                yield self._unreadable(kind, _REASONS[type(broken)])
                continue
            if self._choices_lost and record.declaration.basis is LegalBasis.CONSENT:
                yield self._unreadable(kind, UnreadableReason.UNDECIDED)
            elif not self._has_lapsed(record) and self._distinct.admits(record):
                self._note(record)
                yield kind, record

    @staticmethod
    def _is_undisclosed(model: type[Record], row: StoredItem) -> bool:
        """Return whether a record must not be disclosed now; asked before it is opened or reported."""
        if model.declaration.undisclosed is None:
            return False
        until = codec.glance(model, row).undisclosed_until
        return until is not None and clock.now() < until

    def _has_lapsed(self, record: Record) -> bool:
        """Return whether the consent for a record has lapsed."""
        retention = record.declaration.retention
        if not isinstance(retention, After):  # records based on consent have a period (privacy/declaration)
            return False
        return has_lapsed(self._choices, record.declaration.purpose, getattr(record, retention.since))

    def _unreadable(self, kind: str, reason: UnreadableReason) -> Unread:
        self._unread.add(kind)
        return Unread(kind, reason)

    def _note(self, record: Record) -> None:
        """Keep the records that lead to other records."""
        match record:
            case Account():
                self._account = record
            case Profile():
                self._profile = record
            case LastChange():  # which lasts as long as the history of these changes
                self._changed.append(record.change)
            case _:
                pass
