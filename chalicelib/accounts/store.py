"""All DynamoDB of accounts and claims.

A claim's key is `<kind>#<key version>#<HMAC of the value>`, so the table tells nobody's number, and a
conditional create makes a value belong to one account whatever races. While the lookup key is rotated,
containers differ in which version is current: a claim is made under the own current version on
condition that none stands under any other. A new version is therefore made known everywhere before
one container makes it current.
"""

import zlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum

from chalicelib.accounts.model import Account, Claim
from chalicelib.core import clock, keyring, table
from chalicelib.core.ids import AccountId, UserId
from chalicelib.core.needs import Found, Need
from chalicelib.core.settings import Secret
from chalicelib.core.table import (
    Absent,
    Attr,
    Between,
    Change,
    Conflict,
    Create,
    Delete,
    Index,
    Item,
    Key,
    Query,
    Table,
    Write,
    visible,
)
from chalicelib.privacy import codec
from chalicelib.privacy.subject_keys import DATA_KEY, SubjectKeys


class ClaimKind(StrEnum):
    """What can be owned by one account only."""

    PHONE = "phone"
    EMAIL = "email"
    USER = "user"


# One partition of an index takes a thousand writes a second; signups come in waves.
SHARDS = tuple(f"{number:02}" for number in range(64))


class AlreadyClaimed(Conflict):
    """Another account owns this value."""


class ClaimMoved(Conflict):
    """A claim does not stand any more where it was read, or stands for another account."""


class RevokedLater(Conflict):
    """A later revocation is on record already, or the account is gone."""


def account_key(account_id: AccountId) -> Key:
    """Where the account's own item is; everything of a subject lies under the same pk."""
    return Key(Table.ACCOUNTS, f"A#{account_id}", "account")


def _glance(item: Item | None, _: Found) -> Account | None:
    return codec.glance(Account, item) if item else None


def _opened(item: Item | None, found: Found) -> Account | None:
    return codec.opened(Account, item, found[DATA_KEY]) if item else None


# State and ids, which is all that most requests have to know of an account.
ACCOUNT: Need[Account | None] = Need(lambda claims: account_key(claims.account_id), _glance)
# With the number; asks for DATA_KEY too.
OPEN_ACCOUNT: Need[Account | None] = Need(lambda claims: account_key(claims.account_id), _opened)


def creation(account: Account, keys: SubjectKeys) -> list[Write]:
    """The writes that make an account and claim what only it may own; for a transaction."""
    key = account_key(account.account_id)
    return [
        *_claim_writes(ClaimKind.PHONE, account.phone, account.account_id),
        *_claim_writes(ClaimKind.USER, account.user_id, account.account_id),
        Create(key, codec.to_item(account, key, keys)),
    ]


def revocation(account_id: AccountId, before: datetime) -> Change:
    """The write that revokes chat tokens issued before an instant; it never moves backwards."""
    return Change(
        account_key(account_id),
        put={"revoked_before": clock.to_text(before)},
        only_if=visible()
        & (Attr("revoked_before").not_exists() | Attr("revoked_before").lte(clock.to_text(before))),
        conflict=RevokedLater,
    )


def email_moves(owner: AccountId, before: str | None, after: str | None) -> list[Write]:
    """The writes by which an account owns its new mailbox instead of the one before; for a transaction.

    AlreadyClaimed then means that the new one is another account's, ClaimMoved that the claim on the one
    before was just moved under another version of the lookup key: looking again finds it.
    """
    if before == after:
        return []
    released = _release_writes(ClaimKind.EMAIL, before, owner) if before else []
    return [*released, *(_claim_writes(ClaimKind.EMAIL, after, owner) if after else ())]


def shard_of(account_id: AccountId) -> str:
    """Where an account stands in the index of live ones; its id is random, so the shards grow alike."""
    return SHARDS[zlib.crc32(account_id.encode()) % len(SHARDS)]


def live_accounts(shard: str, after: str | None, at_most: int) -> list[AccountId]:
    """The next accounts of a shard, in the order of their ids; fewer than `at_most` mean that it ends here.

    The index lags behind by a moment: an account of just now may be missing, one that is gone may be there.
    """
    beyond = Between(f"A#{after} ", "A#~") if after else None
    found = table.query(Query(Table.ACCOUNTS, shard, beyond, index=Index.LIVE, limit=at_most))
    return [AccountId(item["pk"].removeprefix("A#")) for item in found]


