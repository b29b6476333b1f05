"""Images from outside: the picture is decoded and encoded anew, and nothing else of the file is kept. Pure.

Invariants, whatever the bytes are:

- The result holds pixels only: no metadata, profile, comment, thumbnail, second picture or trailing bytes.
- The content decides the format; the decoders of `_DECODED` are the only ones that see it.
- An image with more pixels than allowed is refused by its header, before its pixels are decoded.

Time and memory are limited by the function that calls this (ADR 101). A colour profile is dropped too, so
colours beyond sRGB become paler.
"""

import io
from enum import StrEnum

from PIL import Image, ImageOps

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
    try:
        return _encoded(data, form, max_pixels, longest_side)
    except (TooManyPixels, MemoryError):
        raise
    except Exception:  # noqa: BLE001 - decoders raise many kinds of errors, whose texts may quote the file
        raise NotAnImage from None


def _encoded(data: bytes, form: ImageForm, max_pixels: int, longest_side: int) -> bytes:
    written, sides = io.BytesIO(), (longest_side, longest_side)
    with Image.open(io.BytesIO(data), formats=_DECODED) as image:
        if image.width * image.height > max_pixels:
            raise TooManyPixels
        image.draft("RGB", sides)  # a large JPEG is decoded at a lower resolution, which needs less memory
        image.load()
        upright = ImageOps.exif_transpose(image)
        clear = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
        clear.thumbnail(sides)
        # A new image: one that was read carries comments and profiles, which some encoders write.
        flat = Image.new("RGB", clear.size, "white")
        flat.paste(clear, mask=clear if clear.mode == "RGBA" else None)
    flat.save(written, form, quality=_QUALITY)
    return written.getvalue()
