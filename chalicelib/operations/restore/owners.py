"""Gives each account the number, mailbox and language that it had last, and only to it their claims (ADR 66).

A device that proved a disputed number has to prove it again (ADR 68).

Three passes, each over a whole table by pages. No claim is made before all are released: numbers may have
gone from one account to another. Each write is one transaction, after which the account or claim needs
nothing more.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import partial, reduce

from chalicelib.accounts import restored
from chalicelib.accounts import service as accounts
from chalicelib.accounts.model import AccountState, ClaimedValues, ClaimKind
from chalicelib.accounts.profiles import service as profiles
from chalicelib.accounts.profiles.model import Profile
from chalicelib.accounts.profiles.service import PROFILE, READABLE_PROFILE
from chalicelib.accounts.restored import NO_MAILBOX, Mailbox, RecordedChanges
from chalicelib.accounts.service import LAST_CHANGES, OPEN_STORED_ACCOUNT, AlreadyClaimed
from chalicelib.core import clock, needs
from chalicelib.core.batches import batched
from chalicelib.core.ids import AccountId
from chalicelib.core.needs import Found
from chalicelib.core.sealing import SealingError, skip_unreadable
from chalicelib.core.shards import Segment
from chalicelib.core.transactions import Perform, Write, commit
from chalicelib.messages.suppressions import service as suppressions
from chalicelib.messages.suppressions.service import Addresses
from chalicelib.operations.restore.marks import MARGIN
from chalicelib.operations.restore.store import Workers
from chalicelib.privacy.periods import Period
from chalicelib.privacy.subject_keys import DATA_KEY

# Accounts per batched read, which takes 100 items: six per account.
_ACCOUNTS_PER_READ = 16
_NEEDS = (OPEN_STORED_ACCOUNT, PROFILE, DATA_KEY, *LAST_CHANGES.values())
_ERASED_NEEDS = (OPEN_STORED_ACCOUNT, READABLE_PROFILE, DATA_KEY, *LAST_CHANGES.values())


class OwnerOutcome(StrEnum):
    """What was done with an account or a claim, or what operators have to know of an account."""

    CHANGED = "accounts changed again"
    WAITS = "waits of disputed numbers begun again"
    RELEASED = "claims released"
    CLAIMED = "claims made"
    NUMBERLESS = "has no number, since the backup or now"
    UNREADABLE = "cannot be read; its number and claims are as in the backup"
    UNCLAIMABLE = "its user id is released, or claimed by another account"


@dataclass
class SettledOwners:
    """Numbers of what was done, and the accounts that operators have to know of."""

    numbers: Counter[OwnerOutcome] = field(default_factory=Counter)
    named: set[tuple[AccountId, OwnerOutcome]] = field(default_factory=set)

    def add(self, other: "SettledOwners") -> "SettledOwners":
        """Add the outcome of another part."""
        self.numbers.update(other.numbers)
        self.named |= other.named
        return self


def correct_erased(account_id: AccountId, recorded: RecordedChanges) -> None:
    """Give an account that is about to be erased again what it had last, before its values are used.

    The messages, suppressions and blocks that an erasure leaves must not reach another person, who has the
    number or the mailbox of the backup by now. An account that cannot be opened is left as it is.

    Raises:
        AccountMoved, VersionMoved: another writer changed it at the same time.
        Unavailable: a table does not answer.
    """
    (found,) = needs.read_accounts([account_id], _ERASED_NEEDS)
    with skip_unreadable("account_unreadable"):
        account, profile, keys = found[OPEN_STORED_ACCOUNT], found[READABLE_PROFILE], found[DATA_KEY]
        if account is None:
            return
        last = recorded.last_of(account, _mailbox_of(profile), found)
        writes: list[Write] = []
        if (last.phone, last.locale) != (account.phone, account.locale):
            writes += accounts.correction(account, last.phone, last.locale, keys)
        if profile and _mailbox_of(profile) != last.mailbox:
            writes += profiles.email_correction(profile, *last.mailbox, keys)
        if writes:
            commit(*writes)


def settle(
    at: datetime,
    recorded: RecordedChanges,
    erased: Collection[AccountId],
    workers: Workers,
    perform: Perform,
) -> SettledOwners:
    """Settle which account has which number and mailbox.

    Args:
        at: the instant of the backup.
        recorded: the changes that the Ledger recorded since.
        erased: accounts that are erased, which need nothing.
        workers: read accounts and claims.
        perform: makes the changes, or omits them.

    Raises:
        Unavailable: a table does not answer.
    """
    settling = _Settling(at - MARGIN, recorded, erased, perform)
    passes = (settling.apply_changes, settling.release_claims, settling.make_claims, settling.find_again)
    outcomes = (outcome for one in passes for outcome in workers.on_segments(one))
    return reduce(SettledOwners.add, outcomes, SettledOwners())


@dataclass(frozen=True)
class _Settling:
    """The passes; `recorded` are the changes since the instant `since`."""

    since: datetime
    recorded: RecordedChanges
    erased: Collection[AccountId]
    perform: Perform

    def apply_changes(self, segment: Segment) -> SettledOwners:
        """Give the accounts of a segment what they had last; take off what is not known to be theirs."""
        done = SettledOwners()
        for found in self._accounts(segment):
            with _naming_unreadable(found, done):
                for outcome, writes in self._changes(found):
                    self.perform(partial(commit, *writes))
                    done.numbers[outcome] += 1
        return done

    def _changes(self, found: Found) -> Iterator[tuple[OwnerOutcome, Sequence[Write]]]:
        account, profile, keys = found[OPEN_STORED_ACCOUNT], found[PROFILE], found[DATA_KEY]
        if account is None:
            return
        last = self.recorded.last_of(account, _mailbox_of(profile), found)
        writes: list[Write] = []
        if (last.phone, last.locale) != (account.phone, account.locale):
            writes += accounts.restoration(account, last.phone, last.locale, keys)
        if last.phone != account.phone:
            writes += accounts.former_claims(account)
            writes += suppressions.release(Addresses(phone=account.phone), clock.now())
        if profile and profile.email and _mailbox_of(profile) != last.mailbox:
            if profile.email == last.mailbox.email:  # verified again since, so it is younger than it says
                writes += profiles.email_correction(profile, *last.mailbox, keys)
            else:
                writes += profiles.email_loss(account, profile, keys)
        if writes:
            yield OwnerOutcome.CHANGED, writes
        # A dispute ends with its number. That of the backup may have been ended by the owner since (ADR 68).
        if last.phone == account.phone and (forgets := accounts.without_proofs(account)):
            yield OwnerOutcome.WAITS, forgets

    def release_claims(self, segment: Segment) -> SettledOwners:
        """Release the claims in a segment whose account does not exist, or does not have the value."""
        done, until = SettledOwners(), Period.QUARANTINE.ends(clock.now())
        for page in accounts.owned_claims_in(segment):
            for batch in batched(page.items(), _ACCOUNTS_PER_READ):
                owners = {owner for _, owner in batch if owner not in self.erased}
                values = dict(_values(needs.read_accounts(owners, _NEEDS), done))
                for key, owner in batch:
                    if owner in values and not accounts.is_claim_of(key, values[owner]):
                        self.perform(partial(accounts.release_claim, key, owner, until))
                        done.numbers[OwnerOutcome.RELEASED] += 1
        return done

    def make_claims(self, segment: Segment) -> SettledOwners:
        """Claim what the accounts of a segment have; take off what another account has."""
        done = SettledOwners()
        for batch in batched(self._accounts(segment), _ACCOUNTS_PER_READ):
            values = {owner: one for owner, one in _values(batch, done) if one}
            rows = {found.claims.account_id: found for found in batch}
            for owner, kind, value in restored.unclaimed(values.values()):
                self.perform(partial(_claim, rows[owner], kind, value, done))
            done.named |= {
                (owner, OwnerOutcome.NUMBERLESS) for owner in values if self._is_numberless(rows[owner])
            }
        return done

    def find_again(self, segment: Segment) -> SettledOwners:
        """Write the rows by which the accounts of a segment are found by number (ADR 118)."""
        done = SettledOwners()
        for found in self._accounts(segment):
            with _naming_unreadable(found, done):
                if (account := found[OPEN_STORED_ACCOUNT]) and (writes := accounts.refinding(account)):
                    self.perform(partial(commit, *writes))
        return done

    def _is_numberless(self, found: Found) -> bool:
        account = found[OPEN_STORED_ACCOUNT]
        lost_at = account.number_changed_at if account and account.phone is None else None
        return lost_at is not None and lost_at >= self.since

    def _accounts(self, segment: Segment) -> Iterator[Found]:
        """The accounts of a segment that are not erased; one batch is in memory at a time."""
        for page in accounts.glances_in(segment):
            live = (one for one in page if one.state is not AccountState.ERASING)
            ids = (one.account_id for one in live if one.account_id not in self.erased)
            for batch in batched(ids, _ACCOUNTS_PER_READ):
                yield from needs.read_accounts(batch, _NEEDS)


def _mailbox_of(profile: Profile | None) -> Mailbox:
    return Mailbox(profile.email, profile.email_verified_at) if profile else NO_MAILBOX


def _claim(found: Found, kind: ClaimKind, value: str, done: SettledOwners) -> None:
    """Claim a value, or take it off the account if another one has it."""
    account, profile, keys = found[OPEN_STORED_ACCOUNT], found[PROFILE], found[DATA_KEY]
    if account is None:
        return
    try:
        commit(*accounts.claim_writes(kind, value, account.account_id))
        done.numbers[OwnerOutcome.CLAIMED] += 1
    except AlreadyClaimed:
        if kind is ClaimKind.PHONE:
            commit(*accounts.number_loss(account, keys))
            done.named.add((account.account_id, OwnerOutcome.NUMBERLESS))
        elif profile and kind is ClaimKind.EMAIL:
            commit(*profiles.email_loss(account, profile, keys))
            done.numbers[OwnerOutcome.CHANGED] += 1
        elif profile and kind is ClaimKind.USERNAME:
            commit(profiles.username_change(profile, None, keys))
            done.numbers[OwnerOutcome.CHANGED] += 1
        else:
            done.named.add((account.account_id, OwnerOutcome.UNCLAIMABLE))


def _values(rows: Iterable[Found], done: SettledOwners) -> Iterator[tuple[AccountId, ClaimedValues | None]]:
    """What accounts claim, None for one that does not exist; one that cannot be read is named and omitted."""
    for found in rows:
        with _naming_unreadable(found, done):
            account, profile = found[OPEN_STORED_ACCOUNT], found[PROFILE]
            yield found.claims.account_id, profiles.claimed(account, profile) if account else None


@contextmanager
def _naming_unreadable(found: Found, done: SettledOwners) -> Iterator[None]:
    try:
        yield
    except SealingError:
        done.named.add((found.claims.account_id, OwnerOutcome.UNREADABLE))
