"""All DynamoDB access of accounts and claims.

The key of a claim is `<kind>#<key version>#<HMAC of the value>`, so the table reveals no number. A
conditional create ensures that a value belongs to one account, also for concurrent requests. During a
rotation of the lookup key, containers differ in which version is current: a container creates a claim under
its own current version, on condition that there is none under any other version. So all containers must know
a new version before it becomes current in any of them.

An erasure moves claims to quarantine: the item stays, without its account. A user id in quarantine is never
claimed again. A number or mailbox is not blocked: the next account that proves it claims it. Until its end
the item shows that the claim was released and not lost.

Scans of accounts and claims are for the commands of operators: no role of a function may scan.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime

from boto3.dynamodb.conditions import ConditionBase

from chalicelib.accounts.discovery import store as discovery
from chalicelib.accounts.model import Account, AccountState, Claim, ClaimedValues, ClaimKind
from chalicelib.core import clock, keyring, shards, table
from chalicelib.core.batches import batched
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import AccountId, UserId
from chalicelib.core.needs import Found, Need
from chalicelib.core.sealing import skip_unreadable
from chalicelib.core.settings import Secret
from chalicelib.core.shards import Segment
from chalicelib.core.table import (
    Absent,
    Attr,
    Change,
    Conflict,
    Create,
    Delete,
    Index,
    Item,
    Key,
    KeysAfter,
    Present,
    Query,
    Replace,
    Scan,
    Table,
    Write,
    account_of,
    partition_of,
    visible,
)
from chalicelib.privacy import codec, unsent
from chalicelib.privacy.subject_keys import SubjectKeys

_RELEASED = Attr("released_at").exists() & Attr("account_id").not_exists()
# Attempts to release claims that are changed meanwhile. Only a rotation changes them, each once.
_RELEASE_TRIES = 5
_KEYS_AT_ONCE = 100  # of a batched read

# A partition of an index takes a thousand writes a second, and signups come in waves.
SHARDS = shards.names(64)


class AlreadyClaimed(Conflict):
    """Another account owns this value."""


class ClaimMoved(Conflict):
    """A claim is no longer at the key where it was read, or belongs to another account."""


class RevokedLater(Conflict):
    """A later revocation is on record already, or the account does not exist any more."""


def account_key(account_id: AccountId) -> Key:
    """The key of the account's own item; all records of a subject have the same pk."""
    return Key(Table.ACCOUNTS, partition_of(account_id), "account")


# The account as stored, also while it is being erased: for the erasure, and for jobs that it does not stop.
STORED_ACCOUNT = codec.glance_of(Account, lambda claims: account_key(claims.account_id))
ACCOUNT_MARK = unsent.mark_of(STORED_ACCOUNT.key)
OPEN_STORED_ACCOUNT = codec.need_of(Account, lambda claims: account_key(claims.account_id))


def _unless_erasing(need: Need[Account | None]) -> Need[Account | None]:
    """The account, or None if it is being erased.

    Such an account is not opened: its key may be gone already.
    """

    def read(item: Item | None, found: Found) -> Account | None:
        return None if item and item.get("state") == AccountState.ERASING else need.read(item, found)

    return Need(need.key, read)


# A glance at the account: state and ids, which are enough for most requests.
ACCOUNT = _unless_erasing(STORED_ACCOUNT)
# The account with its number; needs DATA_KEY too.
OPEN_ACCOUNT = _unless_erasing(OPEN_STORED_ACCOUNT)


def creation(account: Account, keys: SubjectKeys, takes_from: AccountId | None = None) -> list[Write]:
    """The writes that create an account and its claims on number and user id; for a transaction.

    `takes_from`: the account that has the number until then. If it lost it, the conflict is ClaimMoved.
    """
    key = account_key(account.account_id)
    claims = ClaimedValues.of(account, email=None, username=None).by_kind()
    taken = taking_writes(claims.pop(ClaimKind.PHONE), takes_from, account.account_id) if takes_from else ()
    return [
        *taken,
        *(write for kind, value in claims.items() for write in claim_writes(kind, value, account.account_id)),
        Create(key, codec.to_item(account, key, keys) | {Index.LIVE.pk: shard_of(account.account_id)}),
    ]


