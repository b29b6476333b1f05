"""Images from outside: the picture is decoded and encoded anew, and nothing else of the file is kept. Pure.

Invariants, whatever the bytes are:

- The result holds pixels only: no metadata, profile, comment, thumbnail, second picture or trailing bytes.
- The content decides the format; the decoders of `_DECODED` are the only ones that see it.
- An image with more pixels than allowed is refused by its header, before its pixels are decoded.

Time and memory are limited by the function that calls this (ADR 101). A colour profile is dropped too, so
colours beyond sRGB become paler.
"""

import io
from collections.abc import Callable, Iterable
from enum import StrEnum

from PIL import Image, ImageOps

# The first bytes of the formats that are decoded.
FORMATS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF")
_DECODED = ("JPEG", "PNG", "WEBP")
_QUALITY = 88
Image.MAX_IMAGE_PIXELS = None  # the caller sets a lower limit than Pillow does


class ImageForm(StrEnum):
    """The formats that are written, by Pillow's names."""

    JPEG = "JPEG"
    WEBP = "WEBP"


class NotAnImage(Exception):
    """The bytes are no whole image of an accepted format."""


class TooManyPixels(Exception):
    """The image has more pixels than allowed."""


def encoded_anew(data: bytes, form: ImageForm, *, max_pixels: int, longest_side: int) -> bytes:
    """The upright picture of an image in another file, scaled down to a longest side in pixels.

    Transparent parts become white. Of several pictures in a file, the first is taken.

    Raises:
        NotAnImage, TooManyPixels: it has no such picture.
    """

    def scaled(image: Image.Image) -> Image.Image:
        image.thumbnail((longest_side, longest_side))
        return image

    return _written(_decoded(data, max_pixels, longest_side, scaled), form)


def squares(data: bytes, wanted: Iterable[tuple[int, ImageForm]], *, max_pixels: int) -> list[bytes]:
    """The centre square of the upright picture in other files: for each, a side in pixels and a format.

    A smaller picture is not scaled up. Otherwise as `encoded_anew`.

    Raises:
        NotAnImage, TooManyPixels: it has no such picture.
    """
    files = list(wanted)
    largest = _decoded(data, max_pixels, max(side for side, _ in files), lambda image: image)
    return [_written(_square(largest, side), form) for side, form in files]


def _square(image: Image.Image, side: int) -> Image.Image:
    fitting = min(side, *image.size)
    return ImageOps.fit(image, (fitting, fitting))


def _decoded(
    data: bytes, max_pixels: int, side: int, scaled: Callable[[Image.Image], Image.Image]
) -> Image.Image:
    """The picture, upright and scaled, as pixels only; `side`: of a square that it has to fill."""
    try:
        with Image.open(io.BytesIO(data), formats=_DECODED) as image:
            _refuse_more(max_pixels, image.size)
            image.draft("RGB", (side, side))  # a large JPEG is decoded smaller, which needs less memory
            image.load()
            upright = ImageOps.exif_transpose(image)
            clear = scaled(upright.convert("RGBA" if upright.has_transparency_data else "RGB"))
            # A new image: one that was read carries comments and profiles, which some encoders write.
            flat = Image.new("RGB", clear.size, "white")
            flat.paste(clear, mask=clear if clear.mode == "RGBA" else None)
            return flat
    except (TooManyPixels, MemoryError):
        raise
    except Exception:  # noqa: BLE001 - decoders raise many kinds of errors, whose texts may quote the file
        raise NotAnImage from None


def _refuse_more(max_pixels: int, size: tuple[int, int]) -> None:
    if size[0] * size[1] > max_pixels:
        raise TooManyPixels


def _written(image: Image.Image, form: ImageForm) -> bytes:
    written = io.BytesIO()
    image.save(written, form, quality=_QUALITY)
    return written.getvalue()
