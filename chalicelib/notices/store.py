"""All DynamoDB of notices.

An acceptance and an announcement are one item each per account and version, so accepting twice is one
acceptance, and nobody is told of a version twice.
"""

from collections.abc import Mapping

from chalicelib.core import table
from chalicelib.core.ids import AccountId
from chalicelib.core.needs import Found, Need, Several
from chalicelib.core.table import Conflict, Create, Item, Key, Table
from chalicelib.notices import versions
from chalicelib.notices.model import Acceptance, Announcement, NoticeKind, NoticeVersion
from chalicelib.notices.standing import Standing
from chalicelib.privacy import codec


class AcceptedBefore(Conflict):
    """This version is on record already."""


class BegunBefore(Conflict):
    """Somebody tells this account of this version already, or has told it."""


def key(account_id: AccountId, version: NoticeVersion) -> Key:
    """Where the acceptance of a version is."""
    return Key(Table.ACCOUNTS, f"A#{account_id}", f"acceptance#{version}")


def read(item: Item | None, _: Found) -> Acceptance | None:
    """The acceptance in an item."""
    return codec.opened(Acceptance, item) if item else None


def announcement_key(account_id: AccountId, version: NoticeVersion) -> Key:
    """Where the announcement of a version is."""
    return Key(Table.ACCOUNTS, f"A#{account_id}", f"announcement#{version}")


def standing(kind: NoticeKind) -> Several[Standing]:
    """The need for all that is on record about an account and the versions of a kind.

    Keys of versions that are not published yet are read too: a version may become published between the
    read and the judgement.
    """

    def places(account_id: AccountId) -> tuple[Key, ...]:
        names = [notice.version for notice in versions.of_kind(kind)]
        return tuple(at(account_id, name) for name in names for at in (key, announcement_key))

    def read(account_id: AccountId, items: Mapping[Key, Item]) -> Standing:
        published = versions.published(kind)
        names = [notice.version for notice in published]
        return Standing(
            published,
            {n: codec.opened(Acceptance, item) for n in names if (item := items.get(key(account_id, n)))},
            {
                n: codec.opened(Announcement, item)
                for n in names
                if (item := items.get(announcement_key(account_id, n)))
            },
        )

    return Several(places, read)


def acceptance_of(version: NoticeVersion) -> Need[Acceptance | None]:
    """The need for an account's acceptance of a version."""
    return Need(lambda claims: key(claims.account_id, version), read)


def creation(account_id: AccountId, acceptance: Acceptance) -> Create:
    """The write that records a first acceptance."""
    place = key(account_id, acceptance.version)
    return Create(place, codec.to_item(acceptance, place), conflict=AcceptedBefore)


def announcing(account_id: AccountId, announcement: Announcement) -> Create:
    """The write that begins to tell an account, or has told it; for a transaction, or alone."""
    place = announcement_key(account_id, announcement.version)
    return Create(place, codec.to_item(announcement, place), conflict=BegunBefore)


def put(account_id: AccountId, acceptance: Acceptance) -> None:
    """Record it; the first acceptance of a version stands."""
    try:
        table.write(creation(account_id, acceptance))
    except AcceptedBefore:
        return