def revocation(account_id: AccountId, before: datetime) -> Change:
    """The write that revokes chat tokens issued before an instant; it never moves back."""
    return Change(
        account_key(account_id),
        put={"revoked_before": clock.to_text(before)} | unsent.new_mark(account_key(account_id)),
        only_if=visible()
        & (Attr("revoked_before").not_exists() | Attr("revoked_before").lte(clock.to_text(before))),
        conflict=RevokedLater,
    )


def unrevoked(account: Account) -> Present:
    """The condition that no session ended since an account was read; its conflict is RevokedLater."""
    revoked, before = Attr("revoked_before"), account.revoked_before
    same = revoked.eq(clock.to_text(before)) if before else revoked.not_exists()
    return Present(account_key(account.account_id), same, conflict=RevokedLater)


def claim_moves(kind: ClaimKind, owner: AccountId, before: str | None, after: str | None) -> list[Write]:
    """The writes that claim an account's new number or mailbox instead of the old one; for a transaction.

    Their conflict AlreadyClaimed means that the new value belongs to another account. ClaimMoved means that
    the claim on the old one was just moved to another version of the lookup key: the caller has to build the
    writes again.
    """
    if before == after:
        return []
    released = _release_writes(kind, before, owner) if before else []
    return [*released, *(claim_writes(kind, after, owner) if after else ())]


def shard_of(account_id: AccountId) -> str:
    """The shard of an account in the index of live ones."""
    return shards.shard_of(account_id, SHARDS)


def live_accounts(shard: str, after: AccountId | None, at_most: int) -> list[AccountId]:
    """The next accounts of a shard, ordered by id; fewer than `at_most` at the end of the shard.

    The index lags by a moment: a just created account may be missing, and a just deleted one may be included.
    """
    beyond = KeysAfter(partition_of(after)) if after else None
    found = table.query(Query(Table.ACCOUNTS, shard, beyond, index=Index.LIVE, limit=at_most))
    return [account_of(item["pk"]) for item in found]


def glance_at_owner_of_contact(phone: str | None, mailbox: str) -> AccountId | None:
    """Read the owner of a number, or of a mailbox, as `glance_at_owner`."""
    return glance_at_owner(ClaimKind.PHONE if phone else ClaimKind.EMAIL, phone or mailbox)


def glance_at_owner(kind: ClaimKind, value: str) -> AccountId | None:
    """Read the owner of a value by exactly one read, which may miss a claim that is re-keyed."""
    return owner_in(table.batch_get(claim_keys(kind, value)))


def claims_of(claims: ClaimedValues) -> list[Item]:
    """The items of an account's claims."""
    return list(_own_claims(claims).values())


def _own_claims(values: ClaimedValues) -> dict[Key, Item]:
    """The claims that belong to the account now; a claim of the same value may belong to another."""
    keys = [key for kind, value in values.by_kind().items() for key in claim_keys(kind, value)]
    found = table.batch_get(keys)
    return {key: found[key] for key in keys if found.get(key, {}).get("account_id") == values.account_id}


def claims_of_users(user_ids: Collection[UserId]) -> dict[UserId, Claim | None]:
    """The claims on user ids, also those that an erasure released; no entry for an id that was never claimed.

    A claim that cannot be read is None and counted, so that its user does not look unclaimed.
    """
    found: dict[UserId, Claim | None] = {}
    for _ in range(2):  # one read may miss a claim that is moved to another key, once (`owner_by_claim`)
        places = {k: one for one in user_ids if one not in found for k in claim_keys(ClaimKind.USER, one)}
        for some in batched(places, _KEYS_AT_ONCE):
            found |= {places[key]: _readable_claim(item) for key, item in table.batch_get(some).items()}
    return found


def _readable_claim(item: Item) -> Claim | None:
    with skip_unreadable("claim_unreadable"):
        return codec.opened(Claim, item)
    return None


