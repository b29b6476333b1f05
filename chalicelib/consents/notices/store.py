"""All DynamoDB access of notices, except the announcements themselves (messages/campaigns).

Each account and version has at most one acceptance item, so a version is accepted once.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from chalicelib.consents.notices import versions
from chalicelib.consents.notices.model import Acceptance, AnnouncementProgress, NoticeKind, NoticeVersion
from chalicelib.consents.notices.versions import Standing
from chalicelib.core import clock, table
from chalicelib.core.ids import AccountId
from chalicelib.core.needs import Need, Several
from chalicelib.core.table import Conflict, Create, Item, Key, Table, partition_of
from chalicelib.messages.campaigns.model import AccountNotice
from chalicelib.privacy import codec
from chalicelib.privacy.leases import LeasedParts

_Noted = TypeVar("_Noted", Acceptance, AccountNotice)


class AcceptedBefore(Conflict):
    """The account has already accepted this version."""


def key(account_id: AccountId, version: NoticeVersion) -> Key:
    """The key of an acceptance."""
    return Key(Table.ACCOUNTS, partition_of(account_id), f"acceptance#{version}")


def standing(kind: NoticeKind, announcement: Callable[[AccountId, NoticeVersion], Key]) -> Several[Standing]:
    """The need for an account's standing for one kind of notice; `announcement` is the key of one.

    It also reads the keys of versions that are not published yet, because a version may be published between
    the read and the decision. The first version of a kind is announced to no account.
    """

    def places(account_id: AccountId) -> tuple[Key, ...]:
        notices = versions.of_kind(kind)
        return (
            *(key(account_id, notice.version) for notice in notices),
            *(announcement(account_id, notice.version) for notice in notices if not notice.is_first),
        )

    def read(items: tuple[Item | None, ...]) -> Standing:
        published = versions.published(kind)
        names = {notice.version for notice in published}
        return Standing(
            published,
            {one.version: one for one in _records(Acceptance, items) if one.version in names},
            {NoticeVersion(one.about): one for one in _records(AccountNotice, items) if one.about in names},
        )

    return Several(places, read)


def _records(kind: type[_Noted], items: Iterable[Item | None]) -> Iterator[_Noted]:
    """The records of one kind among items."""
    return (codec.opened(kind, item) for item in items if item and item["kind"] == kind.declaration.kind)


def acceptance_of(version: NoticeVersion) -> Need[Acceptance | None]:
    """The need for an account's acceptance of a version."""
    return codec.need_of(Acceptance, lambda claims: key(claims.account_id, version))


def creation(account_id: AccountId, acceptance: Acceptance) -> Create:
    """The write that records a first acceptance; for a transaction."""
    place = key(account_id, acceptance.version)
    return Create(place, codec.to_item(acceptance, place), conflict=AcceptedBefore)


def create_acceptance(account_id: AccountId, acceptance: Acceptance) -> None:
    """Record a first acceptance.

    Raises:
        AcceptedBefore: the account has already accepted this version.
    """
    table.write(creation(account_id, acceptance))


def announcing(version: NoticeVersion) -> LeasedParts[AnnouncementProgress]:
    """The progress of announcing a version to the shards of accounts."""

    def place(shard: str) -> Key:
        return Key(Table.CHALLENGES, f"announcement_progress#{version}#{shard}")

    def fresh(shard: str) -> AnnouncementProgress:
        return AnnouncementProgress(version=version, shard=shard, touched_at=clock.now())

    return LeasedParts(AnnouncementProgress, place, fresh)
