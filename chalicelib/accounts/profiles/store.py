"""All DynamoDB access of profiles: one versioned item per account."""

from chalicelib.accounts.profiles.model import Profile, Statements
from chalicelib.core.ids import AccountId
from chalicelib.core.table import (
    Conflict,
    Key,
    Table,
    Write,
    next_version,
    partition_of,
)
from chalicelib.privacy import codec, unsent
from chalicelib.privacy.subject_keys import SubjectKeys


class VersionMoved(Conflict):
    """The profile has changed since it was read."""


def key(account_id: AccountId) -> Key:
    """The key of a profile."""
    return Key(Table.ACCOUNTS, partition_of(account_id), "profile")


# Needs DATA_KEY as well, because all values of a profile are sealed.
PROFILE = codec.need_of(Profile, lambda claims: key(claims.account_id))
PROFILE_MARK = unsent.mark_of(PROFILE.key)


# For rights requests: an altered profile counts as missing, since it must not prevent them.
READABLE_PROFILE = codec.readable_need_of(Profile, PROFILE.key)


class StatedMeanwhile(Conflict):
    """Another statement of the same subject was stored first."""


def _statements_key(account_id: AccountId) -> Key:
    return Key(Table.ACCOUNTS, partition_of(account_id), "statements")


# For rights requests, as READABLE_PROFILE.
STATEMENTS = codec.readable_need_of(Statements, lambda claims: _statements_key(claims.account_id))


def statements_write(after: Statements, keys: SubjectKeys) -> Write:
    """The write of a subject's statements; raises StatedMeanwhile unless the version before is stored."""
    place = _statements_key(after.account_id)
    return next_version(place, codec.to_item(after, place, keys), StatedMeanwhile)


def written(profile: Profile, keys: SubjectKeys) -> Write:
    """The write of a new or changed profile; raises VersionMoved unless the version before is stored."""
    place = key(profile.account_id)
    return next_version(place, codec.to_item(profile, place, keys) | unsent.new_mark(place), VersionMoved)
