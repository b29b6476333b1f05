"""What accounts had last, and which claims they lack, after a restore of Accounts or Claims (ADR 66).

A mark counts unless the Ledger has a newer change: then it was copied back, or the newest mark was lost, and
what the account had last is not known.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Self

from chalicelib.accounts import store
from chalicelib.accounts.model import Account, ChangeKind, ClaimedValues, ClaimKind, LastChange
from chalicelib.accounts.store import claim_keys
from chalicelib.accounts.store.changes import LAST_CHANGES
from chalicelib.core import chain, clock
from chalicelib.core.chain import Chain, Unreadable
from chalicelib.core.ids import AccountId
from chalicelib.core.needs import Found


class Mailbox(NamedTuple):
    """The mailbox of a profile, and since when; both are None if it has none."""

    email: str | None
    verified_at: datetime | None


NO_MAILBOX = Mailbox(None, None)


@dataclass(frozen=True, repr=False)
class LastValues:
    """What an account had last; a number or mailbox is None also if it is not known."""

    phone: str | None
    mailbox: Mailbox
    locale: str | None


@dataclass(frozen=True)
class RecordedChanges:
    """The chains of all accounts that recorded a change since an instant."""

    chains: frozenset[Chain]

    @classmethod
    def since(cls, since: datetime) -> Self:
        """Those since an instant.

        Raises:
            Unavailable: the Ledger does not answer.
        """
        return cls(frozenset(chain.chains_touched_since(since, *ChangeKind)))

    def last_of(self, account: Account, mailbox: Mailbox, found: Found) -> LastValues:
        """What an account had last. `mailbox`: the stored one; `found` has the needs LAST_CHANGES."""
        marks = {kind: found[need] for kind, need in LAST_CHANGES.items()}
        recorded = {kind: self._recorded_at(account, kind, mark) for kind, mark in marks.items()}
        number, email, language = ChangeKind.NUMBER, ChangeKind.MAILBOX, marks[ChangeKind.LANGUAGE]
        return LastValues(
            phone=last_number(account, marks[number], recorded[number]),
            mailbox=last_mailbox(mailbox, marks[email], recorded[email]),
            locale=language.locale if language else account.locale,
        )

    def _recorded_at(self, account: Account, kind: ChangeKind, mark: LastChange | None) -> datetime | None:
        """When the Ledger recorded the newest change; if that was altered, the mark alone decides."""
        history = Chain(kind, account.pseudonym)
        if history not in self.chains:
            return None
        try:
            newest = chain.head(history)
        except Unreadable:
            return mark.at if mark else clock.now()
        return clock.from_epoch(newest.data["at"]) if newest else None


def last_number(account: Account, mark: LastChange | None, recorded: datetime | None) -> str | None:
    """The number that an account had last; None if it had none, or if it is not known."""
    if mark and _is_newest(mark, recorded):
        return mark.phone
    if recorded is None or (account.number_changed_at and account.number_changed_at >= recorded):
        return account.phone  # it has not changed since
    return None


def last_mailbox(mailbox: Mailbox, mark: LastChange | None, recorded: datetime | None) -> Mailbox:
    """The mailbox that was verified last, and when; none if there was none, or if it is not known.

    A mailbox that an account got after it had none left no trace, and is younger than those of the removal.
    """
    since = mailbox.verified_at
    if mark and _is_newest(mark, recorded) and not (since and since > mark.at):
        return Mailbox(mark.email, mark.at) if mark.email else NO_MAILBOX
    if recorded is None or (since and since >= recorded):
        return mailbox  # it has not changed since
    return NO_MAILBOX


def _is_newest(mark: LastChange, recorded: datetime | None) -> bool:
    return recorded is None or recorded <= mark.at


def unclaimed(accounts: Iterable[ClaimedValues]) -> Iterator[tuple[AccountId, ClaimKind, str]]:
    """The values of some accounts that they have no claim on."""
    keys = {
        (one.account_id, kind, value): claim_keys(kind, value)
        for one in accounts
        for kind, value in one.by_kind().items()
    }
    owners = store.owners_at(key for places in keys.values() for key in places)
    for missing, places in keys.items():
        if missing[0] not in {owners.get(key) for key in places}:
            yield missing
