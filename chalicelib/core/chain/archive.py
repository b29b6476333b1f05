"""The checkpoints in S3: each written once, locked, and never taken from anywhere but its first version.

A key counts down, so the newest checkpoint is the first that a listing shows and finding it costs one
call. Listings show all versions and delete markers: an object that was hidden or covered by another
version is seen, although the locked version is still there.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.core import clock
from chalicelib.core.chain.checkpoints import Checkpoint
from chalicelib.core.chain.entries import Unreadable
from chalicelib.core.chain.services import ask, fetch
from chalicelib.core.settings import settings

_PREFIX = "checkpoints/"
_HIGHEST = 10**12 - 1


class ArchiveDamaged(Exception):
    """Somebody was at the newest checkpoint. Nothing is put on top of it; `verify` says what is wrong."""


@dataclass(frozen=True)
class Version:
    """One version of an object, or a marker that hides the others."""

    number: int  # 0: its name is none of ours
    version_id: str
    marker: bool


def key_of(number: int) -> str:
    """Where a checkpoint is."""
    return f"{_PREFIX}{_HIGHEST - number:012d}.json"


def put(checkpoint: Checkpoint) -> None:
    """Write a checkpoint where none is, and lock it.

    Raises:
        Taken: there is one of this number.
    """
    told = settings().checkpoints()
    ask(
        "s3",
        "put_object",
        Bucket=told.bucket,
        Key=key_of(checkpoint.statement.number),
        Body=checkpoint.document(),
        ContentType="application/json",
        ChecksumAlgorithm="SHA256",
        IfNoneMatch="*",
        ObjectLockMode="COMPLIANCE",
        ObjectLockRetainUntilDate=clock.now() + told.lock,
    )


def newest() -> Checkpoint | None:
    """The checkpoint with the highest number, or None before the first one.

    Raises:
        ArchiveDamaged: it is hidden, covered or unreadable, or ahead of the clock.
    """
    first = next(_versions(page=2), [])
    if not first:
        return None
    (version, *more) = first
    if more or version.marker or not version.number:
        raise ArchiveDamaged
    try:
        found = read(version)
    except Unreadable:
        raise ArchiveDamaged from None
    if found.statement.number != version.number or found.statement.until > clock.to_epoch(clock.now()):
        raise ArchiveDamaged
    return found


def is_empty() -> bool:
    """Whether nothing was ever written here: no checkpoint, and nothing that hides one."""
    return next(_versions(page=2), None) is None


def since(first: int) -> dict[int, list[Version]]:
    """All versions of every checkpoint from this number on, and under 0 what has no place here."""
    found: dict[int, list[Version]] = defaultdict(list)
    for versions in _versions(page=1000):
        if 0 < versions[0].number < first:
            break
        found[versions[0].number] += versions
    return dict(found)


def read(version: Version) -> Checkpoint:
    """The checkpoint of one version.

    Raises:
        Unreadable: it holds something else.
    """
    bucket = settings().checkpoints().bucket
    return Checkpoint.read(fetch(Bucket=bucket, Key=key_of(version.number), VersionId=version.version_id))


def _versions(page: int) -> Iterator[list[Version]]:
    """The versions of each object, the highest number first, as listed page by page."""
    request = {"Bucket": settings().checkpoints().bucket, "Prefix": _PREFIX, "MaxKeys": page}
    name, gathered = "", list[Version]()
    while True:
        answer = ask("s3", "list_object_versions", **request)
        listed = [(one["Key"], _version(one, marker=False)) for one in answer.get("Versions", [])]
        listed += [(one["Key"], _version(one, marker=True)) for one in answer.get("DeleteMarkers", [])]
        for key, version in sorted(listed, key=lambda pair: pair[0]):
            if key != name and gathered:
                yield gathered
                gathered = []
            name = key
            gathered.append(version)
        if not answer.get("IsTruncated"):
            break
        request["KeyMarker"] = answer["NextKeyMarker"]
        request["VersionIdMarker"] = answer["NextVersionIdMarker"]
    if gathered:
        yield gathered


def _version(listed: dict[str, str], *, marker: bool) -> Version:
    digits = listed["Key"].removeprefix(_PREFIX).removesuffix(".json")
    number = _HIGHEST - int(digits) if digits.isascii() and digits.isdecimal() else 0
    ours = number > 0 and key_of(number) == listed["Key"]
    return Version(number if ours else 0, listed["VersionId"], marker)
