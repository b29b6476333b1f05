"""The checkpoints in S3: each is written once, locked, and read from its first version only.

The numbers in the keys count down, so the newest checkpoint is listed first and found by one call. Listings
include all versions and delete markers: they show if an object was hidden or covered by another version,
although the locked version still exists. Other objects of the bucket are not listed (tombstones).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from chalicelib.core import clock
from chalicelib.core.chain import locked
from chalicelib.core.chain.checkpoints import Checkpoint, Proof
from chalicelib.core.chain.entries import Unreadable
from chalicelib.core.chain.locked import fetch
from chalicelib.core.settings import settings

_PREFIX = "checkpoints/"
_HIGHEST = 10**12 - 1


class ArchiveDamaged(Exception):
    """The newest checkpoint was altered or hidden, so none may follow it; `verify` says more."""


@dataclass(frozen=True)
class Version:
    """One version of an object, or a marker that hides the others."""

    number: int  # 0: the name is not that of a checkpoint
    version_id: str
    marker: bool


def key_of(number: int) -> str:
    """The S3 key of a checkpoint."""
    return f"{_PREFIX}{_HIGHEST - number:012d}.json"


def put(checkpoint: Checkpoint) -> None:
    """Write a checkpoint, unless one with this number exists, and lock it.

    Raises:
        NameTaken: a checkpoint with this number exists.
    """
    locked.put_once(key_of(checkpoint.statement.number), checkpoint.document())


def newest() -> Checkpoint | None:
    """The checkpoint with the highest number, or None before the first one.

    Raises:
        ArchiveDamaged: it is hidden, covered by another version, unreadable, or ahead of the clock.
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
    """Return whether the archive never had an object: no versions and no delete markers."""
    return next(_versions(page=2), None) is None


def since(first: int) -> dict[int, list[Version]]:
    """All versions of each checkpoint from this number on; under 0, objects that are none."""
    found: dict[int, list[Version]] = defaultdict(list)
    for versions in _versions(page=1000):
        if 0 < versions[0].number < first:
            break
        found[versions[0].number] += versions
    return dict(found)


def first_covering(at: datetime) -> int:
    """The number of the first checkpoint that covers entries of an instant; of the newest one, if none does.

    1 before the first checkpoint, and if a checkpoint is unreadable: verification from there on reports it.
    It lists all checkpoints, a thousand per call, and reads few of them.
    """
    listed = since(1)
    low, high = 1, max(listed, default=1)
    while low < high:
        middle = (low + high) // 2
        written = [version for version in listed.get(middle, ()) if not version.marker]
        if not written:
            return 1
        try:
            covers = read(written[-1]).statement.until >= clock.to_epoch(at)
        except Unreadable:
            return 1
        low, high = (low, middle) if covers else (middle + 1, high)
    return low


def first_proof(chain: str, seq: int, at: datetime) -> Proof | None:
    """The proof of the first checkpoint that covers an entry, which was appended at an instant; or None.

    Its leaf may be a later entry of the chain, which contains the hash of the one before it, and so on. The
    signature is not verified.

    Raises:
        Unreadable: a checkpoint is unreadable.
    """
    listed = since(first_covering(at))
    for number in sorted(listed.keys() - {0}):
        written = [version for version in listed[number] if not version.marker]
        found = read(written[-1]) if written else None
        leaf = found.leaf(chain) if found else None
        if found and leaf and leaf.seq >= seq:
            return found.proof(chain)
    return None


def read(version: Version) -> Checkpoint:
    """The checkpoint of one version.

    Raises:
        Unreadable: the object is not a checkpoint.
    """
    bucket = settings().archive().bucket
    return Checkpoint.read(fetch(Bucket=bucket, Key=key_of(version.number), VersionId=version.version_id))


def _versions(page: int) -> Iterator[list[Version]]:
    """The versions of each object, the highest number first, as listed page by page."""
    for _, places in groupby(locked.places(_PREFIX, page), itemgetter("Key")):
        yield [_version(place) for place in places]


def _version(place: Mapping[str, Any]) -> Version:
    digits = place["Key"].removeprefix(_PREFIX).removesuffix(".json")
    number = _HIGHEST - int(digits) if digits.isascii() and digits.isdecimal() else 0
    ours = number > 0 and key_of(number) == place["Key"]
    return Version(number if ours else 0, place["VersionId"], marker="Size" not in place)
