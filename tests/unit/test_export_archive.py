"""Tests uploading a ZIP to S3 in parts: complete or absent, hashed, and reproducible."""

import hashlib
import io
import random
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ReadTimeoutError

from chalicelib.core.aws import AwsBug
from chalicelib.core.errors import Unavailable
from chalicelib.rights.copy import archive
from chalicelib.rights.copy.archive import PART, Archive, zipped_to
from tests.support.cases.copies import KEY, downloaded, uploads
from tests.support.clouds.cloud import clients_of, counted, failing, hooked
from tests.support.faults.outages import refusal
from tests.support.world.world import World

AT = datetime(2026, 11, 24, 12, 0, 7, tzinfo=UTC)


class BrokeOff(Exception):
    """The source of a file fails."""


class Killed(BaseException):
    """The process ends here."""


def noise(megabytes: int) -> Iterator[str]:
    """Return text that compresses badly."""
    source = random.Random(7)  # noqa: S311 - the same in each run
    for _ in range(megabytes):
        yield source.randbytes(512 * 1024).hex()


def put(content: str, path: str = "a.txt") -> str:
    with zipped_to(KEY, AT) as (zipped, upload):
        zipped.add(path, "text/plain", [content])
    return upload.sha256


def content_of(path: str) -> str:
    return zipfile.ZipFile(io.BytesIO(downloaded())).read(path).decode()


def test_large_zip_is_sent_in_parts_of_eight_megabytes_and_arrives_complete(world: World) -> None:
    sizes: list[int] = []

    def note(params: dict[str, Any], **_: Any) -> None:
        sizes.append(len(params["Body"]))

    with hooked("s3", "provide-client-params.s3.UploadPart", note), zipped_to(KEY, AT) as (zipped, upload):
        written = zipped.add("noise.txt", "text/plain", noise(40))
    assert upload.size == sum(sizes) > 2 * PART
    assert set(sizes[:-1]) == {PART}
    assert written.size == 40 * 1024 * 1024
    assert content_of("noise.txt") == "".join(noise(40))
    assert zipfile.ZipFile(io.BytesIO(downloaded())).testzip() is None


def test_archive_and_each_file_are_hashed(world: World) -> None:
    with zipped_to(KEY, AT) as (zipped, upload):
        zipped.add("č.txt", "text/plain", ["Mila ", "Ćosić"])
        zipped.add("empty.txt", "text/plain", [])
    content = downloaded()
    assert (hashlib.sha256(content).hexdigest(), len(content)) == (upload.sha256, upload.size)
    read = zipfile.ZipFile(io.BytesIO(content))
    assert [(f.path, f.size, f.sha256) for f in zipped.files] == [
        (name, len(read.read(name)), hashlib.sha256(read.read(name)).hexdigest()) for name in read.namelist()
    ]


def test_same_content_gives_the_same_bytes(world: World) -> None:
    first = put("Mila")
    before = downloaded()
    world.advance(timedelta(days=1))
    assert put("Mila") == first
    assert downloaded() == before
    (info,) = zipfile.ZipFile(io.BytesIO(before)).infolist()
    assert info.date_time == (2026, 11, 24, 12, 0, 6)  # a ZIP has a resolution of two seconds


def test_second_run_replaces_the_object_of_the_first(world: World) -> None:
    put("first")
    put("second")
    assert content_of("a.txt") == "second"


def test_failed_upload_keeps_the_old_object_and_leaves_no_parts(world: World) -> None:
    put("before")

    def fail_after_the_first_part() -> Iterator[str]:
        yield from noise(20)
        raise BrokeOff

    with pytest.raises(BrokeOff), zipped_to(KEY, AT) as (zipped, _):
        zipped.add("noise.txt", "text/plain", fail_after_the_first_part())
    assert content_of("a.txt") == "before"
    assert uploads() == []


@pytest.mark.parametrize("operation", ["UploadPart", "CompleteMultipartUpload"])
def test_upload_without_a_response_of_s3_can_be_repeated(operation: str, world: World) -> None:
    silence = ReadTimeoutError(endpoint_url="https://s3")
    with failing("s3", operation, silence), pytest.raises(Unavailable):
        put("lost")
    assert uploads() == []
    put("again")
    assert content_of("a.txt") == "again"


