"""All DynamoDB access of profiles: one versioned item per account."""

from collections.abc import Mapping
from typing import Any

from chalicelib.core import table
from chalicelib.core.ids import AccountId
from chalicelib.core.needs import Found, Need
from chalicelib.core.table import Attr, Conflict, Create, Item, Key, Replace, Table
from chalicelib.privacy import codec
from chalicelib.privacy.subject_keys import DATA_KEY, SubjectKeys
from chalicelib.privacy.whereabouts import owner_of
from chalicelib.profiles.model import Profile


class VersionMoved(Conflict):
    """The profile has changed since it was read."""


def key(account_id: AccountId) -> Key:
    """The key of a profile."""
    return Key(Table.ACCOUNTS, f"A#{account_id}", "profile")


def _opened(item: Item | None, found: Found) -> Profile | None:
    return codec.opened(Profile, item, found[DATA_KEY]) if item else None


# Needs DATA_KEY as well, because all values of a profile are sealed.
PROFILE: Need[Profile | None] = Need(lambda claims: key(claims.account_id), _opened)


def owner_of_change(change: Mapping[str, Any]) -> AccountId | None:
    """The account whose profile a record of the table's stream is about; None for any other item."""
    place = table.changed_key(Table.ACCOUNTS, change)
    owner = owner_of(place.pk)
    return owner if owner and place == key(owner) else None


def creation(profile: Profile, keys: SubjectKeys) -> Create:
    """The write of a new profile; for a transaction."""
    place = key(profile.account_id)
    return Create(place, codec.to_item(profile, place, keys))


def replacement(profile: Profile, keys: SubjectKeys, over_version: int) -> Replace:
    """The write of a changed profile; raises VersionMoved unless `over_version` is stored."""
    place = key(profile.account_id)
    return Replace(
        place,
        codec.to_item(profile, place, keys),
        only_if=Attr("version").eq(over_version),
        conflict=VersionMoved,
    )
