"""The bytes of avatars end with their record: by the purge, an erasure, and after a restore (ADR 103)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.accounts.avatars import service as avatars
from chalicelib.accounts.avatars import store, strays
from chalicelib.core.clock import DAY
from chalicelib.core.ids import AccountId, AvatarId, HeldId
from chalicelib.core.table import Table
from infra.stream_emulator import Emulator
from tests.support.cases.avatars import (
    asks_to_upload,
    content_of,
    put,
    removes,
    shows,
    stored_keys,
    uploads,
)
from tests.support.cases.copies import a_copy
from tests.support.cases.erasure_requests import a_subject, asks_for_erasure, at_step, notes, work, work_for
from tests.support.cases.holds import held_kinds, places_hold
from tests.support.cases.images import a_jpeg, beside_the_picture
from tests.support.cases.restores import Backup
from tests.support.jobs.purge import purge
from tests.support.roles.judge import calls_of
from tests.support.world.world import User, World

pytestmark = pytest.mark.usefixtures("services")
ANSWERED = at_step("await_lapse")


@pytest.fixture
def mila(world: World) -> User:
    return world.a_user()


@calls_of("purge_expired")
def strays_of_eight_hours(world: World) -> list[str]:
    """Return what runs of the purge in eight hours find."""
    runs = (world.now + number * timedelta(minutes=15) for number in range(32))
    return sorted({key for run in runs for key in strays.find(run, lambda _: False)})


@pytest.mark.promise("RET-1")
def test_purge_finds_files_that_no_record_names(world: World, mila: User) -> None:
    shown = shows(mila).split("/")[-2]
    uploads(mila, a_jpeg())
    unneeded = (
        f"held/{HeldId.new()}/{shown}",
        "incoming/a",
        f"incoming/{mila.account_id}/{shown}",  # settled
        f"incoming/{mila.account_id}/{AvatarId.new()}",
        f"owners/{AccountId.new()}/{shown}",
        f"owners/{mila.account_id}/{AvatarId.new()}",
    )
    for key in unneeded:
        put(key, b"x")
    world.advance(DAY + timedelta(seconds=1))
    assert strays_of_eight_hours(world) == sorted(unneeded)


@pytest.mark.promise("RGT-3")
def test_purge_leaves_what_a_hold_has_just_kept_without_its_record(world: World) -> None:
    put(f"held/{HeldId.new()}/{AvatarId.new()}", b"x")
    assert list(strays_of_eight_hours(world)) == []


@pytest.mark.promise("RET-1")
def test_purge_deletes_uploads_at_its_next_run(mila: User) -> None:
    key = uploads(mila, a_jpeg())
    asks_to_upload(mila)  # supersedes it, and its event is lost
    assert purge()["deleted"] == 1
    assert key not in stored_keys()


@pytest.mark.promise("RGT-3")
def test_erasure_deletes_all_files_and_certifies_that(world: World, stream: Emulator) -> None:
    mila, vuk = a_subject(world), world.a_user()
    shows(vuk)
    shows(mila)
    uploads(mila, a_jpeg())
    request = asks_for_erasure(mila)
    work(world, request, ANSWERED)
    assert [key for key in stored_keys() if mila.account_id in key] == []
    assert len(stored_keys()) == 5  # of the other user
    deleted = {(one.place.name, one.kind): one.count for one in notes(request).deleted}
    assert deleted["PICTURES", "avatar_picture"] == 5


@pytest.mark.promise("RGT-3")
def test_file_that_arrives_after_the_deletion_is_found_by_the_second_pass(
    world: World, stream: Emulator
) -> None:
    mila = a_subject(world)
    late = uploads(mila, a_jpeg())
    request = asks_for_erasure(mila)
    work(world, request, at_step("verify_deletion"))
    put(late, a_jpeg())
    work(world, request, ANSWERED)
    assert (stored_keys(), notes(request).found_again) == ([], 1)


@pytest.mark.promise("RGT-3", "RET-3")
def test_hold_keeps_the_picture_apart_until_it_ends(world: World, stream: Emulator) -> None:
    mila = a_subject(world)
    picture = shows(mila).split("/")[-2]
    before = content_of(f"kept/{picture}/512.jpg")
    places_hold(mila, "avatar", lasts=6 * DAY)
    request = asks_for_erasure(mila, waive_grace=True)
    work(world, request, ANSWERED)
    kept = f"held/{notes(request).held}/{picture}"
    assert (held_kinds(request), stored_keys()) == (["avatar"], [kept])
    purge()
    assert content_of(kept) == before
    work_for(world, [request], 7 * DAY)
    purge()
    assert stored_keys() == []


@pytest.mark.promise("RGT-1", "RGT-8")
def test_copy_contains_the_picture_itself(world: World, mila: User) -> None:
    picture = shows(mila).split("/")[-2]
    copy = a_copy(mila)
    content = copy.zip.read("avatar.jpg")
    assert content == content_of(f"kept/{picture}/512.jpg")
    assert beside_the_picture(content) == set()
    (file,) = (one for one in copy.manifest["files"] if one["path"] == "avatar.jpg")
    assert (file["media_type"], file["size"]) == ("image/jpeg", len(content))
    assert "avatar.jpg" in copy.text("index.html")
    (record,) = copy.records("avatar")
    assert record["picture"] == picture


@pytest.mark.promise("RGT-1")
def test_copy_says_that_the_bytes_of_the_picture_are_gone(mila: User) -> None:
    shows(mila)
    avatars.erase(AccountId(mila.account_id))  # as after a restore of the table
    copy = a_copy(mila)
    assert "avatar.jpg" not in copy.names
    (gap,) = copy.manifest["errors"]
    assert (gap["what"], gap["reason"], gap["count"]) == ("avatar", "file_gone", 1)


@pytest.mark.promise("RGT-3")
def test_restored_row_of_a_deleted_picture_shows_none(world: World, stream: Emulator) -> None:
    mila, vuk = world.a_user(), world.a_user()
    shows(mila)
    kept = shows(vuk)
    backup = Backup.made()
    removes(mila)
    with backup.restored(Table.ACCOUNTS) as restore:
        done = restore.replay()
        assert (done.status, done.has("avatars: 1 taken off")) == (0, True)
        found = [store.read(AccountId(user.account_id)) for user in (mila, vuk)]
        assert [one and one.picture for one in found] == [None, kept.split("/")[-2]]
        assert restore.replay().has("avatars: 0 taken off")
