"""An erasure's effects on S3 and SES, on the emulated AWS, which differs from moto."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.core import aws, clock
from chalicelib.core.chain.locked import ObjectDiffers
from chalicelib.core.ids import AccountId, RightsRequestId, TombstoneId, UserId
from chalicelib.core.settings import settings
from chalicelib.messages import mail
from chalicelib.rights.erasure import delete, tombstones
from chalicelib.rights.erasure.tombstones import Tombstone
from chalicelib.rights.request.files import key_of
from tests.faults.emulated import use_emulated_aws
from tests.support.world.limits import configure


@pytest.fixture(autouse=True)
def emulated(aws_app: dict[str, str]) -> Iterator[None]:
    with use_emulated_aws(aws_app):
        yield


@pytest.fixture
def exports(request: pytest.FixtureRequest) -> Iterator[str]:
    """Use a bucket of copies of its own, which the test may version."""
    bucket = f"ru4m-test-exports-{RightsRequestId.new()[2:].lower()}"
    create(bucket)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RU4M_EXPORT_BUCKET", bucket)
        settings.cache_clear()
        yield bucket
    settings.cache_clear()


def create(bucket: str, **more: Any) -> None:
    place = {"LocationConstraint": settings().region}
    aws.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration=place, **more)


@pytest.mark.promise("RGT-3")
@pytest.mark.parametrize(
    ("states", "versions"),
    [((), 1), (("Enabled",), 3), (("Enabled", "Suspended"), 3)],
    ids=["never versioned", "versioned", "suspended"],
)
def test_everything_of_a_copy_is_deleted_from_s3(
    exports: str, states: tuple[str, ...], versions: int
) -> None:
    request_id, s3 = RightsRequestId.new(), aws.client("s3")
    place = {"Bucket": exports, "Key": key_of(request_id)}
    for state in states[:1]:
        s3.put_bucket_versioning(Bucket=exports, VersioningConfiguration={"Status": state})
    for content in (b"first", b"second"):
        s3.put_object(**place, Body=content)
    s3.delete_object(**place)
    s3.put_object(**place, Body=b"third")
    for state in states[1:]:
        s3.put_bucket_versioning(Bucket=exports, VersioningConfiguration={"Status": state})
    upload_id = s3.create_multipart_upload(**place)["UploadId"]
    s3.upload_part(**place, UploadId=upload_id, PartNumber=1, Body=b"part")
    s3.put_object(Bucket=exports, Key=f"{place['Key']}.other", Body=b"spared")

    assert delete.erase_copy(request_id) == versions
    assert (delete.erase_copy(request_id), delete.remaining(request_id)) == (0, 0)
    assert [version["Key"] for version in s3.list_object_versions(Bucket=exports)["Versions"]] == [
        f"{place['Key']}.other"
    ]
    assert not s3.list_multipart_uploads(Bucket=exports).get("Uploads")


@pytest.mark.promise("RGT-3")
@pytest.mark.parametrize("address", ["mila+trip@example.com", "m/i%41la@example.com", "mïla@example.com"])
def test_address_is_deleted_from_the_suppression_list(address: str) -> None:
    ses = aws.client("sesv2")
    for listed in (address, "vera@example.com"):
        ses.put_suppressed_destination(EmailAddress=listed, Reason="BOUNCE")
    delete = mail.delete_suppressed_address
    assert [delete(address), delete(address)] == [True, False]
    with pytest.raises(ses.exceptions.NotFoundException):
        ses.get_suppressed_destination(EmailAddress=address)
    assert ses.get_suppressed_destination(EmailAddress="vera@example.com")


@pytest.mark.promise("RGT-3")
def test_mark_of_an_erasure_is_kept_once_and_locked() -> None:
    bucket = f"ru4m-test-marks-{TombstoneId.new()[2:].lower()}"
    configure(CHECKPOINT_BUCKET=bucket)
    create(bucket, ObjectLockEnabledForBucket=True)
    mark = Tombstone(TombstoneId.new(), AccountId.new(), UserId.new(), RightsRequestId.new(), clock.now())
    erased_at = clock.now().replace(year=2030)
    for _ in range(2):
        tombstones.keep(mark)
        tombstones.keep_final(mark, erased_at)
    s3 = aws.client("s3")
    stored = s3.list_object_versions(Bucket=bucket)["Versions"]
    assert [version["Key"].rsplit("/", 1)[1] for version in stored] == ["final.json", "pending.json"]
    with pytest.raises(ObjectDiffers):
        tombstones.keep_final(mark, erased_at.replace(year=2031))
    with pytest.raises(s3.exceptions.ClientError, match="AccessDenied"):
        s3.delete_object(Bucket=bucket, Key=stored[0]["Key"], VersionId=stored[0]["VersionId"])
