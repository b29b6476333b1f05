"""Everything that is held of one subject, opened, as of an instant. One pass; memory does not grow with it.

What must hold (RGT-1):

- Every kind of record of the register is looked for where `whereabouts` says, one Query per table.
- What had not expired at the instant is shown, also if it expired since; what came later or was changed since
  is shown as it is now. A change leaves nothing of what stood before.
- What can't be opened, or is none of our kinds, is told as `Unread`, and the rest is read on. Silence would
  read as "there is no more".
- A record that was stored twice, as its declaration knows it, is shown once (privacy/bundles).
- What lost its consent is not shown, whenever the request was received: it is due to be deleted (ADR 28).
- When a table or KMS does not answer, nothing is told as missing: `Unavailable`, and all is read anew.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Self, assert_never

from pydantic import BaseModel

from chalicelib.accounts import service as accounts
from chalicelib.accounts.model import Account
from chalicelib.consents import evidence
from chalicelib.consents.model import Purposes
from chalicelib.consents.service import PURPOSES
from chalicelib.core import chain, needs, table
from chalicelib.core.chain import Chain
from chalicelib.core.ids import AccountId, RightsRequestId, UserId
from chalicelib.core.sealing import KeyGone, SealBroken, SealingError, Unfit
from chalicelib.core.table import Item, Query, Table
from chalicelib.privacy import bundles, codec, register
from chalicelib.privacy.periods import After
from chalicelib.privacy.personal import Record
from chalicelib.privacy.purposes import LegalBasis, has_lapsed
from chalicelib.privacy.subject_keys import DATA_KEY, SubjectKeys
from chalicelib.privacy.whereabouts import LookupPath, found, partition
from chalicelib.profiles.model import Profile
from chalicelib.rights import store as requests
from chalicelib.rights.export.selection import EVIDENCE, REQUEST_EVIDENCE, Evidence, Selection


class UnreadableReason(StrEnum):
    """Why something that is held does not stand in the copy; the words are told to the subject."""

    BROKEN = ("seal_broken", "it can't be opened: it is not as it was sealed")
    KEY_GONE = ("key_gone", "it can't be opened: its key does not exist any more")
    UNFIT = ("unfit", "it was written in a form that is not understood any more")
    UNKNOWN = ("unknown_kind", "it is of a kind that is not known any more")
    ALTERED = ("altered", "it is not as it was written")
    UNDECIDED = ("consent_unknown", "it rests on a consent, and the decision about that could not be read")
    NO_LEAD = ("no_lead", "it can't be looked for, since what leads to it could not be read")

    words: str

    def __new__(cls, word: str, words: str) -> Self:
        """A member that is its word."""
        member = str.__new__(cls, word)
        member._value_ = word
        member.words = words
        return member


UNKNOWN = "unknown"


@dataclass(frozen=True, order=True)
class Unread:
    """Something of the subject's that can't be shown. Nothing here says where it is or what is in it."""

    kind: str
    reason: UnreadableReason


Read = tuple[str, BaseModel] | Unread

_REASONS = {
    SealBroken: UnreadableReason.BROKEN,
    KeyGone: UnreadableReason.KEY_GONE,
    Unfit: UnreadableReason.UNFIT,
}


class Reading:
    """One subject's records. Iterate once; afterwards `user_id` is known, if there is an account."""

    def __init__(self, account_id: AccountId, as_of: datetime, wanted: Selection) -> None:
        self._account_id = account_id
        self._as_of = as_of
        self._wanted = wanted.parts
        self._classes = {record.declaration.kind: record for record in register.records()}
        self._account: Account | None = None
        self._choices: Purposes | None = None
        self._choices_lost = False
        self._email: str | None = None
        self._unread: set[str] = set()
        self._distinct = bundles.Distinct()
        self.user_id: UserId | None = None

    def __iter__(self) -> Iterator[Read]:
        """Kind and record, or what can't be read; by table, there by place.

        Raises:
            Unavailable: a table or KMS does not answer.
        """
        (known,) = needs.read_accounts([self._account_id], (PURPOSES, DATA_KEY))
        keys = known[DATA_KEY]
        try:
            self._choices = known[PURPOSES]
        except SealingError:
            self._choices_lost = True
        tables = {part.section.table for part in self._wanted.values()}
        # First those whose records lead to the others.
        for where in sorted(tables, key=lambda one: (found(one) is not LookupPath.BY_ACCOUNT, one)):
            yield from self._of_table(where, keys)

    @cached_property
    def _requests(self) -> tuple[RightsRequestId, ...]:
        """The subject's requests; they lead to records and to evidence, and the index is asked once."""
        return tuple(requests.ids_of(self._account_id))

    def _of_table(self, where: Table, keys: SubjectKeys) -> Iterator[Read]:
        match way := found(where):
            case LookupPath.BY_ACCOUNT:
                for item in table.query(Query(where, partition(self._account_id), as_of=self._as_of)):
                    yield from self._opened(item, keys)
            case LookupPath.BY_CLAIM:
                yield from self._claims(keys)
            case LookupPath.BY_INDEX:
                for item in requests.everything_of(self._account_id, self._requests, self._as_of):
                    yield from self._opened(item, keys)
            case LookupPath.BY_PSEUDONYM:
                yield from self._evidence()
            case LookupPath.BY_NOTHING:
                return  # told as withheld, kind by kind
            case _:
                assert_never(way)

    def _claims(self, keys: SubjectKeys) -> Iterator[Read]:
        """What of the account's own values is claimed; a value that could not be read leads nowhere."""
        if self._unread & {"account", "profile"}:
            yield Unread("claim", UnreadableReason.NO_LEAD)
        if self._account:
            for item in accounts.claims_of(self._account, self._email):
                yield from self._opened(item, keys)

    def _evidence(self) -> Iterator[Read]:
        """The histories under the account's pseudonym, and those of its requests."""
        for kind, history in self._histories():
            for entry in chain.entries_as_of(history, self._as_of):
                yield (kind, Evidence.of(entry)) if entry else Unread(kind, UnreadableReason.ALTERED)
        if self._account is None and "account" in self._unread:
            yield Unread(EVIDENCE.kind, UnreadableReason.NO_LEAD)

    def _histories(self) -> Iterator[tuple[str, Chain]]:
        if self._account:
            yield EVIDENCE.kind, evidence.chain_of(self._account.pseudonym)
        for request_id in self._requests:
            yield REQUEST_EVIDENCE.kind, requests.evidence_of(request_id)

    def _opened(self, item: Item, keys: SubjectKeys) -> Iterator[Read]:
        """The records that an item holds, if they are wanted in this copy, and each of them once."""
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
                record = codec.opened(model, row, keys)
            except (SealBroken, KeyGone, Unfit) as broken:
                yield self._unreadable(kind, _REASONS[type(broken)])
                continue
            if self._choices_lost and record.declaration.basis is LegalBasis.CONSENT:
                yield self._unreadable(kind, UnreadableReason.UNDECIDED)
            elif not self._has_lapsed(record) and self._distinct.admits(record):
                self._note(record)
                yield kind, record

    def _has_lapsed(self, record: Record) -> bool:
        """Whether it lost the consent that it rested on."""
        retention = record.declaration.retention
        if not isinstance(retention, After):  # what rests on a consent has a period (privacy/consistency)
            return False
        return has_lapsed(self._choices, record.declaration.purpose, getattr(record, retention.since))

    def _unreadable(self, kind: str, reason: UnreadableReason) -> Unread:
        self._unread.add(kind)
        return Unread(kind, reason)

    def _note(self, record: Record) -> None:
        """Keep what leads to other records."""
        match record:
            case Account():
                self._account = record
            case Profile():
                self._email = record.email
            case _:
                pass
