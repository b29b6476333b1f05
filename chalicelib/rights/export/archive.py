"""A ZIP that goes to S3 while it is written, in parts; memory does not grow with it.

What must hold:

- The object is there whole or not at all: S3 shows it when the upload is completed, over the one of an
  earlier run. Whoever fails before that gives the parts up; of a process that was killed they are left, which
  the bucket's lifecycle sees to.
- A completion that S3 does not confirm is judged by the object that is there: each upload marks its own
  (ADR 23).
- Every file is hashed as it is written, and so is the whole.
- Names, order and times in the ZIP follow from what is given, never from the machine.

A ZIP is written to where nobody can seek, so each file's size and checksum follow its content. Files of two
gigabytes and more need the newer format (ZIP64), which some programs for phones do not read: it is taken only
for a file that may become so large, by the size that `add` is told.
"""

import hashlib
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, cast
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from chalicelib.core import aws
from chalicelib.core.aws import AwsBug
from chalicelib.core.errors import Unavailable
from chalicelib.core.settings import settings

PART = 8 * 1024 * 1024  # S3 takes parts from 5 MB on, and 10,000 of them: 80 GB
_MARK = "upload"  # in an object's metadata: a random name of the upload that made it
_GATHERED = 64 * 1024  # characters that are compressed at once


@dataclass(frozen=True)
class Written:
    """A file of the ZIP, before compression."""

    path: str
    media_type: str
    size: int
    sha256: str


class Archive:
    """The ZIP that is being written."""

    def __init__(self, zipped: ZipFile, upload: "Upload", at: datetime) -> None:
        self._zipped, self._upload = zipped, upload
        self._time = at.astimezone(UTC).timetuple()[:6]
        self.files: list[Written] = []

    def add(self, path: str, media_type: str, texts: Iterable[str], expected: int = 0) -> Written:
        """Write one file as its texts come.

        Args:
            path: its name in the ZIP.
            media_type: for the manifest.
            texts: its content.
            expected: bytes that it may come to; from two gigabytes on it has to be told.
        """
        info = ZipInfo(path, self._time)
        info.compress_type, info.create_system, info.external_attr = ZIP_DEFLATED, 3, 0o644 << 16
        info.file_size = expected
        seen, size = hashlib.sha256(), 0
        with self._zipped.open(info, "w") as entry, self._upload.or_nothing():
            for chunk in _gathered(texts):
                seen.update(chunk)
                size += len(chunk)
                entry.write(chunk)
        self.files.append(Written(path, media_type, size, seen.hexdigest()))
        return self.files[-1]


class Upload:
    """One multipart upload. Its `write` takes what a ZIP writes; a part goes when it is full."""

    def __init__(self, key: str) -> None:
        self._place = {"Bucket": settings().export_bucket(), "Key": key}
        self._mark = secrets.token_hex(16)
        begun = aws.ask(
            "s3",
            "create_multipart_upload",
            **self._place,
            ContentType="application/zip",
            Metadata={_MARK: self._mark},
        )
        self._upload = {**self._place, "UploadId": begun["UploadId"]}
        self._parts: list[dict[str, object]] = []
        self._buffer = bytearray()
        self._seen = hashlib.sha256()
        self._dropped = False
        self.size = 0

    @property
    def sha256(self) -> str:
        """Of everything that was written."""
        return self._seen.hexdigest()

    def write(self, data: bytes) -> int:
        """Take bytes; they are sent as soon as they fill a part."""
        if self._dropped:
            return len(data)
        self._buffer += data
        self._seen.update(data)
        self.size += len(data)
        while len(self._buffer) >= PART:
            self._send(bytes(self._buffer[:PART]))
            del self._buffer[:PART]
        return len(data)

    def flush(self) -> None:
        """Nothing: a part that is not full stays here, S3 takes no small ones."""

    @contextmanager
    def or_nothing(self) -> Iterator[None]:
        """Send nothing more once this block failed, whatever a ZIP still writes when it is closed."""
        try:
            yield
        except BaseException:
            self._dropped = True
            raise

    def complete(self) -> None:
        """Send what is left, and let the object be there.

        S3 may complete the upload although its answer is lost, and then know no such upload at the next try.
        It may also answer with status 200 and then fail; botocore raises the error that such an answer holds.

        Raises:
            Unavailable, AwsBug: the object is not there.
        """
        self._send(bytes(self._buffer))
        parts = {"Parts": self._parts}
        try:
            done = aws.ask("s3", "complete_multipart_upload", **self._upload, MultipartUpload=parts)
        except (Unavailable, AwsBug):
            if not self._is_there():
                raise
        else:
            if "ETag" not in done and not self._is_there():
                raise Unavailable

    def _is_there(self) -> bool:
        """Whether the object is the one of this upload: S3 makes it whole or not at all."""
        try:
            found = aws.ask("s3", "head_object", **self._place)
        except (Unavailable, AwsBug):
            return False
        return (found["Metadata"].get(_MARK), found["ContentLength"]) == (self._mark, self.size)

    def give_up(self) -> None:
        """Let S3 forget the parts. If it can't now, the bucket's lifecycle does."""
        with suppress(Unavailable, AwsBug):
            aws.ask("s3", "abort_multipart_upload", **self._upload)

    def _send(self, body: bytes) -> None:
        number = len(self._parts) + 1
        sent = aws.ask("s3", "upload_part", **self._upload, PartNumber=number, Body=body)
        self._parts.append({"PartNumber": number, "ETag": sent["ETag"]})


@contextmanager
def zipped_to(key: str, at: datetime) -> Iterator[tuple[Archive, Upload]]:
    """Write a ZIP to the bucket of exports; it is there when the block ends without an error.

    Args:
        key: where; an object that is there is replaced.
        at: the time that its files have.

    Raises:
        Unavailable: S3 does not take it now; nothing is changed, and all may be done again.
    """
    upload = Upload(key)
    try:
        with ZipFile(cast("IO[bytes]", upload), "w") as zipped, upload.or_nothing():
            yield Archive(zipped, upload, at), upload
        upload.complete()
    except Exception:  # not BaseException: a process that is being stopped makes no more calls
        upload.give_up()
        raise


def _gathered(texts: Iterable[str]) -> Iterator[bytes]:
    """Many short texts as few pieces, in UTF-8."""
    pieces: list[str] = []
    length = 0
    for text in texts:
        pieces.append(text)
        length += len(text)
        if length >= _GATHERED:
            yield "".join(pieces).encode()
            pieces, length = [], 0
    if pieces:
        yield "".join(pieces).encode()
