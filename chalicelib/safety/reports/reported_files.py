"""A file that a report names, and our sealed copy of it (SAF-1, ADR 122).

reported/<report>/<number>    the sealed bytes; the key is in the record of the report
"""

import re
from base64 import b64decode
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

from pydantic import BaseModel

from chalicelib.core.clock import MINUTE
from chalicelib.core.ids import AbuseReportId, AvatarId, PathText
from chalicelib.core.sealing import Place, SealingKeys
from chalicelib.core.settings import settings
from chalicelib.safety.model import NamedMessage

MOST_FILES = 30  # of a report; the messages may have more
LARGEST_FILE = 25_000_000  # bytes
MOST_BYTES = 100_000_000  # of all files of a report
LINK_LIFE = 2 * MINUTE
_LONGEST_LINK = 2_000  # characters, all ASCII; those that Stream signs are shorter
FILE_KIND = "reported_file"  # in the record of processing, and in each seal


class FileCopy(StrEnum):
    """What we have of a file that a report names."""

    WAITING = "waiting"
    KEPT = "kept"
    NOT_AVAILABLE = "not_available"  # gone, at a host that is not Stream's, or not fetched within a day
    TOO_LARGE = "too_large"


class FileKind(StrEnum):
    """What a file is by its first bytes, whatever its name and its declared type are."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    GIF = "image/gif"
    WEBP = "image/webp"
    HEIC = "image/heic"
    AVIF = "image/avif"
    MP4 = "video/mp4"
    PDF = "application/pdf"
    OTHER = "application/octet-stream"

    @classmethod
    def of(cls, content: bytes) -> Self:
        """The kind of a file."""
        if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
            return cls.WEBP
        if content[4:8] == b"ftyp":
            return cls(_BRANDS.get(content[8:12], cls.MP4))
        return next((kind for first, kind in _BEGINNINGS.items() if content.startswith(first)), cls.OTHER)


_BRANDS = {b"avif": FileKind.AVIF, b"heic": FileKind.HEIC, b"heix": FileKind.HEIC, b"mif1": FileKind.HEIC}
_BEGINNINGS = {
    b"\xff\xd8\xff": FileKind.JPEG,
    b"\x89PNG\r\n\x1a\n": FileKind.PNG,
    b"GIF8": FileKind.GIF,
    b"%PDF-": FileKind.PDF,
}


class FileNumber(PathText):
    """The place of a file in its report, from 1."""

    __slots__ = ()
    pattern = re.compile("[1-9][0-9]?")


class ReportedFile(BaseModel, frozen=True, extra="forbid"):
    """A file of a message that a report names, or the reported picture, and our sealed copy of it.

    Attributes:
        message_id: the message; None: it is the picture of the user, as `picture` names it.
        link: where Stream has it, until it is copied.
        data_key: opens our copy; base64.
        size: bytes.
    """

    message_id: NamedMessage | None = None
    state: FileCopy = FileCopy.WAITING
    link: str | None = None
    picture: AvatarId | None = None
    kind: FileKind | None = None
    size: int | None = None
    data_key: str | None = None

    @classmethod
    def named(cls, message_id: NamedMessage, link: str | None) -> Self:
        """A file that a message names; it waits for its copy if it has a link to Stream of usual length."""
        if link and len(link) <= _LONGEST_LINK:
            return cls(message_id=message_id, link=link)
        return cls(message_id=message_id, state=FileCopy.NOT_AVAILABLE)

    def settled(self, state: FileCopy, **more: object) -> Self:
        """The file once it is copied, or given up."""
        return self.model_copy(update={"state": state, "link": None, **more})


@dataclass(frozen=True)
class FileOpener:
    """What opens a sealed file: a link to its bytes for two minutes, its key, and its place in the seal."""

    url: str = field(repr=False)
    place: str
    key: str = field(repr=False)


def opened(sealed: bytes, place: str, key: str) -> bytes:
    """The plain bytes of a file, from what its opener names; for the machine of an operator.

    Raises:
        SealBroken: they were altered, or are those of another file.
    """
    return keys_of(b64decode(key)).open(sealed, Place(FILE_KIND, place))


def keys_of(key: bytes) -> SealingKeys:
    """The keys with which a file is sealed: one."""
    return SealingKeys(current=1, find=lambda _: key)


def place_of(report_id: AbuseReportId, number: int) -> Place:
    """To which the seal of a file is bound; its `pk` is the key of the object."""
    return Place(FILE_KIND, f"reported/{report_id}/{number}")


def object_at(place: Place) -> dict[str, str]:
    """The parameters of S3 for a file."""
    return {"Bucket": settings().reported_bucket(), "Key": place.pk}
