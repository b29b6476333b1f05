"""The copies in S3, as the API and the engine meet them: a link to one, and its end."""

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
from chalicelib.rights.model import ExportFile

# Names of the notes that the step leaves which makes the copy.
SHA256, SIZE, MADE_AT = "export_sha256", "export_size", "export_made_at"

# Whoever has the link can fetch the copy: long enough for a slow phone to begin, too short to be passed on.
_LINK_LIFE = 15 * MINUTE


class CopyGone(Exception):
    """The copy that was made is not in the bucket."""


@dataclass(frozen=True)
class Link:
    """A link to a copy, and what is to be found there."""

    url: str = field(repr=False)
    expires_at: datetime
    file: ExportFile


def key_of(request_id: RightsRequestId) -> str:
    """Where the copy of a request lies. One place, so making it again replaces it."""
    return f"exports/{request_id}.zip"


def link_to(file: ExportFile) -> Link:
    """A link that serves the copy as a download for fifteen minutes, to whoever has it."""
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


@contextmanager
def opened(request_id: RightsRequestId) -> Iterator[ByteSource]:
    """The copy of a request, to be read once from its beginning.

    Raises:
        CopyGone: it is not there. S3 answers as if it were forbidden, since no role may list the bucket.
        Unavailable: S3 does not answer.
    """
    try:
        answer = aws.ask("s3", "get_object", Bucket=settings().export_bucket(), Key=key_of(request_id))
    except AwsBug as bug:
        if str(bug) in {"NoSuchKey", "AccessDenied"}:
            raise CopyGone from None
        raise
    with closing(answer["Body"]) as body:
        yield body


def discard(request_id: RightsRequestId) -> None:
    """Delete the copy of a request; nothing happens if there is none.

    Raises:
        Unavailable: S3 does not answer; it may be asked again.
    """
    aws.ask("s3", "delete_object", Bucket=settings().export_bucket(), Key=key_of(request_id))
