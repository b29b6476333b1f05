"""The rules of accounts, and the parts of their store that other concepts use."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from chalicelib.accounts import store, usernames
from chalicelib.accounts.discovery import store as discovery
from chalicelib.accounts.model import Account, ChangeKind, ClaimKind
from chalicelib.accounts.store import (  # noqa: F401 - offered to other rooms
    ACCOUNT,
    ACCOUNT_MARK,
    OPEN_ACCOUNT,
    OPEN_STORED_ACCOUNT,
    SHARDS,
    STORED_ACCOUNT,
    AlreadyClaimed,
    ClaimMoved,
    RevokedLater,
    claim_writes,
    claims_of,
    claims_of_users,
    devices,
    glance_at_owner,
    glance_at_owner_of_contact,
    glances_in,
    is_claim_of,
    live_accounts,
    owned_claims_in,
    owner_by_claim,
    rekey,
    release_claim,
    release_claims,
    revocation,
    unrevoked,
)
from chalicelib.accounts.store import last_use as last_uses
from chalicelib.accounts.store.changes import (  # noqa: F401 - offered to other rooms
    LAST_CHANGES,
    AccountMoved,
    active_as_read,
    claim_on,
    correction,
    disputing,
    end_of_dispute,
    former_claims,
    number_change,
    number_loss,
    number_return,
    rectification,
    restoration,
    settings_change,
    traces_of,
    unchanged,
    without_proofs,
)
from chalicelib.accounts.store.last_use import (  # noqa: F401 - offered to other rooms
    LAST_USE,
    LastUseMoved,
    Placed,
    UsedAgain,
    UseList,
)
from chalicelib.accounts.store.states import (  # noqa: F401 - offered to other rooms
    AccountGone,
    NotActive,
    active,
    ending,
    freezing,
    not_erasing,
    refinding,
    releasing,
    restricting,
    sent,
    showing,
    thawing,
)
from chalicelib.accounts.store.suspensions import (  # noqa: F401 - offered to other rooms
    StateMoved,
    limited_as,
    limiting,
    unlimiting,
)
from chalicelib.core import clock, needs
from chalicelib.core.errors import existing
from chalicelib.core.ids import AccountId, Pseudonym, UserId
from chalicelib.core.languages import Language, language_of
from chalicelib.core.needs import Found, Need, Wanted
from chalicelib.core.sealing import skip_unreadable
from chalicelib.core.transactions import Write, commit
from chalicelib.privacy import subject_keys, unsent
from chalicelib.privacy.subject_keys import SubjectKeys
from chalicelib.privacy.unsent import MarkMoved


def _language_if_readable(item: dict[str, Any] | None, found: Found) -> Language:
    account = None
    with skip_unreadable("account_unreadable"):
        account = OPEN_ACCOUNT.read(item, found)
    return language_of(account.locale if account else None)


# For rights requests, which an altered account must not prevent; needs DATA_KEY too.
LANGUAGE = Need(OPEN_ACCOUNT.key, _language_if_readable)


def new_account(
    phone: str, locale: str | None, takes_from: AccountId | None = None
) -> tuple[Account, SubjectKeys, list[Write]]:
    """A new account with random ids and a data key of its own, and the writes that create them.

    Ids are never derived from the number. A number that signs up again after erasure gets new ids, so an old
    id does not identify anyone (ACC-1).
    """
    account = Account(
        account_id=AccountId.new(),
        user_id=UserId.new(),
        phone=phone,
        locale=locale,
        pseudonym=Pseudonym.new(),
        created_at=clock.now(),
    )
    keys, keeping = subject_keys.new(account.account_id)
    first_use = last_uses.first_use(account.account_id)
    return account, keys, [keeping, *store.creation(account, keys, takes_from), first_use]


def owner_of_phone(phone: str) -> AccountId | None:
    """The account that owns a number."""
    return owner_by_claim(ClaimKind.PHONE, phone)


def owner_of_former_phone(phone: str) -> AccountId | None:
    """The account that had a number until it changed it some days ago."""
    return owner_by_claim(ClaimKind.FORMER_PHONE, phone)


def owner_of_email(mailbox: str) -> AccountId | None:
    """The account that owns a mailbox."""
    return owner_by_claim(ClaimKind.EMAIL, mailbox)


def read_owner(owner: AccountId | None, *more: Wanted[Any]) -> tuple[Account, Found] | None:
    """The account that has a number or mailbox, and other needs in the same read.

    None if its erasure is past the point of no return. None too if it was idle before it was frozen for its
    erasure: the number or mailbox may have a new owner by now, who must not learn of the account.
    """
    if owner is None:
        return None
    (found,) = needs.read_accounts([owner], (ACCOUNT, *more))
    account = found[ACCOUNT]
    return None if account is None or account.may_be_of_another else (account, found)


def phone_moves(
    owner: AccountId, before: str | None, after: str | None, takes_from: AccountId | None = None
) -> list[Write]:
    """The writes that claim a new number instead of the old one: `store.claim_moves`.

    `takes_from`: the account that has the new number until then.
    """
    if after and takes_from:
        taken = store.taking_writes(after, takes_from, owner)
        return [*store.claim_moves(ClaimKind.PHONE, owner, before, None), *taken]
    return store.claim_moves(ClaimKind.PHONE, owner, before, after)


def number_passing(former: Account, keys: SubjectKeys) -> list[Write]:
    """The writes after which an account, in any state, has lost its number to another one (ADR 68).

    Operators find it by the number for as long as after a change of it. The conflicts are AccountMoved and
    ClaimMoved.
    """
    return [*number_loss(former, keys), *former_claims(former)]


def email_moves(
    account: Account, before: str | None, after: str | None, at: datetime, keys: SubjectKeys
) -> list[Write]:
    """The writes that claim a new mailbox instead of the old one, with the traces of the change (ADR 66).

    A mailbox of an account that had none leaves no trace: no backup has an earlier one. The conflicts are
    those of `store.claim_moves`, and AccountMoved.
    """
    if before == after:
        return []
    traces = traces_of(account, ChangeKind.MAILBOX, after, at, keys) if before else []
    return [*store.claim_moves(ClaimKind.EMAIL, account.account_id, before, after), *traces]


def username_moves(owner: AccountId, before: str | None, after: str | None) -> list[Write]:
    """The writes that claim an account's new username instead of the old one: `store.claim_moves`."""
    forms = [name and usernames.normal_form(name) for name in (before, after)]
    return store.claim_moves(ClaimKind.USERNAME, owner, *forms)