def owner_of_phone(phone: str) -> AccountId | None:
    """Whose number this is, under any version of the lookup key."""
    return _owner(ClaimKind.PHONE, phone)


def glance_at_owner_of_phone(phone: str) -> AccountId | None:
    """Whose number this is, by one read whatever it finds; it may miss a claim that is being re-keyed."""
    return _owner_in(table.batch_get(_claim_keys(ClaimKind.PHONE, phone)))


def owner_of_user(user_id: UserId) -> AccountId | None:
    """Whose public id this is."""
    return _owner(ClaimKind.USER, user_id)


def claims_of(account: Account, email: str | None) -> list[Item]:
    """The items of what an account claims; `email` is the mailbox on its profile, if there is one."""
    keys = [key for kind, value in _claimed(account, email) for key in _claim_keys(kind, value)]
    found = table.batch_get(keys)
    return [found[key] for key in keys if key in found and found[key]["account_id"] == account.account_id]


def rekey(account: Account, email: str | None) -> int:
    """Move what an account claims under the current version of the lookup key; returns how many claims.

    `email` is the mailbox on its profile, if there is one. Each is made and deleted in one transaction,
    so at every moment it stands under exactly one version and keeps everybody else out.

    Raises:
        ClaimMoved: a claim was released or moved meanwhile; nothing was changed.
    """
    moved = [
        write
        for kind, value in _claimed(account, email)
        for write in _rekey_writes(kind, value, account.account_id)
    ]
    if moved:
        table.transact(moved)
    return len(moved) // 2


def _claimed(account: Account, email: str | None) -> list[tuple[ClaimKind, str]]:
    """Every value that an account owns alone."""
    own = [(ClaimKind.PHONE, account.phone), (ClaimKind.USER, account.user_id)]
    return [*own, (ClaimKind.EMAIL, email)] if email else own


def _rekey_writes(kind: ClaimKind, value: str, owner: AccountId) -> Iterator[Write]:
    """The writes that move a claim from an older version to the current one, none if it is there."""
    current, *others = _claim_keys(kind, value)
    found = table.batch_get(others)
    for old, item in found.items():
        claim = {name: held for name, held in item.items() if name not in old.attributes()}
        yield Create(current, claim, conflict=ClaimMoved)
        yield Delete(old, only_if=Attr("account_id").eq(owner), conflict=ClaimMoved)


def _owner(kind: ClaimKind, value: str) -> AccountId | None:
    keys = _claim_keys(kind, value)
    found = table.batch_get(keys)
    if not found and len(keys) > 1:
        # A batched read is no snapshot: the claim may have been moved from the version that was read late
        # to the one that was read early. It moves once, so a second look finds it.
        found = table.batch_get(keys)
    return _owner_in(found)


def _owner_in(found: Mapping[Key, Item]) -> AccountId | None:
    return next((codec.opened(Claim, item).account_id for item in found.values()), None)


def _claim_writes(kind: ClaimKind, value: str, owner: AccountId) -> list[Write]:
    """The claim under the current version of the lookup key, and that there is none under the others."""
    current, *others = _claim_keys(kind, value)
    claim = Create(current, codec.to_item(Claim(account_id=owner), current), conflict=AlreadyClaimed)
    return [claim, *(Absent(key, conflict=AlreadyClaimed) for key in others)]


def _release_writes(kind: ClaimKind, value: str, owner: AccountId) -> list[Write]:
    """That the claim goes from where it stands, and that it stands nowhere else by then."""
    keys = _claim_keys(kind, value)
    found = table.batch_get(keys)
    ours = Attr("account_id").eq(owner)
    return [
        Delete(key, only_if=ours, conflict=ClaimMoved) if key in found else Absent(key, conflict=ClaimMoved)
        for key in keys
    ]


def _claim_keys(kind: ClaimKind, value: str) -> list[Key]:
    """Where a value is claimed, under every version of the lookup key, the current one first."""
    return [Key(Table.CLAIMS, label) for label in keyring.mac_keys(Secret.LOOKUP).labels(kind, value)]
