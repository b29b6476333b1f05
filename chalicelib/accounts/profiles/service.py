"""The rules of profiles."""

import secrets
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any

from chalicelib.accounts import service as accounts
from chalicelib.accounts.avatars.model import Avatar
from chalicelib.accounts.avatars.service import AVATAR
from chalicelib.accounts.blocks import service as blocks
from chalicelib.accounts.blocks.service import PEER, Peer, keep_apart
from chalicelib.accounts.discovery import store as discovery
from chalicelib.accounts.model import Account, ChangeKind, ClaimedValues
from chalicelib.accounts.profiles import messages, store
from chalicelib.accounts.profiles.model import (
    MAX_STATEMENTS,
    EmailTaken,
    Profile,
    ProfileChanges,
    PublicProfile,
    Statements,
    SubjectStatement,
)
from chalicelib.accounts.profiles.store import (  # noqa: F401 - offered to other rooms
    PROFILE,
    PROFILE_MARK,
    READABLE_PROFILE,
    STATEMENTS,
    VersionMoved,
)
from chalicelib.accounts.secrets.model import SecretKind
from chalicelib.accounts.secrets.store import GLANCES
from chalicelib.accounts.service import ACCOUNT, OPEN_ACCOUNT, OPEN_STORED_ACCOUNT
from chalicelib.core import clock, needs, observe
from chalicelib.core.errors import ChangedMeanwhile, NotFound, Unavailable
from chalicelib.core.http import IfMatch
from chalicelib.core.ids import AccountId, SessionId, UserId
from chalicelib.core.needs import Found
from chalicelib.core.sealing import SealingError, skip_unreadable
from chalicelib.core.transactions import Write, commit
from chalicelib.messages.sms import TextNotSent
from chalicelib.messages.suppressions import service as suppressions
from chalicelib.messages.suppressions.service import Addresses, SuppressionMoved
from chalicelib.privacy.subject_keys import DATA_KEY, SubjectKeys

# Whether the account has a PIN, for the view of its owner.
PIN = GLANCES[SecretKind.PIN]

# Nicknames of users without a display name are random, and made without data about them (STR-1).
_KINDS = (
    "Amber", "Brave", "Calm", "Clever", "Curious", "Gentle", "Golden", "Happy", "Jolly", "Kind",
    "Lucky", "Merry", "Quick", "Quiet", "Silver", "Sunny", "Swift", "Warm", "Wild", "Wise",
)  # fmt: skip

_ANIMALS = (
    "Badger", "Beaver", "Crane", "Dolphin", "Falcon", "Fox", "Hare", "Hedgehog", "Heron", "Lynx",
    "Marten", "Otter", "Owl", "Panda", "Puffin", "Robin", "Seal", "Sparrow", "Stork", "Swan",
)  # fmt: skip


def new_profile(account_id: AccountId, display_name: str | None, keys: SubjectKeys) -> list[Write]:
    """The write of a new profile; without a chosen name it gets a random nickname."""
    profile = Profile(account_id=account_id, display_name=display_name or random_nickname())
    return [store.written(profile, keys)]


def own(account: Account | None, profile: Profile | None) -> tuple[Account, Profile]:
    """The caller's account and profile, both of which must exist.

    Raises:
        NotFound: one of them is erased.
    """
    if account is None or profile is None:
        raise NotFound
    return account, profile


def read_own(owner: AccountId) -> tuple[Account, Profile, SubjectKeys]:
    """As `own`, read again, with the data keys."""
    (row,) = needs.read_accounts([owner], (OPEN_ACCOUNT, PROFILE, DATA_KEY))
    return *own(row[OPEN_ACCOUNT], row[PROFILE]), row[DATA_KEY]


def change(
    account: Account,
    profile: Profile,
    changes: ProfileChanges,
    expected: IfMatch,
    keys: SubjectKeys,
    *also: Write,
) -> tuple[Account, Profile]:
    """Apply a merge patch to the version that the client read; return account and profile as changed.

    A removed display name is replaced by a new nickname, a removed switch by its default. Without a language,
    messages are written in English.

    A patch that is applied already changes nothing, whatever the version: the response to it was lost (RFC
    9110, section 13.1.1). `also` are committed with the change, and raise conflicts of their own.

    Raises:
        ChangedMeanwhile: the client's version is not the current one.
        Unavailable: the account's number could not be notified that the address is removed.
    """
    if not expected.allows(profile.etag):
        if _is_applied(account, profile, changes):
            return account, profile
        raise ChangedMeanwhile
    of_account = list[Write]()  # a transaction has one operation for each item
    if profile.email and changes.names_email:
        try:
            messages.announce_mailbox_change(account, profile.email)
        except TextNotSent:
            raise Unavailable from None
        of_account = [accounts.active_as_read(account)]
    if _changes_settings(account, changes):
        locale, found_under = _settings_after(account, changes)
        of_account = accounts.settings_change(account, locale, found_under, keys)
        changed = account.model_copy(update={"locale": locale, "found_under": found_under})
    else:
        changed = account
    profile = _replace(account, profile, _merged(profile, changes), keys, *of_account, *also)
    return changed, profile


