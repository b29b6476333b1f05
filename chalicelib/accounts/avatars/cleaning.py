"""Cleaning of uploaded avatars: the centre square of the image is encoded anew (ADR 103).

Invariants, wherever a run is killed, and however often an event comes:

- The state in our table decides, and the event does not: what is not the newest upload of an account, or is
  settled, is deleted unseen.
- A run is counted before it reads the bytes, so what kills the worker is rejected as unreadable.
- A picture is shown only once all its forms are stored. The write that shows it marks it for Stream.
- The picture before it is deleted after that. What a killed run leaves there, the purge deletes.
"""

from chalicelib.accounts.avatars import files, store
from chalicelib.accounts.avatars.model import FORMS, MAX_TRIES, Avatar, AvatarFlaw, AvatarForm
from chalicelib.accounts.avatars.store import AvatarMoved
from chalicelib.core.ids import AccountId, AvatarId
from chalicelib.core.images import FORMATS, ImageForm, NotAnImage, TooManyPixels, squares
from chalicelib.core.transactions import commit, retry_on

_MAX_PIXELS = 40_000_000
_FORMATS = {"webp": ImageForm.WEBP, "jpg": ImageForm.JPEG}


def process(key: str) -> None:
    """Clean an uploaded object, and delete it.

    Raises:
        Unavailable: a service does not answer; the event has to be delivered again.
    """
    named = files.incoming(key)
    if named and (avatar := _begin(*named)):
        _finish(avatar, *named, files.read(key) or b"")
    files.discard(key)


def cleaned(content: bytes) -> dict[AvatarForm, bytes] | AvatarFlaw:
    """All forms of a picture, or why it is rejected. Its first bytes decide its type."""
    if not content.startswith(FORMATS):
        return AvatarFlaw.OTHER_TYPE
    wanted = {form: (int(form.split(".")[0]), _FORMATS[form.split(".")[1]]) for form in FORMS}
    try:
        made = squares(content, wanted.values(), max_pixels=_MAX_PIXELS)
    except TooManyPixels:
        return AvatarFlaw.TOO_MANY_PIXELS
    except NotAnImage:
        return AvatarFlaw.UNREADABLE
    return dict(zip(wanted, made, strict=True))


@retry_on(AvatarMoved)
def _begin(account_id: AccountId, upload: AvatarId) -> Avatar | None:
    """Count a run on an upload; None if there is nothing to do, or it had all runs."""
    avatar = store.read(account_id)
    if avatar is None or not avatar.awaits(upload):
        return None
    if avatar.upload_tries >= MAX_TRIES:
        commit(store.settled(avatar, AvatarFlaw.UNREADABLE))
        return None
    commit(store.begun(avatar))
    return avatar


def _finish(avatar: Avatar, account_id: AccountId, upload: AvatarId, content: bytes) -> None:
    outcome = cleaned(content)
    flaw = outcome if isinstance(outcome, AvatarFlaw) else None
    if not isinstance(outcome, AvatarFlaw):
        files.keep(account_id, upload, outcome)
    unneeded = None if flaw else avatar.picture
    try:
        commit(store.settled(avatar, flaw))
    except AvatarMoved as moved:  # superseded, removed or erased; or another run was faster
        now = moved.found and moved.found.get("picture")
        unneeded = None if now == upload else upload
    if unneeded:
        files.discard_kept(account_id, unneeded)
