"""All DynamoDB of profiles: one item per account, changed under its version."""

from chalicelib.core import table
from chalicelib.core.ids import AccountId
from chalicelib.core.needs import Need
from chalicelib.core.table import Attr, Conflict, Create, Item, Key, Replace, Table
from chalicelib.privacy import codec
from chalicelib.profiles.model import Profile


class VersionMoved(Conflict):
    """Somebody changed the profile since it was read."""


def key(account_id: AccountId) -> Key:
    """Where a profile is."""
    return Key(Table.ACCOUNTS, f"A#{account_id}", "profile")


def _read(item: Item | None) -> Profile | None:
    return codec.from_item(Profile, item) if item else None


PROFILE: Need[Profile | None] = Need(lambda claims: key(claims.account_id), _read)


def creation(profile: Profile) -> Create:
    """The write that makes a profile; for a transaction."""
    return Create(key(profile.account_id), codec.to_item(profile))


def replace(profile: Profile, over_version: int) -> None:
    """Write a profile over the version that it was made from.

    Raises:
        VersionMoved: that version is not the stored one any more.
    """
    table.write(
        Replace(
            key(profile.account_id),
            codec.to_item(profile),
            only_if=Attr("version").eq(over_version),
            conflict=VersionMoved,
        )
    )