def release_claims(claims: ClaimedValues, until: datetime) -> int:
    """Move an account's claims to quarantine, and delete the row by which it is found by number.

    It returns how many claims this run moved, at least.

    A run that is killed after its write leaves no count, so the end is that the account owns no claim.

    It is idempotent: a claim that is released already, or that another account has made since, stays. It
    takes values and not keys, since a rotation of the lookup key may move a claim before its release.

    Args:
        claims: the values, captured before the account is deleted.
        until: when the claims on number and mailbox leave quarantine. That on the user id never does.

    Raises:
        Unavailable: DynamoDB does not answer, or claims were changed each time between read and write.
    """
    if claims.phone:  # a freeze deleted the row, but a restore may have brought it back
        discovery.forget(claims.phone, claims.account_id)
    moved = 0
    for _ in range(_RELEASE_TRIES):
        # A batched read is not a snapshot. A claim that moves between its places moves once (see
        # `owner_by_claim`).
        own = _own_claims(claims) or _own_claims(claims)
        if not own:
            return moved
        with suppress(ClaimMoved):
            table.transact([_quarantine(key, claims.account_id, until) for key in own])
            moved += len(own)
    raise Unavailable


def _quarantine(key: Key, owner: AccountId, until: datetime) -> Write:
    """The write that takes the account off its claim."""
    released = codec.to_item(Claim(released_at=clock.now()), key)
    if ClaimKind(key.pk.partition("#")[0]).is_reusable:
        released |= dict.fromkeys(("expires_at", "delete_at"), clock.to_epoch(until))
    return Replace(key, released, only_if=Attr("account_id").eq(owner), conflict=ClaimMoved)


def rekey(claims: ClaimedValues) -> int:
    """Move an account's claims to the current version of the lookup key; returns how many.

    A claim is created and deleted in one transaction, so at every moment it exists under exactly one version
    and no other account can claim the value.

    Raises:
        ClaimMoved: a claim was released or moved in between; nothing was changed.
    """
    moved = [
        write
        for kind, value in claims.by_kind().items()
        for write in _rekey_writes(kind, value, claims.account_id)
    ]
    if moved:
        table.transact(moved)
    return len(moved) // 2


def _rekey_writes(kind: ClaimKind, value: str, owner: AccountId) -> Iterator[Write]:
    """The writes that move a claim from an older version to the current one, if necessary."""
    current, *others = claim_keys(kind, value)
    found = table.batch_get(others)
    for old, item in found.items():
        if "released_at" in item:  # by the erasure of an earlier account
            continue
        claim = {name: held for name, held in item.items() if name not in old.attributes()}
        yield Create(current, claim, conflict=ClaimMoved, or_over=_reusable(kind))
        yield Delete(old, only_if=Attr("account_id").eq(owner), conflict=ClaimMoved)


def owner_by_claim(kind: ClaimKind, value: str) -> AccountId | None:
    """The account that owns a value, under any version of the lookup key."""
    keys = claim_keys(kind, value)
    found = table.batch_get(keys)
    if owner_in(found) is None and len(keys) > 1:
        # A batched read is not a snapshot: the claim may have been moved from the version that was read last
        # to the one that was read first. A claim moves only once, so a second read finds it.
        found = table.batch_get(keys)
    return owner_in(found)


def owner_in(found: Mapping[Key, Item]) -> AccountId | None:
    """The owner of a claim among those of one value; one in quarantine has none."""
    owners = (codec.opened(Claim, item).account_id for item in found.values())
    return next((owner for owner in owners if owner), None)


def claim_writes(kind: ClaimKind, value: str, owner: AccountId) -> list[Write]:
    """The writes of a claim under the current version; their conflict AlreadyClaimed means there is one."""
    current, *others = claim_keys(kind, value)
    item, free = codec.to_item(Claim(account_id=owner), current), _reusable(kind)
    claim = Create(current, item, conflict=AlreadyClaimed, or_over=free)
    return [claim, *(Absent(key, conflict=AlreadyClaimed, or_over=free) for key in others)]


