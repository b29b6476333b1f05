"""A ZIP that is written to S3 in parts: whole or not at all, hashed, and the same for the same content."""

import hashlib
import io
import random
import zipfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from chalicelib.core.errors import Unavailable
from chalicelib.rights.export import archive
from chalicelib.rights.export.archive import PART, Archive, zipped_to
from tests.support.cloud import counted, failing, hooked
from tests.support.copies import KEY, downloaded, uploads
from tests.support.world import World

AT = datetime(2026, 11, 24, 12, 0, 7, tzinfo=UTC)


class BrokeOff(Exception):
    """Something that was to go into the ZIP does not come."""


class Killed(BaseException):
    """The process ends here."""


def noise(megabytes: int) -> Iterator[str]:
    """Text that hardly gets smaller."""
    source = random.Random(7)  # noqa: S311 - the same in each run
    for _ in range(megabytes):
        yield source.randbytes(512 * 1024).hex()


def put(content: str, path: str = "a.txt") -> str:
    with zipped_to(KEY, AT) as (zipped, upload):
        zipped.add(path, "text/plain", [content])
    return upload.sha256


def content_of(path: str) -> str:
    return zipfile.ZipFile(io.BytesIO(downloaded())).read(path).decode()


def test_a_large_zip_goes_in_parts_of_eight_megabytes_and_arrives_whole(world: World) -> None:
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


def test_the_whole_and_each_file_are_hashed(world: World) -> None:
    with zipped_to(KEY, AT) as (zipped, upload):
        zipped.add("č.txt", "text/plain", ["Mila ", "Ćosić"])
        zipped.add("empty.txt", "text/plain", [])
    content = downloaded()
    assert (hashlib.sha256(content).hexdigest(), len(content)) == (upload.sha256, upload.size)
    read = zipfile.ZipFile(io.BytesIO(content))
    assert [(f.path, f.size, f.sha256) for f in zipped.files] == [
        (name, len(read.read(name)), hashlib.sha256(read.read(name)).hexdigest()) for name in read.namelist()
    ]


def test_the_same_content_gives_the_same_bytes(world: World) -> None:
    first = put("Mila")
    before = downloaded()
    world.advance(timedelta(days=1))
    assert put("Mila") == first
    assert downloaded() == before
    (info,) = zipfile.ZipFile(io.BytesIO(before)).infolist()
    assert info.date_time == (2026, 11, 24, 12, 0, 6)  # a ZIP counts in two seconds


def test_a_second_run_replaces_what_the_first_put(world: World) -> None:
    put("first")
    put("second")
    assert content_of("a.txt") == "second"


def test_what_fails_half_way_leaves_what_was_there_and_no_parts(world: World) -> None:
    put("before")

    def breaking_off() -> Iterator[str]:
        yield from noise(20)
        raise BrokeOff

    with pytest.raises(BrokeOff), zipped_to(KEY, AT) as (zipped, _):
        zipped.add("noise.txt", "text/plain", breaking_off())
    assert content_of("a.txt") == "before"
    assert uploads() == []


@pytest.mark.parametrize("operation", ["UploadPart", "CompleteMultipartUpload"])
def test_when_s3_does_not_answer_it_can_be_done_again(operation: str, world: World) -> None:
    silence = ReadTimeoutError(endpoint_url="https://s3")
    with failing("s3", operation, silence), pytest.raises(Unavailable):
        put("lost")
    assert uploads() == []
    put("again")
    assert content_of("a.txt") == "again"


def test_parts_that_can_not_be_given_up_now_do_not_hide_why(world: World) -> None:
    silence = ReadTimeoutError(endpoint_url="https://s3")
    with (
        failing("s3", "AbortMultipartUpload", silence),
        pytest.raises(RuntimeError, match="why"),
        zipped_to(KEY, AT),
    ):
        raise RuntimeError("why")


@pytest.mark.parametrize("where", ["in a file", "between files"])
def test_a_process_that_is_being_stopped_makes_no_more_calls(
    where: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "PART", 50)  # whatever a ZIP writes when it is closed fills a part
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
    assert uploads() == [KEY]  # for the bucket's lifecycle


@pytest.mark.parametrize(("expected", "version"), [(0, 20), (2**31, 45)], ids=["small", "two gigabytes"])
def test_only_a_file_that_may_get_very_large_is_written_in_the_newer_format(
    expected: int, version: int, world: World
) -> None:
    with zipped_to(KEY, AT) as (zipped, _):
        zipped.add("a.txt", "text/plain", ["Mila"], expected=expected)
    (info,) = zipfile.ZipFile(io.BytesIO(downloaded())).infolist()
    assert info.extract_version == version
