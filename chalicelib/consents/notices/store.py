"""All DynamoDB access of notices.

Each account and version has at most one acceptance item and one announcement item, so a version is accepted
once and announced once.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TypeVar

from chalicelib.consents.notices import versions
from chalicelib.consents.notices.model import (
    Acceptance,
    Announcement,
    AnnouncementProgress,
    Delivery,
    NoticeKind,
    NoticeVersion,
)
from chalicelib.consents.notices.versions import Standing
from chalicelib.core import clock, observe, table
from chalicelib.core.ids import AccountId, MailId
from chalicelib.core.needs import Need, Several
from chalicelib.core.sealing import SealingError
from chalicelib.core.table import (
    Attr,
    Change,
    Conflict,
    Create,
    Item,
    Key,
    Table,
    partition_of,
    visible,
)
from chalicelib.privacy import codec, leases, record_needs

_Noted = TypeVar("_Noted", Acceptance, Announcement)


class AcceptedBefore(Conflict):
    """The account has already accepted this version."""


class AnnouncedByAnother(Conflict):
    """The announcement has changed: another worker is making it, or has made it."""


def key(account_id: AccountId, version: NoticeVersion) -> Key:
    """The key of an acceptance."""
    return Key(Table.ACCOUNTS, partition_of(account_id), f"acceptance#{version}")


def announcement_key(account_id: AccountId, version: NoticeVersion) -> Key:
    """The key of an announcement."""
    return Key(Table.ACCOUNTS, partition_of(account_id), f"announcement#{version}")


def standing(kind: NoticeKind) -> Several[Standing]:
    """The need for an account's standing for one kind of notice.

    It also reads the keys of versions that are not published yet, because a version may be published between
    the read and the decision. The first version of a kind is announced to no account.
    """

    def places(account_id: AccountId) -> tuple[Key, ...]:
        notices = versions.of_kind(kind)
        return (
            *(key(account_id, notice.version) for notice in notices),
            *(announcement_key(account_id, notice.version) for notice in notices if not notice.is_first),
        )

    def read(items: tuple[Item | None, ...]) -> Standing:
        published = versions.published(kind)
        names = {notice.version for notice in published}
        return Standing(
            published,
            {one.version: one for one in _records(Acceptance, items) if one.version in names},
            {one.version: one for one in _records(Announcement, items) if one.version in names},
        )

    return Several(places, read)


def _records(kind: type[_Noted], items: Iterable[Item | None]) -> Iterator[_Noted]:
    """The records of one kind among items."""
    return (codec.opened(kind, item) for item in items if item and item["kind"] == kind.declaration.kind)


def announcement_of(version: NoticeVersion) -> Need[Announcement | None]:
    """The need for an account's announcement of a version."""
    return record_needs.opened(Announcement, lambda claims: announcement_key(claims.account_id, version))


def acceptance_of(version: NoticeVersion) -> Need[Acceptance | None]:
    """The need for an account's acceptance of a version."""
    return record_needs.opened(Acceptance, lambda claims: key(claims.account_id, version))


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


def announcement_creation(account_id: AccountId, announcement: Announcement) -> Create:
    """The write of a new announcement; for a transaction."""
    place = announcement_key(account_id, announcement.version)
    return Create(place, codec.to_item(announcement, place), conflict=AnnouncedByAnother)


def move_announcement(account_id: AccountId, before: Announcement | None, after: Announcement) -> None:
    """Move an announcement to its next state, if it is still in the one before (None: not begun).

    Raises:
        AnnouncedByAnother: another worker moved it first.
    """
    table.write(_announcement_write(account_id, before, after))


def begin_mail(
    account_id: AccountId, before: Announcement | None, sending: Announcement, delivery: Delivery
) -> None:
    """Move an announcement to SENDING, and record the account that its mail goes to.

    Raises:
        AnnouncedByAnother: another worker moved the announcement first; nothing was written.
    """
    place = _delivery_key(delivery.mail_id)
    create = Create(place, codec.to_item(delivery, place))
    table.transact([_announcement_write(account_id, before, sending), create])


def _announcement_write(
    account_id: AccountId, before: Announcement | None, after: Announcement
) -> Create | Change:
    if before is None:
        return announcement_creation(account_id, after)
    mail = Attr("mail_id").eq(before.mail_id) if before.mail_id else Attr("mail_id").not_exists()
    put = codec.clear(after)
    return Change(
        announcement_key(account_id, before.version),
        put=put,
        drop=tuple(name for name in ("mail_id", "announced_at") if name not in put),
        only_if=visible() & Attr("state").eq(before.state) & Attr("channel").eq(before.channel) & mail,
        conflict=AnnouncedByAnother,
    )


def delivery(mail_id: MailId) -> Delivery | None:
    """Read the delivery of a mail; None if it is unknown or expired."""
    item = table.get(_delivery_key(mail_id))
    return codec.opened(Delivery, item) if item else None


def announcement(account_id: AccountId, version: NoticeVersion) -> Announcement | None:
    """Read the announcement of a version to an account."""
    item = table.get(announcement_key(account_id, version))
    return codec.opened(Announcement, item) if item else None


def read_progress(version: NoticeVersion, shards: Iterable[str]) -> dict[str, AnnouncementProgress]:
    """Read the existing progress records of a version, by shard.

    A record that cannot be read is skipped and counted. No run can begin it again over the stored item, so
    its shard stops, and only its shard.
    """
    places = {_progress_key(version, shard): shard for shard in shards}
    found: dict[str, AnnouncementProgress] = {}
    for place, item in table.batch_get(places).items():
        try:
            found[places[place]] = codec.opened(AnnouncementProgress, item)
        except SealingError as error:
            observe.record_unreadable("announcement_progress_unreadable", error)
    return found


def lease(
    version: NoticeVersion, shard: str, found: AnnouncementProgress | None, until: datetime
) -> AnnouncementProgress:
    """Lease a shard; `found` is its progress as it was read, None if there is none.

    Raises:
        LeaseTaken: another run has leased the shard, or its progress cannot be read.
    """
    fresh = AnnouncementProgress(version=version, shard=shard, touched_at=clock.now())
    return leases.acquire_found(_progress_key(version, shard), found, fresh, until)


def save_progress(progress: AnnouncementProgress, **changes: object) -> AnnouncementProgress:
    """Change a progress record, and write when it was touched; returns its next state.

    Raises:
        LeaseTaken: another run took it over; its fence has changed.
    """
    return leases.save(_progress_key(progress.version, progress.shard), progress, **changes)


def _delivery_key(mail_id: MailId) -> Key:
    return Key(Table.CHALLENGES, f"delivery#{mail_id}")


def _progress_key(version: NoticeVersion, shard: str) -> Key:
    return Key(Table.CHALLENGES, f"announcement_progress#{version}#{shard}")
