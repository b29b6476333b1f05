"""The worker cleans uploaded avatars: what it keeps, rejects, and does after a kill (ADR 103)."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from chalicelib.accounts.avatars import cleaning, files, store
from chalicelib.accounts.avatars.model import MAX_TRIES
from chalicelib.core import table
from chalicelib.core.errors import Unavailable
from chalicelib.core.ids import AccountId, AvatarId
from chalicelib.core.table import Delete
from infra.stream_emulator import Emulator
from tests.support.cases import images
from tests.support.cases.avatars import (
    asks_to_upload,
    clean,
    content_of,
    forms_of,
    put,
    removes,
    shows,
    state_of,
    stored_keys,
    uploads,
)
from tests.support.jobs.profile_sync import at_stream, resync, sync
from tests.support.roles.judge import calls_of
from tests.support.world.world import User, World

pytestmark = pytest.mark.promise("ACC-9")
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"


@pytest.fixture
def mila(world: World) -> User:
    return world.a_user()


def pictures_of(user: User) -> dict[str, Image.Image]:
    """Return the stored forms of the picture, decoded, by name."""
    return {
        key.rpartition("/")[2]: Image.open(io.BytesIO(content_of(key)))
        for key in stored_keys()
        if key in forms_of(user, user.profile()["avatar_url"].split("/")[-2])[:4]
    }


def red_corners(picture: Image.Image) -> list[str]:
    corners = {"upper left": (5, 5), "upper right": (506, 5), "lower left": (5, 506)}
    plain = picture.convert("RGB")
    return [
        name for name, at in corners.items() if plain.crop((*at, at[0] + 1, at[1] + 1)).tobytes()[0] > 128
    ]


@pytest.mark.promise("SEC-1")
@pytest.mark.parametrize(
    ("form", "parts"),
    [
        ("JPEG", {"E1", "ED", "E2", "FE", "trailer"}),
        ("PNG", {"eXIf", "tEXt", "iTXt", "iCCP", "trailer"}),
        ("WEBP", {"VP8X", "EXIF", "XMP", "ICCP"}),
    ],
)
def test_nothing_but_the_picture_of_a_photo_is_kept(mila: User, form: str, parts: set[str]) -> None:
    photo = images.a_photo(form)
    assert images.beside_the_picture(photo) == parts  # the reader sees what it has to see
    assert images.SECRET.encode() in photo
    shows(mila, photo)
    kept = [content_of(key) for key in stored_keys()[:4]]
    assert [images.beside_the_picture(one) for one in kept] == [set()] * 4
    leaks = (images.SECRET.encode(), b"Exif", b"GPS", b"xmpmeta", b"Photoshop", b"8BIM", b"ICC_PROFILE")
    assert [leak for leak in leaks for one in kept if leak in one] == []


def test_picture_is_the_upright_centre_square_in_four_forms(mila: User) -> None:
    shows(mila, images.a_jpeg(1_000, 1_000, orientation=6))
    found = pictures_of(mila)
    assert {name: (one.format, one.size) for name, one in found.items()} == {
        "512.webp": ("WEBP", (512, 512)),
        "512.jpg": ("JPEG", (512, 512)),
        "128.webp": ("WEBP", (128, 128)),
        "128.jpg": ("JPEG", (128, 128)),
    }
    assert red_corners(found["512.jpg"]) == ["upper right"]
    shows(mila, images.a_jpeg(2_000, 1_000))
    assert red_corners(pictures_of(mila)["512.jpg"]) == []  # its corner is outside of the square


@pytest.mark.parametrize("side", [1, 100, 511])
def test_small_picture_is_not_scaled_up(mila: User, side: int) -> None:
    shows(mila, images.a_png(side, side * 2))
    assert {one.size[0] for one in pictures_of(mila).values()} == {side, min(side, 128)}


UNUSUAL = {
    "polyglot": images.a_jpeg() + images.a_zip(), "cmyk": images.a_cmyk_jpeg(), "webp": images.a_webp(),
    **{mode: images.a_png(mode=mode) for mode in ("P", "LA", "I;16")},
    **{f"animated {form}": images.an_animated(form) for form in ("WEBP", "PNG")},
}  # fmt: skip


@pytest.mark.parametrize("name", UNUSUAL)
def test_unusual_image_is_kept_as_one_plain_picture(mila: User, name: str) -> None:
    shows(mila, UNUSUAL[name])
    assert state_of(mila) == ("ready", None)
    for key in stored_keys()[:4]:
        assert images.beside_the_picture(content_of(key)) == set()
        assert getattr(Image.open(io.BytesIO(content_of(key))), "n_frames", 1) == 1


REJECTED = {
    "other_type": [SVG, HEIC, images.a_gif(), images.a_zip() + images.a_jpeg(), b"", b"%PDF-1.7"],
    "unreadable": [b"RIFF0000WAVE", images.a_jpeg()[:-40], images.a_png()[:-30]],
    "too_many_pixels": [images.a_bomb(), images.a_header_bomb()],
}


@pytest.mark.parametrize(("reason", "number"), [(r, n) for r in REJECTED for n in range(len(REJECTED[r]))])
def test_what_is_no_avatar_is_rejected_and_deleted(mila: User, reason: str, number: int) -> None:
    assert clean(uploads(mila, REJECTED[reason][number])) == {"batchItemFailures": []}
    assert (state_of(mila), stored_keys()) == (("rejected", reason), [])


def test_rejected_upload_leaves_the_picture(mila: User) -> None:
    address = shows(mila)
    clean(uploads(mila, images.a_gif()))
    assert (mila.profile()["avatar_url"], len(stored_keys())) == (address, 5)


def test_replaced_picture_is_deleted(mila: User) -> None:
    shows(mila)
    address = shows(mila, images.a_png())
    assert stored_keys() == forms_of(mila, address.split("/")[-2])


def test_repeated_event_changes_nothing(mila: User) -> None:
    key = uploads(mila, images.a_jpeg())
    clean(key, key)
    assert (state_of(mila), len(stored_keys())) == (("ready", None), 5)


def test_upload_that_kills_each_run_is_rejected_at_the_end(
    mila: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(_: bytes) -> None:
        raise Killed

    key = uploads(mila, images.a_jpeg())
    with monkeypatch.context() as patch:
        patch.setattr(cleaning, "cleaned", die)
        for _ in range(MAX_TRIES):
            with pytest.raises(Killed):
                clean(key)
            assert state_of(mila) == ("processing", None)
    clean(key)
    assert (state_of(mila), stored_keys()) == (("rejected", "unreadable"), [])


@pytest.mark.parametrize("place", ["keep", "discard", "discard_kept"])
def test_run_that_stops_at_a_write_is_repeated(
    mila: User, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    def fail(*_: object) -> None:
        raise Unavailable

    before = shows(mila)
    key = uploads(mila, images.a_png())
    with monkeypatch.context() as patch:
        patch.setattr(files, place, fail)
        assert clean(key) == {"batchItemFailures": [{"itemIdentifier": "message-0"}]}
    clean(key)
    assert state_of(mila) == ("ready", None)
    assert mila.profile()["avatar_url"] != before
    assert [one for one in stored_keys() if one.startswith("incoming/")] == []


@calls_of(None)
def erase_row(user: User) -> None:
    table.write(Delete(store.key(AccountId(user.account_id))))


MEANWHILE = {"superseded": asks_to_upload, "removed": removes, "erased": erase_row}


@pytest.mark.parametrize("meanwhile", MEANWHILE)
def test_upload_that_ended_during_its_run_is_not_shown(
    mila: User, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    key, read = uploads(mila, images.a_jpeg()), files.read

    def read_and_change(name: str) -> bytes | None:
        MEANWHILE[meanwhile](mila)
        return read(name)

    monkeypatch.setattr(files, "read", read_and_change)
    assert clean(key) == {"batchItemFailures": []}
    assert (stored_keys(), "avatar_url" in mila.profile()) == ([], False)
    assert (store.read(AccountId(mila.account_id)) is None) is (meanwhile == "erased")


@pytest.mark.promise("STR-1")
def test_picture_reaches_stream_and_leaves_it(world: World, stream: Emulator, mila: User) -> None:
    sync(mila)
    assert "image" not in at_stream(stream, mila)
    address = shows(mila)
    sync(mila, sk="avatar")
    assert at_stream(stream, mila)["image"] == address
    removes(mila)
    assert resync() == 0
    assert "image" not in at_stream(stream, mila)


@pytest.mark.promise("STR-1")
def test_changed_name_keeps_the_picture_at_stream(world: World, stream: Emulator, mila: User) -> None:
    address = shows(mila)
    mila.changes(display_name="Milica")
    sync(mila)
    found = at_stream(stream, mila)
    assert (found["name"], found["image"]) == ("Milica", address)
    assert resync() == 0


def test_object_without_an_upload_is_deleted(mila: User) -> None:
    for key in (f"incoming/{mila.account_id}/{AvatarId.new()}", "incoming/a + b.jpg"):
        put(key, images.a_jpeg())
        clean(key)
    assert (stored_keys(), "avatar" in mila.profile()) == ([], False)
