"""Writes objects of the locked archive: each once, and locked by the request that writes it.

In the mode COMPLIANCE no user, not even the account's root user, can delete a locked version before its lock
ends.
"""

from chalicelib.core import clock
from chalicelib.core.chain.services import NameContended, NameTaken, ask, fetch
from chalicelib.core.errors import Unavailable
from chalicelib.core.settings import settings


class ObjectDiffers(Exception):
    """An object of this name exists with another content, and it cannot be replaced."""


def put_once(key: str, content: bytes) -> None:
    """Write a JSON document, unless an object of this name exists, and lock it.

    Raises:
        NameTaken: an object of this name exists, or another run is writing it.
        Unavailable, AwsBug: as services.ask raises them.
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