def taking_writes(phone: str, before: AccountId, after: AccountId) -> Iterator[Write]:
    """The writes that give the claim on a number to another account, under the current version of the key."""
    current, *others = claim_keys(ClaimKind.PHONE, phone)
    found = table.batch_get(others) if others else {}
    ours = Attr("account_id").eq(before)
    item = codec.to_item(Claim(account_id=after), current)
    if owner_in(found) == before:
        yield Create(current, item, conflict=ClaimMoved, or_over=_RELEASED)
    else:
        yield Replace(current, item, only_if=ours, conflict=ClaimMoved)
    for key in others:
        if owner_in({name: one for name, one in found.items() if name == key}) == before:
            yield Delete(key, only_if=ours, conflict=ClaimMoved)
        else:
            yield Absent(key, conflict=ClaimMoved, or_over=_RELEASED)


def _reusable(kind: ClaimKind) -> ConditionBase | None:
    """The condition under which a value may be claimed although there is an item; None: never."""
    return _RELEASED if kind.is_reusable else None


def _release_writes(kind: ClaimKind, value: str, owner: AccountId) -> list[Write]:
    """The writes that delete a claim, on condition that it has not moved to another version.

    While there is only one version of the lookup key, the claim can be in one place only, and is not read.
    """
    keys, ours = claim_keys(kind, value), Attr("account_id").eq(owner)
    if len(keys) == 1:
        return [Delete(keys[0], only_if=ours | Attr("pk").not_exists(), conflict=ClaimMoved)]
    found = table.batch_get(keys)
    return [
        Delete(key, only_if=ours, conflict=ClaimMoved)
        if key in found and "released_at" not in found[key]
        else Absent(key, conflict=ClaimMoved, or_over=_reusable(kind))
        for key in keys
    ]


def claim_keys(kind: ClaimKind, value: str) -> list[Key]:
    """The keys of a value's claim under all versions of the lookup key, the current one first."""
    return [Key(Table.CLAIMS, label) for label in keyring.mac_keys(Secret.LOOKUP).lookup_keys(kind, value)]


def glances_in(segment: Segment) -> Iterator[list[Account]]:
    """Glances at the accounts of a segment, by page, in every state.

    An account that cannot be read is omitted and counted in a metric.
    """
    for page in table.scan(Scan(Table.ACCOUNTS, Account.declaration.kind, segment=segment)):
        yield list(filter(None, map(_glance, page.items)))


def _glance(item: Item) -> Account | None:
    with skip_unreadable("account_unreadable"):
        return codec.glance(Account, item)
    return None


def owned_claims_in(segment: Segment) -> Iterator[dict[Key, AccountId]]:
    """The claims in a segment that name an account, by page.

    They are found by a scan, since the values that were hashed may not be known any more.
    """
    for page in table.scan(Scan(Table.CLAIMS, Claim.declaration.kind, segment=segment)):
        yield _owners({Key(Table.CLAIMS, item["pk"]): item for item in page.items})


def owners_at(keys: Iterable[Key]) -> dict[Key, AccountId]:
    """The owners of the claims at some keys; nothing for a key without a claim, or with a released one."""
    found: dict[Key, AccountId] = {}
    for some in batched(keys, _KEYS_AT_ONCE):
        found |= _owners(table.batch_get(some))
    return found


def _owners(found: Mapping[Key, Item]) -> dict[Key, AccountId]:
    owners = {key: owner_in({key: item}) for key, item in found.items()}
    return {key: owner for key, owner in owners.items() if owner}


def is_claim_of(key: Key, values: ClaimedValues | None) -> bool:
    """Whether a claim is one of an account's; `values` is None if there is no such account.

    A claim on a former number is, since the account does not have the number any more.
    """
    if values is None:
        return False
    if key.pk.startswith(f"{ClaimKind.FORMER_PHONE}#"):
        return True
    return any(key in claim_keys(kind, value) for kind, value in values.by_kind().items())


def release_claim(key: Key, owner: AccountId, until: datetime) -> None:
    """Move a claim to quarantine, unless it moved or was released meanwhile."""
    # If a rotation moved it, the next run finds it.
    table.try_write(_quarantine(key, owner, until))
