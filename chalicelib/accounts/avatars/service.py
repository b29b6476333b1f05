"""The rules of avatars: an upload is offered, a picture is removed, and a current one is shown."""

from contextlib import suppress
from functools import partial

from chalicelib.accounts import service as accounts
from chalicelib.accounts.avatars import files, store
from chalicelib.accounts.avatars.files import (  # noqa: F401 - offered to other rooms
    of_account,
    read_kept,
)
from chalicelib.accounts.avatars.model import (
    UPLOAD_LIFE,
    Avatar,
    AvatarForm,
    AvatarUploadView,
    NewAvatar,
)
from chalicelib.accounts.avatars.store import (  # noqa: F401 - offered to other rooms
    AVATAR,
    AVATAR_MARK,
    AvatarMoved,
)
from chalicelib.accounts.service import ACCOUNT
from chalicelib.core import clock, needs
from chalicelib.core.errors import NotFound, Unavailable
from chalicelib.core.ids import AccountId, AvatarId, HeldId, UserId
from chalicelib.core.shards import Segment
from chalicelib.core.transactions import Perform, commit


def offer(account_id: AccountId, new: NewAvatar) -> AvatarUploadView:
    """Offer a form that uploads one image.

    The upload is stored before, so every uploaded object finds its record. It supersedes the one before.

    Raises:
        NotFound: the account is not active any more.
        Unavailable: it may have superseded the upload before, and nothing is offered.
    """
    now, upload = clock.now(), AvatarId.new()
    try:
        commit(accounts.active(account_id), store.offering(account_id, upload, now))
    except accounts.NotActive:
        raise NotFound from None
    form = files.upload_form(account_id, upload, new)
    return AvatarUploadView(avatar_id=upload, expires_at=now + UPLOAD_LIFE, **form)


def remove(account_id: AccountId, avatar: Avatar | None) -> None:
    """Remove the picture, and an upload in progress; nothing if there is neither.

    Our address of the picture does not answer from then on. If S3 does not answer, the purge deletes the
    bytes.

    Raises:
        Unavailable: the table does not answer.
    """
    if avatar is None or avatar.upload is None:
        return
    with suppress(AvatarMoved):  # erased meanwhile
        commit(store.removal(account_id))
    if avatar.picture:
        with suppress(Unavailable):
            files.discard_kept(account_id, avatar.picture)


def erase(account_id: AccountId) -> int:
    """Delete all files of an account; return how many there were. It may be repeated.

    Raises:
        Unavailable: S3 does not answer; some may be deleted.
    """
    return sum(files.discard_all_of(key) for key in files.of_account(account_id))


def keep_held(avatar: Avatar | None, held_id: HeldId) -> None:
    """Store the picture of an account apart, for a hold that keeps its record; it may be repeated.

    The purge deletes it once no held record of an avatar is left.

    Raises:
        Unavailable: S3 does not answer.
    """
    if avatar and avatar.picture:
        files.keep_held(avatar.picture, held_id)


def take_off_lost(segment: Segment, perform: Perform) -> int:
    """Take off the pictures of a restored table whose bytes are gone; returns how many there are.

    Args:
        segment: the part of the table.
        perform: makes the changes, or only counts them.
    """
    lost = 0
    for avatar in store.stored_in(segment):
        if avatar.picture and not files.is_kept(avatar.account_id, avatar.picture):
            perform(partial(_take_off, avatar))
            lost += 1
    return lost


def _take_off(avatar: Avatar) -> None:
    with suppress(AvatarMoved):
        commit(store.loss(avatar))


def show(user_id: UserId, avatar_id: AvatarId, form: AvatarForm) -> str:
    """A link of a minute to the current picture of a user.

    Raises:
        NotFound: no active account with this id shows this picture now.
    """
    owner = accounts.owner_of_user(user_id)
    for row in needs.read_accounts([owner] if owner else [], (ACCOUNT, AVATAR)):
        account, avatar = row[ACCOUNT], row[AVATAR]
        if account and account.is_active and avatar and avatar.picture == avatar_id:
            return files.link_to(avatar_id, form)
    raise NotFound
