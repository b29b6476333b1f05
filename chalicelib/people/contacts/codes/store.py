"""All DynamoDB access of contact codes: the current one by its account, the owner by a hash of the code."""

from chalicelib.core import clock, keyring, table
from chalicelib.core.ids import AccountId, ContactRequestId
from chalicelib.core.settings import Secret
from chalicelib.core.table import (
    Attr,
    Change,
    Conflict,
    Create,
    Delete,
    Expired,
    Key,
    Prefix,
    Present,
    Query,
    Remove,
    Replace,
    Table,
    Write,
    partition_of,
)
from chalicelib.people.contacts.model import CodeOwner, ContactCode, ContactRequest
from chalicelib.privacy import codec


class CodeMoved(Conflict):
    """The code of an account, or the owner of a code, has changed since it was read."""


class RequestSeen(Conflict):
    """A request with this Idempotency-Key came before."""


def code_key(owner: AccountId) -> Key:
    """The key of an account's current code."""
    return Key(Table.ACCOUNTS, partition_of(owner), "contact_code")


def _owner_keys(code: str) -> list[Key]:
    """The keys of a code's owner under all versions of the key for codes, the current one first."""
    digests = keyring.mac_keys(Secret.CODES).digests("contact_code_owner", code)
    return [Key(Table.CHALLENGES, f"contact_code#{digest.hex()}") for digest in digests]


CODE = codec.glance_of(ContactCode, lambda claims: code_key(claims.account_id))


def code_of(owner: AccountId) -> ContactCode | None:
    """The current code of an account that is not expired."""
    found = table.batch_get([code_key(owner)])
    return codec.opened(ContactCode, found[code_key(owner)]) if found else None


def stored_code_of(owner: AccountId) -> ContactCode | None:
    """The code of an account as it is stored, also an expired one; for an erasure."""
    rows = Query(Table.ACCOUNTS, partition_of(owner), Prefix("contact_code"), expired=Expired.INCLUDED)
    return next((codec.opened(ContactCode, item) for item in table.query(rows)), None)


def owner_key(code: str) -> str:
    """The key under which a new code is found."""
    return _owner_keys(code)[0].pk


def replace_code(owner: AccountId, before: ContactCode | None, after: ContactCode) -> list[Write]:
    """The writes that make a new code the current one; their conflict is CodeMoved."""
    place, found_at = code_key(owner), Key(Table.CHALLENGES, after.owner_key)
    item = codec.to_item(after, place)
    current: Write = (
        Replace(place, item, only_if=Attr("code_id").eq(before.code_id), conflict=CodeMoved)
        if before
        # A pin may keep an expired code for a copy, which must not prevent a new one.
        else Create(place, item, conflict=CodeMoved, or_over=~table.visible())
    )
    owned_by = CodeOwner(account_id=owner, made_at=after.made_at)
    return [current, Create(found_at, codec.to_item(owned_by, found_at), conflict=CodeMoved)]


def withdrawal(owner: AccountId, current: ContactCode) -> Write:
    """The write that deletes the current code of an account; its conflict is CodeMoved."""
    return Delete(code_key(owner), only_if=Attr("code_id").eq(current.code_id), conflict=CodeMoved)


def disowning(owner: AccountId, code: ContactCode) -> Write:
    """The write that takes the account off a code, so that it is not valid any more."""
    place = Key(Table.CHALLENGES, code.owner_key)
    ours = Attr("account_id").eq(owner)
    return Change(place, drop=("account_id",), only_if=ours, conflict=CodeMoved)


def is_known(code: str) -> bool:
    """Return whether a code was made before and has not expired, valid or not."""
    return bool(table.batch_get(_owner_keys(code)))


def find_owner(code: str) -> tuple[AccountId, Write] | None:
    """The account of a code, and the condition that it is the current one, whose conflict is CodeMoved."""
    for key, item in table.batch_get(_owner_keys(code)).items():
        if owner := codec.opened(CodeOwner, item).account_id:
            is_current = Attr("owner_key").eq(key.pk)
            return owner, Present(code_key(owner), only_if=is_current, conflict=CodeMoved)
    return None


def delete_owner(owner: AccountId, code: ContactCode) -> None:
    """Delete the row that finds an erased user by a code; may be repeated."""
    table.try_write(Remove(Key(Table.CHALLENGES, code.owner_key), only_if=Attr("account_id").eq(owner)))


def record_request(request_id: ContactRequestId, fingerprint: str) -> None:
    """Record a request with an Idempotency-Key.

    Raises:
        RequestSeen: one came before; `found` has its fingerprint.
    """
    place = Key(Table.CHALLENGES, f"contact_request#{request_id}")
    request = ContactRequest(fingerprint=fingerprint, sent_at=clock.now())
    table.write(Create(place, codec.to_item(request, place), conflict=RequestSeen))
