"""Copies in S3: links for clients, and reading and deleting for the engine."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.core import aws, clock
from chalicelib.core.aws import AwsBug
from chalicelib.core.clock import MINUTE
from chalicelib.core.ids import RightsRequestId
from chalicelib.core.outbound import ByteSource
from chalicelib.core.settings import settings
from chalicelib.privacy import codec
from chalicelib.rights.request.model import ExportFile

# The link works without authentication: long enough for a slow phone to start, too short to be shared.
_LINK_LIFE = 15 * MINUTE


class CopyNotFound(Exception):
    """The bucket does not contain the copy any more."""


@dataclass(frozen=True)
class Link:
    """A presigned link to a copy, and the record of that copy."""

    url: str = field(repr=False)
    expires_at: datetime
    file: ExportFile


def key_of(request_id: RightsRequestId) -> str:
    """The object key of a request's copy. It is fixed, so a new copy replaces the old one."""
    return f"exports/{request_id}.zip"


def preserved_key_of(request_id: RightsRequestId) -> str:
    """The object key of the messages that a restriction preserves; no period ends it."""
    return f"preserved/{request_id}.zip"


def link_to(file: ExportFile) -> Link:
    """Return a link that downloads the copy for fifteen minutes, without authentication."""
    url: str = aws.client("s3").generate_presigned_url(
        "get_object",
        Params={
            "Bucket": settings().export_bucket(),
            "Key": file.key,
            "ResponseContentDisposition": 'attachment; filename="ru4m-export.zip"',
            "ResponseCacheControl": "no-store",
        },
        ExpiresIn=int(_LINK_LIFE.total_seconds()),
    )
    return Link(url, clock.now() + _LINK_LIFE, file)


def fetched_or_expired_at(file: ExportFile) -> datetime:
    """When a copy no longer waits for its subject: its link has ended, or the copy has expired."""
    ends = codec.expires_at(file) or clock.now()
    return min(ends, file.linked_at + _LINK_LIFE) if file.linked_at else ends


@contextmanager
def open_copy(request_id: RightsRequestId) -> Iterator[ByteSource]:
    """Open the copy of a request, to be read once from its beginning.

    Raises:
        CopyNotFound: the bucket does not contain it. S3 answers AccessDenied, since no role may list the
            bucket.
        Unavailable: S3 does not answer.
    """
    try:
        answer = aws.ask("s3", "get_object", Bucket=settings().export_bucket(), Key=key_of(request_id))
    except AwsBug as bug:
        if str(bug) in {"NoSuchKey", "AccessDenied"}:
            raise CopyNotFound from None
        raise
    with closing(answer["Body"]) as body:
        yield body


def discard(key: str) -> None:
    """Delete a copy, or the messages that a restriction preserved, if there are any.

    Raises:
        Unavailable: S3 does not answer; the call may be repeated.
    """
    aws.ask("s3", "delete_object", Bucket=settings().export_bucket(), Key=key)