def change_writes(
    account: Account, profile: Profile, changes: ProfileChanges, keys: SubjectKeys
) -> tuple[list[Write], list[Write]]:
    """The writes that apply a merge patch to what was read, for a transaction.

    The first list changes the profile, the second one the account. They conflict if what they change was
    changed since. The patch must not change the address, whose claim moves with it. The profile gets a new
    version in any case, since that is the client's ETag.

    Raises:
        StillSealed: the patch changes the language of an account that could not be opened.
    """
    if changes.names_email:
        raise ValueError("the address is changed together with its claim")
    changed = Profile(**{**_merged(profile, changes), "version": profile.version + 1})
    of_account = list[Write]()
    if _changes_settings(account, changes):
        of_account = accounts.rectification(account, *_settings_after(account, changes), keys)
    return [store.written(changed, keys)], of_account


def _is_applied(account: Account, profile: Profile, changes: ProfileChanges) -> bool:
    same = Profile(**{**_merged(profile, changes), "version": profile.version}) == profile
    return same and not _changes_settings(account, changes)


def _changes_settings(account: Account, changes: ProfileChanges) -> bool:
    """Whether a patch changes the language, or whether the account can be found by number."""
    named = changes.model_fields_set
    language = "locale" in named and changes.locale != account.locale
    return language or ("discoverable" in named and bool(changes.discoverable) != bool(account.found_under))


def _settings_after(account: Account, changes: ProfileChanges) -> tuple[str | None, str | None]:
    """The language that a patch leaves, and the row by which the account is found by number."""
    named, found = changes.model_fields_set, account.found_under
    if "discoverable" in named and bool(changes.discoverable) != bool(found):
        found = discovery.row_name(account.phone) if changes.discoverable else None
    return (changes.locale if "locale" in named else account.locale), found


class TooManyStatements(ValueError):
    """The account has as many statements as it may have."""


def statements_write(
    account_id: AccountId, before: Statements | None, new: Iterable[SubjectStatement], keys: SubjectKeys
) -> Write:
    """The write that adds statements to those that were read; for a transaction.

    It conflicts if another one was added since.

    Raises:
        TooManyStatements: there would be more than `MAX_STATEMENTS`.
    """
    known, version = (before.statements, before.version) if before else ((), 0)
    after = Statements(account_id=account_id, statements=(*known, *new), version=version + 1)
    if len(after.statements) > MAX_STATEMENTS:
        raise TooManyStatements
    return store.statements_write(after, keys)


def _merged(profile: Profile, changes: ProfileChanges) -> dict[str, Any]:
    values = profile.model_dump()
    for name, value in changes.changes().items():
        if value is not None:
            values[name] = value
        elif name == "display_name":
            values[name] = random_nickname()
        else:
            values[name] = Profile.model_fields[name].default
    if changes.names_email:
        values |= _mailbox()  # it can only be removed
    return values


def keep_email(
    account: Account, profile: Profile, mailbox: str, origin: SessionId, proof: Write, keys: SubjectKeys
) -> Profile:
    """Put a mailbox on the profile, in one transaction with the write that uses its challenge.

    One that the profile has keeps its age, and the origin of the session that added it.

    Raises:
        EmailTaken: it belongs to another account.
        ChangedMeanwhile: the profile was changed since it was read, or the account is not active.
        Conflict: the conflict of the challenge's write.
    """
    if mailbox == profile.email:
        return _replace(account, profile, profile.model_dump(), keys, proof)
    values = profile.model_dump() | _mailbox(mailbox, clock.now(), origin)
    return _replace(account, profile, values, keys, proof, accounts.active_as_read(account))


def _mailbox(
    email: str | None = None, verified_at: datetime | None = None, session_id: SessionId | None = None
) -> dict[str, Any]:
    """The fields that change with the mailbox of a profile."""
    return {"email": email, "email_verified_at": verified_at, "email_session": session_id}


def email_loss(account: Account, profile: Profile, keys: SubjectKeys) -> list[Write]:
    """The writes that take the mailbox off a profile, without its claim; with the traces of the change."""
    without = profile.model_copy(update={**_mailbox(), "version": profile.version + 1})
    return [
        store.written(without, keys),
        *accounts.traces_of(account, ChangeKind.MAILBOX, None, clock.now(), keys),
        *suppressions.release(Addresses(email=profile.email), clock.now()),
    ]


def email_correction(
    profile: Profile, email: str | None, verified_at: datetime | None, keys: SubjectKeys
) -> list[Write]:
    """The write of the mailbox that the profile of a backup had last, without claim and traces."""
    last = _mailbox(email, verified_at)
    corrected = profile.model_copy(update={**last, "version": profile.version + 1})
    return [store.written(corrected, keys)]