@contextmanager
def answering(operation: str, *bodies: bytes) -> Iterator[list[int]]:
    """Let S3 answer with 200 and these bodies, then work as usual; note each read timeout."""
    left, timeouts = list(bodies), list[int]()
    name = f"before-send.s3.{operation}"

    def answer(request: AWSPreparedRequest, **_: Any) -> AWSResponse | None:
        return AWSResponse(request.url, 200, {}, Raw(left.pop(0))) if left else None

    def note(client: Any) -> Any:
        def noting(params: dict[str, Any], **_: Any) -> None:
            timeouts.append(client.meta.config.read_timeout)
            if left:  # moto still receives the request, as a read
                params["method"] = "GET"

        return noting

    clients = clients_of("s3")
    noted = [note(client) for client in clients]
    for client, noting in zip(clients, noted, strict=True):
        client.meta.events.register_first(name, answer)
        client.meta.events.register(f"before-call.s3.{operation}", noting)
    try:
        yield timeouts
    finally:
        for client, noting in zip(clients, noted, strict=True):
            client.meta.events.unregister(name, answer)
            client.meta.events.unregister(f"before-call.s3.{operation}", noting)


class Raw(io.BytesIO):
    """A body as urllib3 passes it."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


FAILED = b"<?xml version='1.0'?>\n   \n<Error><Code>InternalError</Code><Message>x</Message></Error>"


def test_s3_has_minutes_to_assemble_a_zip_and_seconds_for_a_part(world: World) -> None:
    with answering("CompleteMultipartUpload") as assembling, answering("UploadPart") as sending:
        put("Mila")
    assert assembling == [120]
    assert sending == [2]


@pytest.mark.parametrize("body", [FAILED, b"", b"<?xml version='1.0'?>\n    "])
def test_success_status_without_an_object_counts_as_failed(body: bytes, world: World) -> None:
    put("before")
    with answering("CompleteMultipartUpload", *[body] * 5), pytest.raises(Unavailable):
        put("lost")
    assert content_of("a.txt") == "before"
    assert uploads() == []


def test_completed_upload_with_a_lost_response_is_recognised(world: World) -> None:
    put("before")
    silence = ReadTimeoutError(endpoint_url="https://s3")
    with failing("s3", "CompleteMultipartUpload", silence, moment="after"):
        sha256 = put("Mila")
    assert hashlib.sha256(downloaded()).hexdigest() == sha256


def test_no_such_upload_at_a_retry_is_no_failure_if_the_object_exists(world: World) -> None:
    gone = refusal("NoSuchUpload", 404)
    with failing("s3", "CompleteMultipartUpload", gone, moment="after"):
        sha256 = put("Mila")
    assert hashlib.sha256(downloaded()).hexdigest() == sha256


def test_no_such_upload_is_a_failure_if_another_object_exists(world: World) -> None:
    put("Mila")
    with (
        failing("s3", "CompleteMultipartUpload", refusal("NoSuchUpload", 404)),
        pytest.raises(AwsBug, match="NoSuchUpload"),
    ):
        put("Vuki")  # of the same size
    assert content_of("a.txt") == "Mila"


def test_parts_that_cannot_be_aborted_do_not_hide_the_cause(world: World) -> None:
    silence = ReadTimeoutError(endpoint_url="https://s3")
    with (
        failing("s3", "AbortMultipartUpload", silence),
        pytest.raises(RuntimeError, match="why"),
        zipped_to(KEY, AT),
    ):
        raise RuntimeError("why")


@pytest.mark.parametrize("where", ["in a file", "between files"])
def test_process_that_is_being_stopped_makes_no_more_calls(
    where: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "PART", 50)  # the data that closes the ZIP fills a part
    made: list[int] = []

    def until_killed(texts: Iterable[str]) -> Iterator[str]:
        yield from texts
        made.append(calls.total())
        raise Killed

    def write(zipped: Archive) -> None:
        zipped.add("a.txt", "text/plain", ["Mila"])
        if where == "in a file":
            zipped.add("b.txt", "text/plain", until_killed(["Mila" * 20_000]))
        next(until_killed(()))

    with counted() as calls, pytest.raises(Killed), zipped_to(KEY, AT) as (zipped, _):
        write(zipped)
    assert made == [calls.total()]
    assert uploads() == [KEY]  # left for the bucket's lifecycle rule


@pytest.mark.parametrize(("expected", "version"), [(0, 20), (2**31, 45)], ids=["small", "two gigabytes"])
def test_only_files_that_may_become_very_large_use_the_zip64_format(
    expected: int, version: int, world: World
) -> None:
    with zipped_to(KEY, AT) as (zipped, _):
        zipped.add("a.txt", "text/plain", ["Mila"], expected=expected)
    (info,) = zipfile.ZipFile(io.BytesIO(downloaded())).infolist()
    assert info.extract_version == version
