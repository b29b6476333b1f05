"""The avatar of an account: the picture that is shown, and how far the newest upload has come. Pure.

    offered ──> processing ──> ready     the upload becomes the picture
                     └───────> rejected  the picture stays as it was

A later offer supersedes the upload before it. The bytes are in S3, and last as long as this record names
them (ADR 103).
"""

import re
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field

from chalicelib.core import clock
from chalicelib.core.clock import HOUR, MINUTE, Instant
from chalicelib.core.http.parameters import Body, View
from chalicelib.core.ids import AccountId, AvatarId, PathText, UserId
from chalicelib.core.settings import settings
from chalicelib.core.table_names import Table
from chalicelib.privacy.periods import UNTIL_ERASURE
from chalicelib.privacy.personal import NOT_PERSONAL, NotPersonal, Record
from chalicelib.privacy.purposes import LegalBasis, Purpose

MAX_BYTES = 8_000_000
UPLOAD_LIFE = 5 * MINUTE
LINK_LIFE = MINUTE
# Runs that may begin on one upload. One that kills the worker is rejected at the next run.
MAX_TRIES = 3
# From then on an upload that no worker has begun is taken to be missing.
_AWAITED = HOUR


class AvatarProgress(StrEnum):
    """How far the newest upload has come."""

    PROCESSING = "processing"
    READY = "ready"
    REJECTED = "rejected"


class AvatarFlaw(StrEnum):
    """Why an upload was rejected."""

    OTHER_TYPE = "other_type"  # no JPEG, PNG or WebP image, whatever its name and declared type are
    TOO_MANY_PIXELS = "too_many_pixels"
    UNREADABLE = "unreadable"  # damaged, or its processing failed three times
    NOT_UPLOADED = "not_uploaded"  # nothing arrived within an hour


class AvatarType(StrEnum):
    """The media types of images that can be uploaded."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"


class AvatarForm(PathText):
    """A form in which a picture is stored: its side in pixels, and its format."""

    __slots__ = ()
    pattern = re.compile(r"(512|128)\.(webp|jpg)")


LARGEST = AvatarForm("512.webp")
OF_COPIES = AvatarForm("512.jpg")
FORMS = (LARGEST, OF_COPIES, AvatarForm("128.webp"), AvatarForm("128.jpg"))


class Avatar(
    Record,
    table=Table.ACCOUNTS,
    kind="avatar",
    purpose=Purpose.SERVICE,
    basis=LegalBasis.CONTRACT,
    retention=UNTIL_ERASURE,
):
    """The picture of an account, and its newest upload, by random ids. The picture itself is in S3.

    The worker that decodes images may write these attributes in any item of the table, and no others. So no
    other record of the table has attributes with these names (ADR 103).

    Attributes:
        picture: the picture that is shown; also part of its address, which Stream gets.
        upload: the newest upload; the picture itself once it is ready.
        upload_progress: None if there is no upload.
        upload_tries: runs that began on it.
    """

    account_id: Annotated[AccountId, NOT_PERSONAL]
    picture: Annotated[AvatarId | None, NOT_PERSONAL] = None
    upload: Annotated[AvatarId | None, NOT_PERSONAL] = None
    upload_offered_at: Annotated[Instant | None, NOT_PERSONAL] = None
    upload_progress: Annotated[AvatarProgress | None, NOT_PERSONAL] = None
    upload_flaw: Annotated[AvatarFlaw | None, NOT_PERSONAL] = None
    upload_tries: Annotated[int, NotPersonal(withheld="internal state of our work on the upload")] = 0

    def awaits(self, upload: AvatarId) -> bool:
        """Return whether an upload is the newest one, and not settled."""
        return self.upload == upload and self.upload_progress is AvatarProgress.PROCESSING

    def is_missing(self, now: datetime) -> bool:
        """Return whether the newest upload did not arrive in time."""
        offered = self.upload_offered_at
        waits = self.upload_progress is AvatarProgress.PROCESSING and not self.upload_tries
        return waits and offered is not None and offered + _AWAITED <= now


def is_needed(avatar: Avatar | None, key: str) -> bool:
    """Return whether an object marks the picture, or belongs to an upload in progress (`files`)."""
    part, _, avatar_id = (*key.split("/", 3), "", "")[:3]
    if avatar is None:
        return False
    return avatar.awaits(AvatarId(avatar_id)) or (part == "owners" and avatar_id == avatar.picture)


def address_of(user_id: UserId, avatar: Avatar | None) -> str | None:
    """The public address of a user's picture; None if there is none. It contains no id of the account."""
    if avatar is None or avatar.picture is None:
        return None
    return f"{settings().issuer}/v1/users/{user_id}/avatars/{avatar.picture}/{LARGEST}"


class NewAvatar(Body):
    """The image that a client is about to upload."""

    content_type: AvatarType
    size: Annotated[int, Field(ge=1, le=MAX_BYTES, description="Bytes; the upload must have exactly as many")]


class AvatarUploadView(View):
    """A form that uploads one image: an HTML form, or the same parts in a multipart request of an app.

    The parts are all of `fields`, and then `file`.
    """

    avatar_id: AvatarId
    url: str
    fields: dict[str, str]
    expires_at: Instant


class AvatarView(View):
    """How far the newest upload has come, for the owner."""

    avatar_id: AvatarId
    state: AvatarProgress
    reason: Annotated[AvatarFlaw | None, Field(description="Why it was rejected")] = None

    @classmethod
    def of(cls, avatar: Avatar | None) -> Self | None:
        """Build it; None without an upload."""
        if avatar is None or avatar.upload is None or avatar.upload_progress is None:
            return None
        if avatar.is_missing(clock.now()):
            return cls(avatar_id=avatar.upload, state=AvatarProgress.REJECTED, reason=AvatarFlaw.NOT_UPLOADED)
        return cls(avatar_id=avatar.upload, state=avatar.upload_progress, reason=avatar.upload_flaw)
