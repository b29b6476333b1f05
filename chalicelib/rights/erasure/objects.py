"""Deletes a request's files from S3 for good: all versions, delete markers and unfinished uploads (RGT-3).

The bucket is not versioned, so an object has one version and no marker. Versions are listed and deleted by
their id nevertheless: the code is then right whatever the bucket's setting is, or has been.

Invariants:

- Nothing but the request's own key is deleted, whatever else its prefix matches.
- `erase_copy` returns only after a listing that showed nothing. What it deleted stays deleted, so it may be
  killed at any point and called again.
- Uploads are aborted before versions are deleted. An upload that is completed after the listing is a version
  in the next round. One that a worker begins after the last listing is found by `remaining`.

A worker that is killed loses the counts of its run, so the sums are lower bounds.
"""

from dataclasses import dataclass

from chalicelib.core import aws
from chalicelib.core.aws import AwsBug
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import RightsRequestId
from chalicelib.core.settings import settings
from chalicelib.rights.request.files import key_of, preserved_key_of

# Listed per round and kind: far more than a copy has, so that one round usually deletes everything.
PAGE = 100
MAX_ROUNDS = 20


@dataclass(frozen=True)
class _Stored:
    """What S3 has under a key: ids, at most a page of each kind."""

    uploads: tuple[str, ...]
    versions: tuple[str, ...]
    markers: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.uploads) + len(self.versions) + len(self.markers)


def erase_copy(request_id: RightsRequestId) -> int:
    """Delete everything that S3 has of a request's copy; return how many versions with data it deleted.

    Raises:
        Unavailable: S3 does not answer, or there is more than the rounds of one run delete. Call it again.
        AwsBug: S3 refuses.
    """
    return sum(_erase(key) for key in _keys(request_id))


def _keys(request_id: RightsRequestId) -> tuple[str, ...]:
    """The keys of a request: its copy, and the messages that a restriction preserves."""
    return key_of(request_id), preserved_key_of(request_id)


def _erase(key: str) -> int:
    deleted = 0
    for _ in range(MAX_ROUNDS):
        stored = _find(key)
        if not stored:
            return deleted
        for upload_id in stored.uploads:
            _abort(key, upload_id)
        for version_id in (*stored.versions, *stored.markers):
            aws.ask("s3", "delete_object", Bucket=_bucket(), Key=key, VersionId=version_id)
        deleted += len(stored.versions)
    raise Unavailable


def remaining(request_id: RightsRequestId) -> int:
    """Count what S3 still has of a request's copy: versions, delete markers and unfinished uploads.

    It counts at most `PAGE` of each.

    Raises:
        Unavailable: S3 does not answer.
        AwsBug: S3 refuses.
    """
    return sum(len(_find(key)) for key in _keys(request_id))


def _find(key: str) -> _Stored:
    """List what S3 has under a key. Keys that only begin with it come later, so one page is enough."""
    uploads = aws.ask("s3", "list_multipart_uploads", Bucket=_bucket(), Prefix=key, MaxUploads=PAGE)
    versions = aws.ask("s3", "list_object_versions", Bucket=_bucket(), Prefix=key, MaxKeys=PAGE)
    return _Stored(
        uploads=_ids(uploads, "Uploads", "UploadId", key),
        versions=_ids(versions, "Versions", "VersionId", key),
        markers=_ids(versions, "DeleteMarkers", "VersionId", key),
    )


def _ids(listing: dict[str, list[dict[str, str]]], kind: str, name: str, key: str) -> tuple[str, ...]:
    return tuple(entry[name] for entry in listing.get(kind, ()) if entry["Key"] == key)


def _abort(key: str, upload_id: str) -> None:
    """Abort an upload, unless it has ended since it was listed."""
    try:
        aws.ask("s3", "abort_multipart_upload", Bucket=_bucket(), Key=key, UploadId=upload_id)
    except AwsBug as bug:
        if str(bug) != "NoSuchUpload":
            raise


def _bucket() -> str:
    return settings().export_bucket()
