"""Image files, also hostile ones, made in the process."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from PIL import Image

GPS_IFD, LATITUDE, ORIENTATION, MAKER = 0x8825, 2, 0x0112, 0x010F
SECRET = "Zastava-Camera"


def a_jpeg(width: int = 40, height: int = 20, orientation: int = 1) -> bytes:
    """Return a JPEG with all metadata: camera, place, orientation, profile and a comment."""
    exif = Image.Exif()
    exif[MAKER], exif[ORIENTATION] = SECRET, orientation
    exif.get_ifd(GPS_IFD)[LATITUDE] = (44.0, 49.0, 0.0)
    return _saved(_picture(width, height), "JPEG", exif=exif, comment=SECRET.encode(), icc_profile=b"x" * 128)


def a_png(width: int = 40, height: int = 20, mode: str = "RGB") -> bytes:
    return _saved(_picture(width, height).convert(mode), "PNG")


def a_webp() -> bytes:
    return _saved(_picture(40, 20), "WEBP")


def a_gif() -> bytes:
    """Return an animated GIF."""
    return _saved(_picture(4, 4), "GIF", save_all=True, append_images=[Image.new("RGB", (4, 4), "blue")])


def a_bomb(side: int = 20_000) -> bytes:
    """Return a small PNG with side times side black pixels."""
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes((side // 8 + 1) * side), 9)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


def a_zip(name: str = "evil.html") -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, "<script>alert(1)</script>")
    return packed.getvalue()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _picture(width: int, height: int) -> Image.Image:
    """A picture whose upper left pixel is red, and the others are green."""
    picture = Image.new("RGB", (width, height), "green")
    picture.paste((255, 0, 0), (0, 0, width // 4, height // 2))
    return picture


def _saved(picture: Image.Image, form: str, **more: object) -> bytes:
    written = io.BytesIO()
    picture.save(written, form, **more)
    return written.getvalue()
