"""All DynamoDB of profiles: one item per account, changed under its version."""

from chalicelib.core import table
from chalicelib.core.ids import AccountId
from chalicelib.core.needs import Found, Need
from chalicelib.core.table import Attr, Conflict, Create, Item, Key, Replace, Table, Write
from chalicelib.privacy import codec
from chalicelib.privacy.subject_keys import DATA_KEY, SubjectKeys
from chalicelib.profiles.model import Profile


class VersionMoved(Conflict):
    """Somebody changed the profile since it was read."""


def key(account_id: AccountId) -> Key:
    """Where a profile is."""
    return Key(Table.ACCOUNTS, f"A#{account_id}", "profile")


def _opened(item: Item | None, found: Found) -> Profile | None:
    return codec.opened(Profile, item, found[DATA_KEY]) if item else None


# Asks for DATA_KEY too: everything in a profile is sealed.
PROFILE: Need[Profile | None] = Need(lambda claims: key(claims.account_id), _opened)


def creation(profile: Profile, keys: SubjectKeys) -> Create:
    """The write that makes a profile; for a transaction."""
    place = key(profile.account_id)
    return Create(place, codec.to_item(profile, place, keys))


def replacement(profile: Profile, keys: SubjectKeys, over_version: int) -> Replace:
    """The write of a profile over the version that it was made from; VersionMoved if that is not stored."""
    place = key(profile.account_id)
    return Replace(
        place,
        codec.to_item(profile, place, keys),
        only_if=Attr("version").eq(over_version),
        conflict=VersionMoved,
    )


def write(*writes: Write) -> None:
    """Write all or nothing; a single write needs no transaction."""
    if len(writes) == 1:
        table.write(writes[0])
    else:
        table.transact(writes)