def claimed(account: Account, profile: Profile | None) -> ClaimedValues:
    """All values that an account claims."""
    email, username = (profile.email, profile.username) if profile else (None, None)
    return ClaimedValues.of(account, email, username)


def username_change(profile: Profile, username: str | None, keys: SubjectKeys) -> Write:
    """The write of another username or none, without its claim; raises VersionMoved like `store.written`."""
    after = profile.model_copy(update={"username": username, "version": profile.version + 1})
    return store.written(after, keys)


def rekey_claims(owners: Iterable[AccountId]) -> int:
    """Move the claims of at most 33 accounts to the current lookup key; return how many moved.

    A claim holds only a keyed hash, so account and profile are opened to get the values. An account that is
    erased in between has released its claims. Suppressions of the values move first: the claims that are left
    show which accounts a killed run did not finish. An account that cannot be opened is counted and keeps its
    claims; the old key is not retired until that account is recovered.
    """
    moved = 0
    for row in needs.read_accounts(owners, (OPEN_STORED_ACCOUNT, PROFILE, DATA_KEY)):
        try:
            account, profile = row[OPEN_STORED_ACCOUNT], row[PROFILE]
        except SealingError as error:
            observe.record_unreadable("claims_unreadable", error)
            continue
        if account:
            values = claimed(account, profile)
            suppressions.commit_revised(partial(suppressions.renewal, Addresses(account.phone, values.email)))
            # The row first: the claims that are left show that an account is not done.
            with suppress(accounts.ClaimMoved, accounts.StateMoved):
                moved += _refind(account)
                moved += accounts.rekey(values)
    return moved


def _refind(account: Account) -> int:
    """Move the row by which an account is found by number; return how many moved."""
    writes = accounts.refinding(account)
    if not writes or account.found_under == discovery.row_name(account.phone):
        return 0
    commit(*writes)
    return 1


def _replace(
    account: Account, profile: Profile, values: dict[str, Any], keys: SubjectKeys, *also: Write
) -> Profile:
    """Write a new version of a profile, with the claims of a changed address in one transaction.

    Only an active account changes its mailbox: then a write of `also` requires that.
    """
    changed = Profile(**{**values, "version": profile.version + 1})
    moves = _address_moves(account, profile, changed, keys)
    try:
        commit(*also, store.written(changed, keys), *moves)
    except (store.VersionMoved, accounts.AccountMoved, accounts.ClaimMoved, SuppressionMoved):
        raise ChangedMeanwhile from None
    except accounts.AlreadyClaimed:
        raise EmailTaken from None
    return changed


def _address_moves(account: Account, before: Profile, after: Profile, keys: SubjectKeys) -> list[Write]:
    """The writes that follow a changed mailbox: its claim, and the suppressions of both mailboxes."""
    if before.email == after.email:
        return []
    now = clock.now()
    return [
        *accounts.email_moves(account, before.email, after.email, after.email_verified_at or now, keys),
        *suppressions.release(Addresses(email=before.email), now),
        *suppressions.renewal(Addresses(email=after.email)),
    ]


def read_public_profile(viewer: Peer | None, user_id: UserId) -> PublicProfile:
    """Read what another user may see of a user.

    Raises:
        NotFound: the user is unknown, erased, frozen or restricted, or one of both blocks the other; the
            response does not reveal which.
    """
    owner = accounts.owner_of_user(user_id)
    for row in needs.read_accounts([owner] if owner else [], (*PEER, PROFILE, AVATAR)):
        with skip_unreadable("profile_unreadable"):
            peer, profile = blocks.peer_of(row), row[PROFILE]
            if viewer and peer and profile and peer.is_active and not keep_apart(viewer, peer):
                return PublicProfile.of(peer.account, profile, row[AVATAR])
    raise NotFound


def by_accounts(account_ids: Iterable[AccountId]) -> list[tuple[Account, Profile, Avatar | None]]:
    """Read at most 25 accounts with profile and avatar, in one consistent read; skip missing ones.

    A record that cannot be opened is skipped and counted, so that it does not delay the others.
    """
    rows = needs.read_accounts(account_ids, (ACCOUNT, PROFILE, AVATAR, DATA_KEY))
    found = ((*_account_and_profile(row), row[AVATAR]) for row in rows)
    return [(account, profile, avatar) for account, profile, avatar in found if account and profile]


def _account_and_profile(row: Found) -> tuple[Account | None, Profile | None]:
    with skip_unreadable("profile_unreadable"):
        return row[ACCOUNT], row[PROFILE]
    return None, None


def random_nickname() -> str:
    """Two words and a number, such as "Calm Otter 417"."""
    return f"{secrets.choice(_KINDS)} {secrets.choice(_ANIMALS)} {secrets.randbelow(900) + 100}"
