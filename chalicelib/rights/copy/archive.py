"""Writes a ZIP to S3 in parts while it is generated, in constant memory.

Invariants:

- The object exists completely or not at all: it becomes visible, and replaces the object of an earlier run,
  when the upload is completed. On an error before that, the upload is aborted. After a killed process, the
  lifecycle rule of the bucket removes the parts.
- If S3 does not confirm the completion, the existing object decides: each upload marks its own object
  (ADR 23).
- Every file is hashed while it is written, and so is the ZIP.
- Names, order and times in the ZIP depend only on the input, never on the machine.

The ZIP is written to a stream that cannot seek, so the size and checksum of each file follow its content.
Files of two gigabytes or more need the newer format ZIP64, which some programs for phones cannot read. It is
used only for a file that may become that large, according to the `expected` size.
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

PART = 8 * 1024 * 1024  # S3 accepts parts of at least 5 MB, and at most 10,000 of them: 80 GB
_MARK = "upload"  # metadata key of an object: the random name of the upload that created it
_GATHERED = 64 * 1024  # characters compressed at once


@dataclass(frozen=True)
class Written:
    """A file of the ZIP, before compression."""

    path: str
    media_type: str
    size: int
    sha256: str


class Archive:
    """A ZIP being written."""

    def __init__(self, zipped: ZipFile, upload: "Upload", at: datetime) -> None:
        self._zipped, self._upload = zipped, upload
        self._time = at.astimezone(UTC).timetuple()[:6]
        self.files: list[Written] = []

    def add(self, path: str, media_type: str, texts: Iterable[str], expected: int = 0) -> Written:
        """Write one file, consuming its texts one by one.

        Args:
            path: its name in the ZIP.
            media_type: for the manifest.
            texts: its content.
            expected: an upper bound of its bytes; required from two gigabytes on.
        """
        return self.add_bytes(path, media_type, _gathered(texts), expected)

    def add_bytes(self, path: str, media_type: str, chunks: Iterable[bytes], expected: int = 0) -> Written:
        """Write one file from bytes; as `add`."""
        info = ZipInfo(path, self._time)
        info.compress_type, info.create_system, info.external_attr = ZIP_DEFLATED, 3, 0o644 << 16
        info.file_size = expected
        seen, size = hashlib.sha256(), 0
        with self._zipped.open(info, "w") as entry, self._upload.or_nothing():
            for chunk in chunks:
                seen.update(chunk)
                size += len(chunk)
                entry.write(chunk)
        self.files.append(Written(path, media_type, size, seen.hexdigest()))
        return self.files[-1]


class Upload:
    """One multipart upload. `write` accepts the bytes of a ZIP and uploads each full part."""

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
        """The hash of everything written."""
        return self._seen.hexdigest()

    def write(self, data: bytes) -> int:
        """Buffer bytes, and upload them as soon as they fill a part."""
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
        """Do nothing: S3 does not accept small parts, so a part that is not full stays buffered."""

    @contextmanager
    def or_nothing(self) -> Iterator[None]:
        """Upload nothing after this block failed, even if the ZIP writes more when it is closed."""
        try:
            yield
        except BaseException:
            self._dropped = True
            raise

    def complete(self) -> None:
        """Upload the last part and complete the upload.

        S3 may complete the upload although its response is lost; it then reports no such upload at the next
        try. It may also respond with status 200 and then fail; botocore raises the error in such a response.

        Raises:
            Unavailable, AwsBug: the completion failed, or could not be confirmed. Then the object may exist.
        """
        self._send(bytes(self._buffer))
        parts = {"Parts": self._parts}
        try:
            done = aws.ask("s3", "complete_multipart_upload", **self._upload, MultipartUpload=parts)
        except (Unavailable, AwsBug):
            if not self._exists():
                raise
        else:
            if "ETag" not in done and not self._exists():
                raise Unavailable

    def _exists(self) -> bool:
        """Return whether the object is that of this upload; False also if S3 does not show it."""
        try:
            found = aws.ask("s3", "head_object", **self._place)
        except (Unavailable, AwsBug):
            return False
        return (found["Metadata"].get(_MARK), found["ContentLength"]) == (self._mark, self.size)

    def abort(self) -> None:
        """Delete the uploaded parts.

        If S3 does not respond, the bucket's lifecycle rule does it later.
        """
        with suppress(Unavailable, AwsBug):
            aws.ask("s3", "abort_multipart_upload", **self._upload)

    def _send(self, body: bytes) -> None:
        number = len(self._parts) + 1
        sent = aws.ask("s3", "upload_part", **self._upload, PartNumber=number, Body=body)
        self._parts.append({"PartNumber": number, "ETag": sent["ETag"]})


@contextmanager
def zipped_to(key: str, at: datetime) -> Iterator[tuple[Archive, Upload]]:
    """Write a ZIP to the export bucket.

    The object is created when the block ends without an error.

    Args:
        key: the object's key; an existing object is replaced.
        at: the modification time of the files in the ZIP.

    Raises:
        Unavailable: S3 does not respond. If only the last response was lost, the new object exists. The
            call can be repeated.
        AwsBug: S3 rejects a call, and a retry would not help.
    """
    upload = Upload(key)
    try:
        with ZipFile(cast("IO[bytes]", upload), "w") as zipped, upload.or_nothing():
            yield Archive(zipped, upload, at), upload
        upload.complete()
    except Exception:  # not BaseException: a process that is being stopped must not make more calls
        upload.abort()
        raise


def _gathered(texts: Iterable[str]) -> Iterator[bytes]:
    """Join short texts into larger pieces, in UTF-8."""
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
