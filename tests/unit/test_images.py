"""Images from outside are decoded and encoded anew (ADR 101)."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from chalicelib.core.images import ImageForm, NotAnImage, TooManyPixels, encoded_anew
from tests.support.cases.images import SECRET, a_bomb, a_gif, a_jpeg, a_png, a_webp, a_zip


def encoded(data: bytes, form: ImageForm = ImageForm.JPEG, side: int = 1000) -> bytes:
    return encoded_anew(data, form, max_pixels=1_000_000, longest_side=side)


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize("data", [a_jpeg(), a_png(), a_webp()], ids=["jpeg", "png", "webp"])
@pytest.mark.parametrize("form", ImageForm)
def test_accepted_formats_are_written_in_the_wanted_form(data: bytes, form: ImageForm) -> None:
    image = opened(encoded(data, form))
    assert (image.format, image.size) == (form, (40, 20))


@pytest.mark.parametrize("form", ImageForm)
def test_no_metadata_is_kept(form: ImageForm) -> None:
    source, written = a_jpeg(), encoded(a_jpeg(), form)
    assert SECRET.encode() in source
    assert b"Exif" in source
    image = opened(written)
    assert not image.getexif()
    assert not image.info.keys() & {"exif", "icc_profile", "comment", "xmp"}
    assert SECRET.encode() not in written


def test_orientation_is_applied() -> None:
    image = opened(encoded(a_jpeg(orientation=6)))  # to be turned by 90 degrees clockwise
    assert image.size == (20, 40)
    assert image.crop((16, 0, 20, 2)).tobytes()[0] > 200  # red


def test_bytes_after_the_picture_are_dropped() -> None:
    assert encoded(a_jpeg() + a_zip()) == encoded(a_jpeg())


def test_larger_image_is_scaled_down_and_a_smaller_one_is_not_scaled_up() -> None:
    assert opened(encoded(a_png(400, 200), side=100)).size == (100, 50)
    assert opened(encoded(a_png(40, 20), side=100)).size == (40, 20)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_every_mode_of_a_png_is_encoded(mode: str) -> None:
    assert opened(encoded(a_png(mode=mode))).mode == "RGB"


def test_transparent_parts_become_white() -> None:
    written = io.BytesIO()
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(written, "PNG")
    assert min(opened(encoded(written.getvalue())).tobytes()) > 250


@pytest.mark.parametrize("side", [1_001, 20_000])
def test_more_pixels_than_allowed_are_refused(side: int) -> None:
    assert len(a_bomb(side)) < 100_000
    with pytest.raises(TooManyPixels):
        encoded(a_bomb(side))


_SVG = b'<svg xmlns="http://www.w3.org/2000/svg"/>'


@pytest.mark.parametrize(
    "data",
    [
        b"",
        _SVG,
        b"<html></html>",
        a_gif(),
        a_zip(),
        a_zip() + a_jpeg(),
        b"%PDF-1.7",
        a_jpeg()[:-40],
        a_png()[:60],
    ],
    ids=["empty", "svg", "html", "gif", "zip", "jpeg after a zip", "pdf", "cut jpeg", "cut png"],
)
def test_what_is_no_whole_image_is_refused(data: bytes) -> None:
    with pytest.raises(NotAnImage):
        encoded(data)
