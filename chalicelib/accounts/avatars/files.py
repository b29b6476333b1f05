"""The bytes of avatars in S3: forms that upload them, links that show them, and their deletion.

incoming/<account>/<avatar>     as uploaded, until the worker has seen it
kept/<avatar>/<form>            as shown; a link to it names no account
owners/<account>/<avatar>       an empty mark, by which the pictures of an account are found
held/<held id>/<avatar>         what a hold keeps of an erased account

The mark is stored before the picture, and deleted after it. So no picture is without its mark.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from chalicelib.accounts.avatars.model import (
    FORMS,
    LINK_LIFE,
    MAX_BYTES,
    OF_COPIES,
    UPLOAD_LIFE,
    AvatarForm,
    NewAvatar,
)
from chalicelib.core import aws
from chalicelib.core.ids import AccountId, AvatarId, HeldId
from chalicelib.core.settings import settings

_UPLOADS, OWNERS = "incoming", "owners"
_INCOMING = re.compile(f"{_UPLOADS}/({AccountId.pattern.pattern})/({AvatarId.pattern.pattern})")
_TYPES = {"webp": "image/webp", "jpg": "image/jpeg"}
# A stored picture never changes. How long a phone may show one that was removed.
_CACHED = "private, max-age=86400"


def upload_form(account_id: AccountId, upload: AvatarId, new: NewAvatar) -> dict[str, Any]:
    """A form that uploads one image of the stated type and length: its `url` and hidden `fields`."""
    declared = {"Content-Type": new.content_type.value}
    form: dict[str, Any] = aws.client("s3").generate_presigned_post(
        **_at(f"{_UPLOADS}/{account_id}/{upload}"),
        Fields=dict(declared),
        Conditions=[["content-length-range", new.size, new.size], declared],
        ExpiresIn=int(UPLOAD_LIFE.total_seconds()),
    )
    return form


def incoming(key: str) -> tuple[AccountId, AvatarId] | None:
    """The account and the upload of an uploaded object; None for a key that we do not give."""
    found = _INCOMING.fullmatch(key)
    return (AccountId(found[1]), AvatarId(found[2])) if found else None


def read(key: str) -> bytes | None:
    """The bytes of an object; None if there is none.

    Raises:
        Unavailable: S3 does not answer.
    """
    return aws.object_or_none(settings().avatars_bucket(), key, MAX_BYTES + 1)


def read_kept(avatar_id: AvatarId) -> bytes | None:
    """The picture in the form that a copy contains; None if its bytes are gone."""
    return read(_kept(avatar_id, OF_COPIES))


def keep(account_id: AccountId, avatar_id: AvatarId, content: Mapping[AvatarForm, bytes]) -> None:
    """Store a picture in all forms; repeating it stores the same."""
    aws.ask("s3", "put_object", **_at(_owner(account_id, avatar_id)), Body=b"")
    for form, data in content.items():
        _put(_kept(avatar_id, form), data, form)


def keep_held(avatar_id: AvatarId, held_id: HeldId) -> None:
    """Store a picture apart from its account, for a hold; nothing if its bytes are gone."""
    if content := read_kept(avatar_id):
        _put(f"held/{held_id}/{avatar_id}", content, OF_COPIES)


def link_to(avatar_id: AvatarId, form: AvatarForm) -> str:
    """A link that shows a picture for a minute."""
    params = _at(_kept(avatar_id, form)) | {"ResponseCacheControl": _CACHED}
    life = int(LINK_LIFE.total_seconds())
    url: str = aws.client("s3").generate_presigned_url("get_object", Params=params, ExpiresIn=life)
    return url


def discard(key: str) -> None:
    """Delete an object, if there is one.

    Raises:
        Unavailable: S3 does not answer; the call may be repeated.
    """
    aws.ask("s3", "delete_object", **_at(key))


def discard_kept(account_id: AccountId, avatar_id: AvatarId) -> None:
    """Delete all forms of a picture, then its mark; as `discard`."""
    for form in FORMS:
        discard(_kept(avatar_id, form))
    discard(_owner(account_id, avatar_id))


def discard_all_of(key: str) -> int:
    """Delete an object, and the picture if it is a mark; return how many files these were; as `discard`."""
    part, account_id, avatar_id = (*key.split("/", 2), "", "")[:3]
    if part != OWNERS:
        discard(key)
        return 1
    discard_kept(AccountId(account_id), AvatarId(avatar_id))
    return len(FORMS)


def is_kept(account_id: AccountId, avatar_id: AvatarId) -> bool:
    """Return whether the files of a picture are stored; as `listed`."""
    return any(listed(_owner(account_id, avatar_id)))


def listed(prefix: str) -> Iterator[str]:
    """The keys with a prefix, in their order.

    Raises:
        Unavailable: S3 does not answer.
    """
    return (one["Key"] for one in aws.listed_objects(settings().avatars_bucket(), prefix))


def held_before(before: datetime) -> Iterator[str]:
    """The keys of what holds keep, stored before an instant: a hold stores a file before its record."""
    stored = aws.listed_objects(settings().avatars_bucket(), "held/")
    return (one["Key"] for one in stored if one["LastModified"] < before)


def of_account(account_id: AccountId) -> list[str]:
    """The keys of the uploads of an account, and of the marks of its pictures; as `listed`."""
    return [key for part in (_UPLOADS, OWNERS) for key in listed(f"{part}/{account_id}/")]


def _put(key: str, data: bytes, form: AvatarForm) -> None:
    aws.ask("s3", "put_object", **_at(key), Body=data, ContentType=_TYPES[form.rpartition(".")[2]])


def _kept(avatar_id: AvatarId, form: AvatarForm) -> str:
    return f"kept/{avatar_id}/{form}"


def _owner(account_id: AccountId, avatar_id: AvatarId) -> str:
    return f"{OWNERS}/{account_id}/{avatar_id}"


def _at(key: str) -> dict[str, str]:
    return {"Bucket": settings().avatars_bucket(), "Key": key}
