"""Copies in S3 that are past their period. The rights engine deletes each in time; this finds what it missed.

A lifecycle rule of the bucket deletes what this missed too, in whole days. The bucket holds the copies of a
few days, so listing it costs little.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from chalicelib.core import aws, clock
from chalicelib.core.settings import settings
from chalicelib.privacy.periods import Period

_COPIES = "exports/"


@dataclass(frozen=True)
class StoredCopy:
    """A copy that is past its period, and the end of that period."""

    key: str
    end: int


def due(by: datetime, prefix: str = _COPIES) -> Iterator[StoredCopy]:
    """Yield the copies whose period ended at an instant or before, all or those with a prefix.

    Raises:
        Unavailable: S3 does not answer.
    """
    token: dict[str, str] = {}
    while True:
        answer = aws.ask("s3", "list_objects_v2", Bucket=settings().export_bucket(), Prefix=prefix, **token)
        for listed in answer.get("Contents", ()):
            end = Period.EXPORT.ends(listed["LastModified"])
            if end <= by:
                yield StoredCopy(listed["Key"], clock.to_epoch(end))
        if not answer.get("IsTruncated"):
            return
        token = {"ContinuationToken": answer["NextContinuationToken"]}


def delete(copy: StoredCopy, by: datetime) -> bool:
    """Delete a copy; return whether it was deleted, and not deleted or made again since it was listed.

    S3 cannot delete under a condition without the permission to read the copy. So the copy is listed again
    directly before: a request that was stopped for days makes its copy again, under the same key.

    Raises:
        Unavailable: S3 does not answer; the call may be repeated.
    """
    if copy not in due(by, copy.key):
        return False
    aws.ask("s3", "delete_object", Bucket=settings().export_bucket(), Key=copy.key)
    return True
