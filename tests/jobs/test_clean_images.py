"""The worker cleans uploaded papers: what it keeps, rejects, and does after a kill (ADR 101)."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import PaperId, RightsRequestId
from chalicelib.rights.papers import cleaning, files, store
from chalicelib.rights.papers.jobs import clean_images
from chalicelib.rights.papers.model import MAX_ATTEMPTS, MAX_BYTES
from tests.support.cases.images import SECRET, a_bomb, a_gif, a_jpeg, a_png, a_webp, a_zip
from tests.support.cases.papers import (
    asks_for_a_copy,
    clean,
    content_of,
    event_of,
    listed,
    offers,
    put,
    sends,
    stored_keys,
    uploads,
)
from tests.support.jobs.events import Context, messages
from tests.support.world.world import World

pytestmark = pytest.mark.promise("RGT-11")

PDF = b"%PDF-1.7\n%%EOF"


@pytest.fixture
def made(world: World) -> dict[str, Any]:
    """Return a request that waits for proof of identity."""
    return asks_for_a_copy(world, world.a_user())


def clean_key(made: dict[str, Any], paper: dict[str, Any]) -> str:
    return f"clean/{made['rights_request_id']}/{paper['paper_id']}"


@pytest.mark.parametrize("content", [a_jpeg(), a_png(), a_webp(), a_jpeg() + a_zip()])
def test_image_is_kept_as_a_new_jpeg_alone(world: World, made: dict[str, Any], content: bytes) -> None:
    paper = sends(world, made, content)
    assert paper["state"] == "ready"
    assert stored_keys() == [clean_key(made, paper)]  # the upload is gone
    kept = content_of(clean_key(made, paper))
    assert kept.startswith(b"\xff\xd8\xff")
    assert [part for part in (SECRET.encode(), b"Exif", b"PK\x03\x04") if part in kept] == []


def test_pdf_is_kept_as_it_is(world: World, made: dict[str, Any]) -> None:
    paper = sends(world, made, PDF)
    assert (paper["state"], content_of(clean_key(made, paper))) == ("ready", PDF)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "other_type"),
        (b"<!doctype html><script>alert(1)</script>", "other_type"),
        (a_gif(), "other_type"),
        (a_zip() + a_jpeg(), "other_type"),
        (b"", "other_type"),
        (b" " + PDF, "other_type"),
        (PDF + b" " * MAX_BYTES, "other_type"),
        (b"RIFF0000WAVE", "unreadable"),
        (a_jpeg()[:-40], "unreadable"),
        (a_bomb(), "too_many_pixels"),
    ],
    ids=["svg", "html", "gif", "zip", "empty", "late pdf", "large pdf", "sound", "cut", "bomb"],
)
def test_what_is_no_paper_is_rejected_and_deleted(
    world: World, made: dict[str, Any], content: bytes, reason: str
) -> None:
    paper = sends(world, made, content)
    assert (paper["state"], paper["flaw"]) == ("rejected", reason)
    assert stored_keys() == []


def test_repeated_event_changes_nothing(world: World, made: dict[str, Any]) -> None:
    key = uploads(offers(world, made).json, a_jpeg())
    clean(key, key)
    (paper,) = listed(world, made)
    assert (paper["state"], stored_keys()) == ("ready", [clean_key(made, paper)])


def test_second_upload_with_one_form_is_deleted_unseen(world: World, made: dict[str, Any]) -> None:
    offer = offers(world, made).json
    clean(uploads(offer, a_jpeg()))
    kept = content_of(clean_key(made, offer))
    clean(uploads(offer, PDF))
    assert stored_keys() == [clean_key(made, offer)]
    assert content_of(clean_key(made, offer)) == kept


@pytest.mark.parametrize("known", [True, False])
def test_upload_without_a_paper_is_deleted(made: dict[str, Any], known: bool) -> None:  # noqa: FBT001 - a case
    request = made["rights_request_id"] if known else RightsRequestId.new()
    for key in (f"incoming/{request}/{PaperId.new()}", "incoming/a + b.jpg"):
        put(key, a_jpeg())
        clean(key)
    assert stored_keys() == []


def test_paper_that_kills_each_run_is_rejected_at_the_end(
    world: World, made: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(_: bytes) -> None:
        raise Killed

    key = uploads(offers(world, made).json, a_jpeg())
    with monkeypatch.context() as patch:
        patch.setattr(cleaning, "cleaned", die)
        for _ in range(MAX_ATTEMPTS):
            with pytest.raises(Killed):
                clean_images(messages(event_of(key)), Context(30))
            assert listed(world, made)[0]["state"] == "processing"
    clean(key)
    (paper,) = listed(world, made)
    assert (paper["state"], paper["flaw"], stored_keys()) == ("rejected", "unreadable", [])


@pytest.mark.parametrize("place", ["keep", "discard"])
def test_run_that_stops_at_a_write_is_repeated(
    world: World, made: dict[str, Any], monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    def fail(*_: object) -> None:
        raise Unavailable

    key = uploads(offers(world, made).json, a_jpeg())
    with monkeypatch.context() as patch:
        patch.setattr(files, place, fail)
        answer = clean_images(messages(event_of(key)), Context(30))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "message-0"}]}
    clean(key)
    (paper,) = listed(world, made)
    assert (paper["state"], stored_keys()) == ("ready", [clean_key(made, paper)])


def test_papers_that_were_dropped_meanwhile_stay_dropped(
    world: World, made: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    key = uploads(offers(world, made).json, a_jpeg())
    request_id, read = RightsRequestId(made["rights_request_id"]), files.read

    def read_and_drop(name: str) -> bytes | None:
        store.empty(request_id)
        return read(name)

    monkeypatch.setattr(files, "read", read_and_drop)
    clean(key)
    assert listed(world, made) == []
