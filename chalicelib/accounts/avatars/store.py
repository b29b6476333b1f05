"""All DynamoDB access of avatars: one item for each account.

A#<account>, avatar

Each write of the worker requires that its upload is still the newest and not settled, so it never recreates
an erased item, and never overwrites a later offer. It uses no attribute but those of an avatar and of marks.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from chalicelib.accounts.avatars.model import Avatar, AvatarFlaw, AvatarProgress
from chalicelib.core import table
from chalicelib.core.ids import AccountId, AvatarId
from chalicelib.core.shards import Segment
from chalicelib.core.table import ALWAYS, Attr, Change, Conflict, Key, Scan, Table, partition_of
from chalicelib.privacy import codec, unsent

_UPLOAD = ("upload", "upload_offered_at", "upload_progress", "upload_flaw")


class AvatarMoved(Conflict):
    """The avatar has another upload, or its upload is settled, another run began on it, or it is gone."""


def key(account_id: AccountId) -> Key:
    """The key of an avatar."""
    return Key(Table.ACCOUNTS, partition_of(account_id), "avatar")


# Needs no data key: no field is personal.
AVATAR = codec.glance_of(Avatar, lambda claims: key(claims.account_id))
AVATAR_MARK = unsent.mark_of(AVATAR.key)


def read(account_id: AccountId) -> Avatar | None:
    """The avatar of an account; None if it never had one."""
    return codec.read(Avatar, key(account_id))


def stored_in(segment: Segment) -> Iterator[Avatar]:
    """The avatars of all accounts in a segment of the table; for commands of operators, since it scans."""
    for page in table.scan(Scan(Table.ACCOUNTS, Avatar.declaration.kind, segment=segment)):
        yield from (codec.glance(Avatar, item) for item in page.items)


def offering(account_id: AccountId, upload: AvatarId, now: datetime) -> Change:
    """The write of a new upload, which supersedes the one before; the picture stays."""
    offered = Avatar(
        account_id=account_id,
        upload=upload,
        upload_offered_at=now,
        upload_progress=AvatarProgress.PROCESSING,
    )
    place = key(account_id)
    return Change(place, put=codec.to_item(offered, place), drop=("upload_flaw",), only_if=ALWAYS)


def removal(account_id: AccountId) -> Change:
    """The write after which there is neither picture nor upload; its conflict is AvatarMoved."""
    place = key(account_id)
    return Change(place, put=unsent.new_mark(place), drop=("picture", *_UPLOAD), conflict=AvatarMoved)


def loss(avatar: Avatar) -> Change:
    """The write that takes a picture off whose bytes are gone; its conflict is AvatarMoved."""
    place, same = key(avatar.account_id), Attr("picture").eq(avatar.picture)
    drop = ("picture", *(_UPLOAD if avatar.upload == avatar.picture else ()))
    return Change(place, put=unsent.new_mark(place), drop=drop, only_if=same, conflict=AvatarMoved)


def begun(avatar: Avatar) -> Change:
    """The write that counts a run, before it reads any bytes."""
    return _of_worker(avatar, {"upload_tries": avatar.upload_tries + 1}, avatar.upload_tries)


def settled(avatar: Avatar, flaw: AvatarFlaw | None) -> Change:
    """The write that ends an upload: it becomes the picture, unless it has a flaw."""
    if flaw:
        return _of_worker(avatar, {"upload_progress": AvatarProgress.REJECTED, "upload_flaw": flaw})
    ready = {"upload_progress": AvatarProgress.READY, "picture": avatar.upload}
    return _of_worker(avatar, ready | unsent.new_mark(key(avatar.account_id)))


def _of_worker(avatar: Avatar, put: Mapping[str, object], tries: int | None = None) -> Change:
    newest = Attr("upload").eq(avatar.upload) & Attr("upload_progress").eq(AvatarProgress.PROCESSING)
    same = newest if tries is None else newest & Attr("upload_tries").eq(tries)
    return Change(key(avatar.account_id), put=put, only_if=same, conflict=AvatarMoved)
