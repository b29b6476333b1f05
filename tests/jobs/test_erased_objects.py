"""Tests the erasure of a copy in S3: all versions, markers and uploads of one key, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from chalicelib.core import aws
from chalicelib.core.aws import AwsBug
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import RightsRequestId
from chalicelib.core.settings import settings
from chalicelib.rights.erasure import delete
from chalicelib.rights.request.files import key_of
from tests.support.clouds.cloud import counted, failing, hooked
from tests.support.faults.crash import How, Killed, Point, Watch
from tests.support.faults.outages import named, refusal
from tests.support.world.world import World

OPERATIONS = ["ListObjectVersions", "ListMultipartUploads", "DeleteObject", "AbortMultipartUpload"]
SILENT = ReadTimeoutError(endpoint_url="https://s3")
OUTAGES = [SILENT, refusal("SlowDown", 503), refusal("InternalError", 500)]


@pytest.fixture
def request_id(world: World) -> RightsRequestId:
    return RightsRequestId.new()


def s3(operation: str, key: str | None = None, **more: Any) -> dict[str, Any]:
    place = {"Bucket": settings().export_bucket()} | ({"Key": key} if key else {})
    answer: dict[str, Any] = getattr(aws.client("s3"), operation)(**place, **more)
    return answer


def set_versioning(status: str) -> None:
    s3("put_bucket_versioning", VersioningConfiguration={"Status": status})


def begin_upload(key: str) -> str:
    upload_id = str(s3("create_multipart_upload", key)["UploadId"])
    s3("upload_part", key, UploadId=upload_id, PartNumber=1, Body=b"part")
    return upload_id


def store(key: str) -> None:
    """Store three versions, a delete marker below the newest one, and an unfinished upload."""
    for content in (b"first", b"second"):
        s3("put_object", key, Body=content)
    s3("delete_object", key)
    s3("put_object", key, Body=b"third")
    begin_upload(key)


def stored_keys() -> set[str]:
    """Return the keys of which the bucket has a version, a marker or an upload."""
    versions, uploads = s3("list_object_versions"), s3("list_multipart_uploads")
    listed = [*versions.get("Versions", ()), *versions.get("DeleteMarkers", ()), *uploads.get("Uploads", ())]
    return {entry["Key"] for entry in listed}


@pytest.mark.promise("RGT-3")
def test_copy_in_an_unversioned_bucket_is_deleted(request_id: RightsRequestId) -> None:
    store(key_of(request_id))
    assert delete.remaining(request_id) == 2  # the newest version and the upload
    assert delete.erase_copy(request_id) == 1
    assert (delete.remaining(request_id), stored_keys()) == (0, set())


@pytest.mark.promise("RGT-3")
def test_every_version_and_marker_is_deleted_if_the_bucket_is_versioned(request_id: RightsRequestId) -> None:
    set_versioning("Enabled")
    store(key_of(request_id))
    assert delete.remaining(request_id) == 5
    assert delete.erase_copy(request_id) == 3
    assert (delete.remaining(request_id), stored_keys()) == (0, set())


@pytest.mark.promise("RGT-3")
def test_versions_from_a_time_with_versioning_are_deleted(request_id: RightsRequestId) -> None:
    set_versioning("Enabled")
    store(key_of(request_id))
    set_versioning("Suspended")
    s3("put_object", key_of(request_id), Body=b"fourth")
    delete.erase_copy(request_id)
    assert stored_keys() == set()


def test_missing_copy_is_no_error(request_id: RightsRequestId) -> None:
    with counted() as calls:
        assert delete.erase_copy(request_id) == 0
    # Two keys: the copy, and the messages that a restriction preserves.
    assert calls == {"s3.ListMultipartUploads": 2, "s3.ListObjectVersions": 2}


def test_usual_copy_takes_two_rounds_of_listings_and_one_of_preserved_messages(
    request_id: RightsRequestId,
) -> None:
    s3("put_object", key_of(request_id), Body=b"copy")
    with counted() as calls:
        delete.erase_copy(request_id)
    assert calls == {"s3.ListMultipartUploads": 3, "s3.ListObjectVersions": 3, "s3.DeleteObject": 1}


@pytest.mark.parametrize("other", ["{key}.old", "{key}/part", "exports/{key}", "exports/r_other.zip"])
def test_other_keys_are_spared(request_id: RightsRequestId, other: str) -> None:
    set_versioning("Enabled")
    key = other.format(key=key_of(request_id))
    store(key)
    store(key_of(request_id))
    delete.erase_copy(request_id)
    assert delete.remaining(request_id) == 0
    assert stored_keys() == {key}
    assert len(s3("list_object_versions")["Versions"]) == 3


@pytest.mark.promise("RGT-3")
def test_more_than_a_page_is_deleted(request_id: RightsRequestId, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delete, "PAGE", 2)
    set_versioning("Enabled")
    store(key_of(request_id))
    assert delete.erase_copy(request_id) == 3
    assert stored_keys() == set()


def test_run_ends_although_a_writer_never_does(request_id: RightsRequestId) -> None:
    """A worker that writes the copy again after each deletion."""
    key = key_of(request_id)
    s3("put_object", key, Body=b"copy")

    def write(**_: Any) -> None:
        s3("put_object", key, Body=b"copy")

    with hooked("s3", "after-call.s3.DeleteObject", write), counted() as calls, pytest.raises(Unavailable):
        delete.erase_copy(request_id)
    assert calls["s3.DeleteObject"] == delete.MAX_ROUNDS
    assert delete.erase_copy(request_id) == 1


@pytest.mark.promise("RGT-3")
def test_upload_completed_after_the_listing_is_deleted(request_id: RightsRequestId) -> None:
    key = key_of(request_id)
    upload_id = begin_upload(key)

    def complete(**_: Any) -> None:
        parts = s3("list_parts", key, UploadId=upload_id)["Parts"]
        made = [{"PartNumber": part["PartNumber"], "ETag": part["ETag"]} for part in parts]
        s3("complete_multipart_upload", key, UploadId=upload_id, MultipartUpload={"Parts": made})

    once = iter([complete])

    def just_before_the_abort(**more: Any) -> None:
        next(once, lambda **_: None)(**more)

    with hooked("s3", "before-call.s3.AbortMultipartUpload", just_before_the_abort):
        assert delete.erase_copy(request_id) == 1
    assert stored_keys() == set()


@pytest.mark.promise("RGT-3")
def test_upload_begun_after_the_erasure_is_reported(request_id: RightsRequestId) -> None:
    delete.erase_copy(request_id)
    begin_upload(key_of(request_id))
    assert delete.remaining(request_id) == 1


@pytest.mark.promise("RGT-3")
@pytest.mark.parametrize("error", OUTAGES, ids=named)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_outage_is_raised_and_the_next_run_finishes(
    request_id: RightsRequestId, operation: str, error: Exception
) -> None:
    store(key_of(request_id))
    with failing("s3", operation, error), pytest.raises(Unavailable):
        delete.erase_copy(request_id)
    delete.erase_copy(request_id)
    assert stored_keys() == set()


@pytest.mark.promise("RGT-3")
@pytest.mark.parametrize("operation", OPERATIONS)
def test_refusal_never_counts_as_deleted(request_id: RightsRequestId, operation: str) -> None:
    store(key_of(request_id))
    with failing("s3", operation, refusal("AccessDenied", 403)), pytest.raises(AwsBug, match="AccessDenied"):
        delete.erase_copy(request_id)
    if "List" in operation:
        with failing("s3", operation, refusal("AccessDenied", 403)), pytest.raises(AwsBug):
            delete.remaining(request_id)


@pytest.mark.promise("RGT-3")
@pytest.mark.parametrize("how", How)
@pytest.mark.parametrize("effect", range(5))
def test_run_that_is_disturbed_at_each_call_finishes_when_repeated(
    request_id: RightsRequestId, effect: int, how: How
) -> None:
    set_versioning("Enabled")
    store(key_of(request_id))
    watch = Watch(Point(effect, how))
    with watch.on():
        assert repeat(lambda: watch.process(lambda: delete.erase_copy(request_id))) <= 3
    assert watch.reached
    assert stored_keys() == set()


def repeat(run: Callable[[], int]) -> int:
    for _ in range(4):
        with suppress(Killed, Unavailable):
            return run()
    pytest.fail("it never ended")
