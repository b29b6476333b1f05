"""Image files, also hostile ones, made in the process."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from PIL import Image, PngImagePlugin

GPS_IFD, LATITUDE, ORIENTATION, MAKER = 0x8825, 2, 0x0112, 0x010F
SECRET = "Zastava-Camera"


def a_jpeg(width: int = 40, height: int = 20, orientation: int = 1, maker: str = SECRET) -> bytes:
    """Return a JPEG with all metadata: camera, place, orientation, profile and a comment."""
    about = {"exif": _exif(orientation, maker), "comment": maker.encode(), "icc_profile": b"x" * 128}
    return _saved(_picture(width, height), "JPEG", **about)


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


def _exif(orientation: int, maker: str) -> Image.Exif:
    exif = Image.Exif()
    exif[MAKER], exif[ORIENTATION] = maker, orientation
    exif.get_ifd(GPS_IFD)[LATITUDE] = (44.0, 49.0, 0.0)
    return exif


def _picture(width: int, height: int) -> Image.Image:
    """A picture whose upper left pixel is red, and the others are green."""
    picture = Image.new("RGB", (width, height), "green")
    picture.paste((255, 0, 0), (0, 0, width // 4, height // 2))
    return picture


def _saved(picture: Image.Image, form: str, **more: object) -> bytes:
    written = io.BytesIO()
    picture.save(written, form, **more)
    return written.getvalue()


# Files as cameras and editors write them, and a reader of our own of what is no picture.

IPTC = b"8BIM\x04\x04\0\0\0\0\0\x10\x1c\x02\x5a\0\x08Belgrade"
XMP = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><exif:GPSLatitude>44,49N {SECRET}</exif:GPSLatitude></x:xmpmeta>'


def a_photo(form: str, width: int = 60, height: int = 40) -> bytes:
    """Return a photo with a place and the camera in each container of metadata that its format has."""
    exif, picture = _exif(6, SECRET), _picture(width, height)
    if form == "PNG":
        texts = PngImagePlugin.PngInfo()
        texts.add_text("Location", f"44.8N {SECRET}")
        texts.add_itxt("XML:com.adobe.xmp", XMP)
        return _saved(picture, "PNG", exif=exif, pnginfo=texts, icc_profile=b"x" * 128) + SECRET.encode()
    if form == "WEBP":
        return _saved(picture, "WEBP", exif=exif.tobytes(), xmp=XMP.encode(), icc_profile=b"x" * 128)
    thumbnail = _saved(picture.resize((8, 8)), "JPEG", comment=SECRET.encode())
    parts = (
        (0xE1, exif.tobytes() + thumbnail),
        (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP.encode()),
        (
            0xED,
            b"Photoshop 3.0\08BIM\x04\x04\0\0\0\0\0\x10\x1c\x02\x5a\0\x08Belgrade" + SECRET.encode(),
        ),
        (0xE2, b"ICC_PROFILE\0\x01\x01" + b"x" * 128),
        (0xFE, SECRET.encode()),
    )
    plain = _saved(picture, "JPEG")
    added = b"".join(struct.pack(">BBH", 0xFF, mark, len(data) + 2) + data for mark, data in parts)
    return plain[:2] + added + plain[2:] + thumbnail  # a second picture after the first


def beside_the_picture(content: bytes) -> set[str]:
    """Return the parts of a JPEG, PNG or WebP file that are no picture. It does not use the library."""
    if content.startswith(b"\xff\xd8"):
        return _beside_jpeg(content)
    png = content.startswith(b"\x89PNG")
    at, order, whole = (
        (8, ">I", len(content)) if png else (12, "<I", struct.unpack_from("<I", content, 4)[0] + 8)
    )
    found = set()
    while at < whole and at + 8 <= len(content):
        length = struct.unpack_from(order, content, at if png else at + 4)[0]
        found.add(content[at + 4 : at + 8] if png else content[at : at + 4])
        at += length + (12 if png else 8 + length % 2)
        if b"IEND" in found:
            break
    found -= {b"IHDR", b"IDAT", b"IEND", b"PLTE", b"VP8 ", b"VP8L"}
    return {part.decode("latin-1").strip() for part in found} | ({"trailer"} if at < len(content) else set())


def _beside_jpeg(content: bytes) -> set[str]:
    at, found = 2, set()
    while content[at] == 0xFF and content[at + 1] != 0xDA:
        mark, length = content[at + 1], struct.unpack_from(">H", content, at + 2)[0]
        if mark not in _OF_THE_PICTURE and content[at + 4 : at + 8] != b"JFIF":
            found.add(f"{mark:02X}")
        at += 2 + length
    return found | (set() if content.find(b"\xff\xd9", at) == len(content) - 2 else {"trailer"})


_OF_THE_PICTURE = {0xC0, 0xC1, 0xC2, 0xC4, 0xDB, 0xDD}  # frame, tables, restarts


def a_cmyk_jpeg() -> bytes:
    return _saved(_picture(40, 20).convert("CMYK"), "JPEG")


def an_animated(form: str) -> bytes:
    """Return a file with two pictures: red in its corner, then blue."""
    return _saved(_picture(8, 8), form, save_all=True, append_images=[Image.new("RGB", (8, 8), "blue")])


def a_header_bomb(side: int = 30_000) -> bytes:
    """Return a JPEG whose header promises side times side pixels."""
    plain = bytearray(a_jpeg())
    at = plain.index(b"\xff\xc0") + 5
    struct.pack_into(">HH", plain, at, side, side)
    return bytes(plain)