def owner_of_user(user_id: UserId) -> AccountId | None:
    """The account that has a public id."""
    return owner_by_claim(ClaimKind.USER, user_id)


def read_by_user(user_id: UserId, *more: Wanted[Any]) -> tuple[Account, Found]:
    """The account with a user id, and other needs in the same read.

    Raises:
        NotFound: no account has this user id, or the account is being erased.
    """
    owner = existing(owner_of_user(user_id))
    return read_by_owner(owner, *more)


def read_by_owner(owner: AccountId, *more: Wanted[Any]) -> tuple[Account, Found]:
    """The account that owns a claim, and other needs in the same read.

    Raises:
        NotFound: the account is being erased.
    """
    (found,) = needs.read_accounts([owner], (ACCOUNT, *more))
    account = existing(found[ACCOUNT])
    return account, found


def renew_mark(account_id: AccountId) -> None:
    """Let the worker send again all that Stream has of an account, unless the account is gone.

    Raises:
        Unavailable: the table does not answer.
    """
    with suppress(MarkMoved):
        commit(unsent.replacement(store.account_key(account_id)))


def tidy_found(rows: Mapping[str, AccountId]) -> None:
    """Delete those of at most 100 rows of found numbers that the accounts in them do not name (ADR 118).

    Raises:
        Unavailable: a table does not answer.
    """
    found = glances(dict.fromkeys(rows.values()))
    for name, owner in rows.items():
        account = found.get(owner)
        if owner in found and (account is None or account.found_under != name):
            discovery.delete_nameless(name, owner)


def glances(account_ids: Iterable[AccountId]) -> dict[AccountId, Account | None]:
    """Glances at up to 100 stored accounts in one consistent read; None for one that does not exist.

    An account that is being erased still exists here: its user has to be deactivated at Stream. An account
    that cannot be read is omitted and counted in a metric.
    """
    found: dict[AccountId, Account | None] = {}
    for row in needs.read_accounts(account_ids, (STORED_ACCOUNT,)):
        with skip_unreadable("account_unreadable"):
            found[row.claims.account_id] = row[STORED_ACCOUNT]
    return found
