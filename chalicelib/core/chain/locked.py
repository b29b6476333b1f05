"""Writes objects of the locked archive: each once, and locked by the request that writes it. Reads them.

In the mode COMPLIANCE no user, not even the account's root user, can delete a locked version before its lock
ends. A later version or a delete marker may still cover it. So a reader lists all versions, and reads the
first one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from botocore.exceptions import BotoCoreError

from chalicelib.core import aws, clock
from chalicelib.core.aws import AwsBug
from chalicelib.core.errors import Unavailable
from chalicelib.core.settings import settings


class NameTaken(Exception):
    """An object of this name exists, or another run is writing it."""


class NameContended(NameTaken):
    """Another run is writing an object of this name; it may not exist yet."""


# S3's error codes for a conditional write that came second.
_TAKEN = {"PreconditionFailed": NameTaken, "ConditionalRequestConflict": NameContended}


def ask(service: str, operation: str, **parameters: Any) -> dict[str, Any]:  # noqa: ANN401 - boto3's own parameters
    """Make one call of S3.

    Raises:
        NameTaken, NameContended: a conditional write came second.
        Unavailable: no answer, throttled, or failed inside AWS.
        AwsBug: any other error.
    """
    try:
        return aws.ask(service, operation, **parameters)
    except AwsBug as bug:
        if taken := _TAKEN.get(str(bug)):
            raise taken from None
        raise


def fetch(**parameters: str) -> bytes:
    """The content of an object in S3; the errors are those of `ask`."""
    answer = ask("s3", "get_object", **parameters)
    try:
        content: bytes = answer["Body"].read()
    except BotoCoreError:
        raise Unavailable from None
    return content


class ObjectDiffers(Exception):
    """An object of this name exists with another content, and it cannot be replaced."""


def put_once(key: str, content: bytes) -> None:
    """Write a JSON document, unless an object of this name exists, and lock it.

    Raises:
        NameTaken: an object of this name exists, or another run is writing it.
        Unavailable, AwsBug: as `ask` raises them.
    """
    archive = settings().archive()
    ask(
        "s3",
        "put_object",
        Bucket=archive.bucket,
        Key=key,
        Body=content,
        ContentType="application/json",
        ChecksumAlgorithm="SHA256",
        IfNoneMatch="*",
        ObjectLockMode="COMPLIANCE",
        ObjectLockRetainUntilDate=clock.now() + archive.lock,
    )


def ensure(key: str, content: bytes) -> None:
    """Write a JSON document and lock it, unless it is there already. It may be called again.

    Raises:
        ObjectDiffers: an object of this name has another content.
        Unavailable: S3 does not answer, or another run is writing the object.
        AwsBug: S3 refuses.
    """
    try:
        put_once(key, content)
    except NameContended:
        raise Unavailable from None
    except NameTaken:
        if fetch(Bucket=settings().archive().bucket, Key=key) != content:
            raise ObjectDiffers from None


@dataclass(frozen=True)
class LockedObject:
    """The first version of an object, which its lock protects.

    `is_covered`: a later version or a delete marker hides it from readers that name no version.
    """

    key: str
    version_id: str
    written_at: datetime
    is_covered: bool


def listed(prefix: str) -> Iterator[LockedObject]:
    """List the objects under a prefix by key, also covered ones; one page is in memory at a time.

    An object without any version, of which only a delete marker is left, is not listed.

    Raises:
        Unavailable, AwsBug: as `ask` raises them.
    """
    for key, found in groupby(places(prefix), itemgetter("Key")):
        versions = list(found)
        first = next((one for one in reversed(versions) if "Size" in one), None)
        if first:
            yield LockedObject(key, first["VersionId"], first["LastModified"], len(versions) > 1)


def read(found: LockedObject) -> bytes:
    """Read the first version of an object.

    Raises:
        Unavailable, AwsBug: as `ask` raises them.
    """
    return fetch(Bucket=settings().archive().bucket, Key=found.key, VersionId=found.version_id)


def places(prefix: str, page: int = 1000) -> Iterator[dict[str, Any]]:
    """List versions, which have a size, and delete markers, by key, the newest of each first.

    `page`: the most that one call lists.

    Raises:
        Unavailable, AwsBug: as `ask` raises them.
    """
    request = {"Bucket": settings().archive().bucket, "Prefix": prefix, "MaxKeys": page}
    while True:
        answer = ask("s3", "list_object_versions", **request)
        listed = [*answer.get("Versions", ()), *answer.get("DeleteMarkers", ())]
        yield from sorted(sorted(listed, key=itemgetter("LastModified"), reverse=True), key=itemgetter("Key"))
        if not answer.get("IsTruncated"):
            return
        request |= {"KeyMarker": answer["NextKeyMarker"], "VersionIdMarker": answer["NextVersionIdMarker"]}
