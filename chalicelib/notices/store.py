"""All DynamoDB of notices.

An acceptance and an announcement are one item each per account and version, so accepting twice is one
acceptance, and nobody is told of a version twice.
"""

from collections.abc import Iterable, Mapping

from chalicelib.core import observe, table
from chalicelib.core.ids import AccountId, MailId
from chalicelib.core.needs import Found, Need, Several
from chalicelib.core.sealing import SealingError
from chalicelib.core.table import Attr, Change, Conflict, Create, Item, Key, Replace, Table, visible
from chalicelib.notices import versions
from chalicelib.notices.model import Acceptance, Announcement, Delivery, NoticeKind, NoticeVersion, Walk
from chalicelib.notices.standing import Standing
from chalicelib.privacy import codec


class AcceptedBefore(Conflict):
    """This version is on record already."""


class BegunBefore(Conflict):
    """Somebody tells this account of this version already, or has told it."""


class WalkTaken(Conflict):
    """Another run walks over these accounts now."""


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


def announcement_of(version: NoticeVersion) -> Need[Announcement | None]:
    """The need for an account's announcement of a version."""

    def read(item: Item | None, _: Found) -> Announcement | None:
        return codec.opened(Announcement, item) if item else None

    return Need(lambda claims: announcement_key(claims.account_id, version), read)


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


def moved(account_id: AccountId, before: Announcement, after: Announcement) -> Change:
    """The write that takes a telling from one state to another, if it is in that state still."""
    mail = Attr("mail_id").eq(before.mail_id) if before.mail_id else Attr("mail_id").not_exists()
    put = codec.clear(after)
    return Change(
        announcement_key(account_id, before.version),
        put=put,
        drop=tuple(name for name in ("mail_id", "told_at") if name not in put),
        only_if=visible() & Attr("telling").eq(before.telling) & Attr("channel").eq(before.channel) & mail,
        conflict=BegunBefore,
    )


def delivering(delivery: Delivery) -> Create:
    """The write that remembers whose announcement a mail carries; for a transaction."""
    place = _delivery_key(delivery.mail_id)
    return Create(place, codec.to_item(delivery, place))


def delivery(mail_id: MailId) -> Delivery | None:
    """Whose announcement a mail of the last days carried."""
    item = table.get(_delivery_key(mail_id))
    return codec.opened(Delivery, item) if item else None


def announcement(account_id: AccountId, version: NoticeVersion) -> Announcement | None:
    """How far an account was told of a version."""
    item = table.get(announcement_key(account_id, version))
    return codec.opened(Announcement, item) if item else None


def walks(version: NoticeVersion, shards: Iterable[str]) -> dict[str, Walk]:
    """Those that have begun, by shard.

    One that cannot be read is left out and counted. It is not begun anew over what is there, so its shard
    stands still, and no other does.
    """
    places = {_walk_key(version, shard): shard for shard in shards}
    found: dict[str, Walk] = {}
    for place, item in table.batch_get(places).items():
        try:
            found[places[place]] = codec.opened(Walk, item)
        except SealingError as error:
            observe.record_unreadable("walk_unreadable", error)
    return found


def begin_walk(walk: Walk) -> None:
    """Keep a walk that begins.

    Raises:
        WalkTaken: somebody else began it.
    """
    place = _walk_key(walk.version, walk.shard)
    table.write(Create(place, codec.to_item(walk, place), conflict=WalkTaken))


def move_walk(walk: Walk, over: Walk) -> None:
    """Write a walk over the one that it was made from.

    Raises:
        WalkTaken: somebody else took it over; the fence is another one.
    """
    place = _walk_key(walk.version, walk.shard)
    same = Attr("fence").eq(over.fence)
    table.write(Replace(place, codec.to_item(walk, place), only_if=same, conflict=WalkTaken))


def _delivery_key(mail_id: MailId) -> Key:
    return Key(Table.CHALLENGES, f"delivery#{mail_id}")


def _walk_key(version: NoticeVersion, shard: str) -> Key:
    return Key(Table.CHALLENGES, f"walk#{version}#{shard}")


def put(account_id: AccountId, acceptance: Acceptance) -> None:
    """Record it; the first acceptance of a version stands."""
    try:
        table.write(creation(account_id, acceptance))
    except AcceptedBefore:
        return
